/**
 * Reads everything before the body of a request at once.
 *
 * The library's request object is valid only within its callback.
 */
import type { HttpRequest } from './http-app.js';
import { REQUEST_HEAD_BYTES_MAX } from './http-library.js';
import type { Problem } from './problems.js';
import { REQUEST_ID_HEADER, requestIdFrom } from './request-id.js';

/** Our longest URL has some 120 characters. */
export const URL_LENGTH_MAX = 2_048;

export interface RequestHead {
  readonly params: readonly string[];
  readonly query: string;
  readonly authorization: string;
  readonly accept: string;
  readonly acceptLanguage: string;
  readonly contentType: string;
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
  /** Names the request in the log and in the answer. */
  readonly requestId: string;
  readonly method: string;
  /** As the URL has it, without the query. */
  readonly path: string;
  readonly address: string;
  /** The body comes in chunks (`Transfer-Encoding`): see {@link bodyIsOver}. */
  readonly isChunked: boolean;
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
 * @param address of the client, which the request itself cannot determine.
 */
export function readHead(request: HttpRequest, pattern: string, address: string): RequestHead {
  const headers = new Map<string, string>();
  let twice: string | undefined;
  let bytes = 0;
  request.forEach((name, value) => {
    if (headers.has(name) && onceOnly.has(name)) twice = name;
    headers.set(name, value);
    bytes += lineBytes(name, value);
  });
  const params: string[] = [];
  for (let index = 0; index < pattern.split('/:').length - 1; index++)
    params.push(request.getParameter(index));
  // Without a `?` the library returns undefined, against its types.
  const query = (request.getQuery() as string | undefined) ?? '';
  const path = request.getUrl();
  const transferEncoding = headers.get('transfer-encoding');
  return {
    params,
    query,
    authorization: headers.get('authorization') ?? '',
    accept: headers.get('accept') ?? '',
    acceptLanguage: headers.get('accept-language') ?? '',
    contentType: headers.get('content-type') ?? '',
    idempotencyKey: headers.get('idempotency-key'),
    ifMatch: headers.get('if-match'),
    address,
    requestId: requestIdFrom(headers.get(REQUEST_ID_HEADER.toLowerCase())),
    method: request.getMethod(),
    path,
    isChunked: transferEncoding !== undefined,
    fault: faultOf(twice, path.length + query.length, bytes, transferEncoding),
  };
}

/** Bytes of a header line: name, colon, space, value and line break. */
function lineBytes(name: string, value: string): number {
  return name.length + value.length + 4;
}

export const HEAD_TOO_LARGE: Problem = {
  code: 'head_too_large',
  detail: `Request line and headers may have up to ${REQUEST_HEAD_BYTES_MAX} bytes.`,
};

/** `in chunks`: `Transfer-Encoding: chunked`, see {@link bodyIsOver}. */
export type KnownBody = 'whole' | 'in chunks';
/** How the body of a request comes, or the request itself while it can be read and its headers were not walked. */
export type Body = HttpRequest | KnownBody;

export interface WalkedHead {
  readonly repeatsAuthorization: boolean;
  readonly isTooLarge: boolean;
  readonly body: KnownBody;
}

/** What is wrong with the headers of a download, and how its body comes. The library walks all headers. */
export function walkHeaders(request: HttpRequest): WalkedHead {
  let authorizations = 0;
  let body: KnownBody = 'whole';
  let bytes = 0;
  request.forEach((name, value) => {
    bytes += lineBytes(name, value);
    if (name === 'authorization') authorizations++;
    else if (name === 'transfer-encoding') body = 'in chunks';
  });
  return { repeatsAuthorization: authorizations > 1, isTooLarge: bytes > REQUEST_HEAD_BYTES_MAX, body };
}

/**
 * Resolves when the library has parsed what it had read of the connection.
 *
 * The library understands neither trailers nor extensions of chunks. What follows the last chunk is the next request to it: it
 * responds with 505 or cuts the connection, and could run what a client wrote in a trailer. So a request with chunks is carried out
 * only when nothing followed its body, and its response closes the connection.
 */
export function bodyIsOver(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Where the headers were not walked, this reads one of them. */
export function comesInChunks(body: Body): boolean {
  return typeof body === 'string' ? body === 'in chunks' : body.getHeader('transfer-encoding') !== '';
}

function faultOf(
  twice: string | undefined,
  urlLength: number,
  bytes: number,
  transferEncoding: string | undefined,
): Problem | undefined {
  if (bytes > REQUEST_HEAD_BYTES_MAX) return HEAD_TOO_LARGE;
  // The library takes everything that ends in `chunked` for chunks, and decodes no other encoding.
  if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== 'chunked') {
    return { code: 'malformed_request', detail: 'Transfer-Encoding may only be chunked.' };
  }
  if (twice !== undefined) return { code: 'malformed_request', detail: `The header ${twice} is repeated.` };
  if (urlLength > URL_LENGTH_MAX) {
    return { code: 'uri_too_long', detail: `The URL may have up to ${URL_LENGTH_MAX} characters.` };
  }
  return undefined;
}
