/** Makes a typed function of every route: paths, inputs and answers are those of the OpenAPI document. */
import createFetchClient from 'openapi-fetch';
import type { Client, ClientOptions } from 'openapi-fetch';
import type { components, paths } from './api-types.js';

/** The named things of the API: `Schemas['Coupon']`, `Schemas['SoldOutProblem']`. */
export type Schemas = components['schemas'];

/** What every problem has; the problems of the API have more. */
export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

/** Answers as JSON where a route has other forms, too. */
type Json = 'application/json' | 'application/problem+json';

/** `client.POST('/v1/coupons/{id}/download', …)`: every route by its path, input and answers typed. */
export type SeonchakClient = Client<paths, Json>;

export interface SeonchakClientOptions {
  /** Where the API is, such as `https://shop.example/coupons`. */
  readonly baseUrl: string;
  /** The access token or server key, or where to get one for each call. Without it only public routes can be called. */
  readonly token?: string | (() => string | Promise<string>);
  /** Instead of the `fetch` of the platform. */
  readonly fetch?: NonNullable<ClientOptions['fetch']>;
}

/** A refusal that no repeat changes; `problem.code` is its stable name. */
export class SeonchakError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail ?? problem.title}`);
    this.name = 'SeonchakError';
    this.problem = problem;
  }
}

/**
 * A client for one caller. An answer is `{ data }` or, for a problem, `{ error }` with its stable `code`; a connection that breaks
 * rejects, as `fetch` does. A download may be sent again in any case: a winner gets the same number.
 *
 * What a proxy answers instead of a server is a problem, too: `unreachable` (502, 504 and other 5xx: the outcome is not known),
 * `rate_limited` (429), or `unexpected`.
 */
export function createSeonchakClient({ baseUrl, token, fetch }: SeonchakClientOptions): SeonchakClient {
  const client = createFetchClient<paths, Json>({ baseUrl, ...(fetch === undefined ? {} : { fetch }) });
  client.use({ onResponse: ({ response }) => problemOfProxy(response) });
  if (token !== undefined) {
    client.use({
      async onRequest({ request }) {
        request.headers.set('Authorization', `Bearer ${typeof token === 'string' ? token : await token()}`);
        return request;
      },
    });
  }
  return client;
}

/** @returns a problem instead of an answer that is none of the API's; `undefined` for all others, which stay. */
async function problemOfProxy(response: Response): Promise<Response | undefined> {
  const { status } = response;
  if (status < 400 || (await hasCode(response.clone()))) return undefined;
  const problem: Problem = {
    code: status === 429 ? 'rate_limited' : status >= 500 ? 'unreachable' : 'unexpected',
    title: `Status ${status} from a proxy, not from Seonchak`,
    status,
  };
  const retryAfter = response.headers.get('Retry-After');
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(retryAfter === null ? {} : { 'Retry-After': retryAfter }),
    },
  });
}

async function hasCode(response: Response): Promise<boolean> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
  } catch {
    return false;
  }
}
