/** Chooses the id of a request for logs: the caller's own, or a new one. */
import { randomUUID } from 'node:crypto';

export const REQUEST_ID_HEADER = 'X-Request-Id';

/** What proxies and tracing tools send: it goes into logs and back in a header, so nothing else is taken. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's own name for the request if it is one, else a fresh one. */
export function requestIdFrom(header: string | undefined): string {
  return header !== undefined && acceptable.test(header) ? header : randomUUID();
}
