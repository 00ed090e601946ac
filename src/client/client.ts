/** Exports the API as typed functions (`seonchak/client`) for Node.js 20 and browsers. */
import createFetchClient from 'openapi-fetch';
import type { Client, ClientOptions } from 'openapi-fetch';
import type { components, paths } from './api-types.js';

/** The named things of the API: `Schemas['Coupon']`, `Schemas['SoldOutProblem']`. */
export type Schemas = components['schemas'];

/** Answers as JSON where a route has other forms, too. */
type Json = 'application/json' | 'application/problem+json';

/** `client.POST('/v1/coupons/{id}/download', …)`: every route by its path, input and answers typed. */
export type SeonchakClient = Client<paths, Json>;

export interface SeonchakClientOptions {
  /** Where the API is, such as `https://shop.example/coupons`. */
  readonly baseUrl: string;
  /** The access token, or where to get one for each call; without it only what is open to anyone can be called. */
  readonly token?: string | (() => string | Promise<string>);
  /** Instead of the `fetch` of the platform. */
  readonly fetch?: NonNullable<ClientOptions['fetch']>;
}

/**
 * A client for one caller. An answer is `{ data }` or, for a problem, `{ error }` with its stable `code`; a connection
 * that breaks rejects, as `fetch` does. A download may be sent again in any case: a winner gets the same number.
 */
export function createSeonchakClient({ baseUrl, token, fetch }: SeonchakClientOptions): SeonchakClient {
  const client = createFetchClient<paths, Json>({ baseUrl, ...(fetch === undefined ? {} : { fetch }) });
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
