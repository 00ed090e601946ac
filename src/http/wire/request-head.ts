/**
 * Reads everything before the body of a request at once.
 *
 * The library's request object is valid only within its callback.
 */
import type { HttpRequest } from 'uWebSockets.js';
import type { Problem } from './problems.js';
import { REQUEST_ID_HEADER, requestIdFrom } from './request-id.js';

/** Our longest URL has some 120 characters. */
export const URL_LENGTH_MAX = 2_048;

export interface RequestHead {
  readonly params: readonly string[];
  readonly query: string;
  readonly authorization: string;
  readonly accept: string;
  readonly contentType: string;
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
  /** Names the request in the log and in the answer. */
  readonly requestId: string;
  readonly method: string;
  /** As the URL has it, without the query. */
  readonly path: string;
  readonly address: string;
  /** The request must not be carried out. */
  readonly fault: Problem | undefined;
}

/** Headers that two readers of one request could understand differently when they come twice. */
const onceOnly = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
]);

/**
 * @param pattern the route's pattern, for the number of its parameters.
 * @param address of the client, which is not the request's own to say.
 */
export function readHead(request: HttpRequest, pattern: string, address: string): RequestHead {
  const headers = new Map<string, string>();
  let twice: string | undefined;
  request.forEach((name, value) => {
    if (headers.has(name) && onceOnly.has(name)) twice = name;
    headers.set(name, value);
  });
  const params: string[] = [];
  for (let index = 0; index < pattern.split('/:').length - 1; index++)
    params.push(request.getParameter(index));
  // Without a `?` the library answers undefined, whatever its types say.
  const query = (request.getQuery() as string | undefined) ?? '';
  const path = request.getUrl();
  return {
    params,
    query,
    authorization: headers.get('authorization') ?? '',
    accept: headers.get('accept') ?? '',
    contentType: headers.get('content-type') ?? '',
    idempotencyKey: headers.get('idempotency-key'),
    ifMatch: headers.get('if-match'),
    address,
    requestId: requestIdFrom(headers.get(REQUEST_ID_HEADER.toLowerCase())),
    method: request.getMethod(),
    path,
    fault: faultOf(twice, path.length + query.length),
  };
}

function faultOf(twice: string | undefined, urlLength: number): Problem | undefined {
  if (twice !== undefined) return { code: 'malformed_request', detail: `The header ${twice} is repeated.` };
  if (urlLength > URL_LENGTH_MAX) {
    return { code: 'uri_too_long', detail: `The URL may have up to ${URL_LENGTH_MAX} characters.` };
  }
  return undefined;
}
