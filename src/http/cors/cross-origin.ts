/**
 * Lets pages of other origins call this server (CORS): answers preflights, and names the origin in every answer to such a page.
 *
 * Handlers know nothing of it. They write the head of an answer with one `writeStatus`, so this wraps that one call, for requests that
 * carry an `Origin` and for no others. Without CORS_ORIGINS nothing is wrapped at all. Rejected: a header in every answer, which would
 * cost each download of an app or a server 30 bytes and a longer head.
 */
import type { Handler, HttpApp, HttpRequest, HttpResponse, RouteRegistry } from '../wire/http-app.js';

/** Means every origin, and is used only where an answer is the same for every caller. */
const ANY_ORIGIN = '*';

/** Routes that anyone may read without a token: the only ones that `*` opens. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set([
  '/v1/coupons',
  '/v1/coupons/:id',
  '/v1/coupons/:id/live',
  '/openapi.json',
]);
const publicPath = /^(\/v1\/coupons(\/[^/]+(\/live)?)?|\/openapi\.json)$/;

const METHODS = 'GET, HEAD, POST, PATCH, DELETE';
/** Every request header of the contract that a browser asks about first. */
const REQUEST_HEADERS =
  'Authorization, Content-Type, Accept, If-Match, Idempotency-Key, X-Presence-Ticket, X-Request-Id, Last-Event-ID';
/** Every response header of the contract that a page could not read otherwise. */
const RESPONSE_HEADERS = 'ETag, Location, Retry-After, X-Request-Id, WWW-Authenticate, Allow';

/** Browsers keep an answer to a preflight no longer than this: Chromium two hours, Firefox a day. */
const PREFLIGHT_SECONDS = 7_200;

export class CrossOrigin {
  /** By origin: the header lines of an answer, each with its line break in front. */
  readonly #lines = new Map<string, string>();
  readonly #anyOrigin: boolean;

  /** @param origins exact origins (`https://shop.example`), or `*` for the routes that anyone may read. */
  constructor(origins: readonly string[]) {
    this.#anyOrigin = origins.includes(ANY_ORIGIN);
    for (const origin of origins) if (origin !== ANY_ORIGIN) this.#lines.set(origin, linesFor(origin));
  }

  /** Registers the preflights on `app`. @returns where to register the routes that pages of other origins may call. */
  over(app: HttpApp): RouteRegistry {
    app.options('/*', (response, request) => this.#preflight(response, request));
    const around = (register: (path: string, handler: Handler) => unknown) => {
      return (path: string, handler: Handler): unknown => register(path, this.#around(path, handler));
    };
    return {
      get: around((path, handler) => app.get(path, handler)),
      head: around((path, handler) => app.head(path, handler)),
      post: around((path, handler) => app.post(path, handler)),
      patch: around((path, handler) => app.patch(path, handler)),
      del: around((path, handler) => app.del(path, handler)),
      any: around((path, handler) => app.any(path, handler)),
    };
  }

  #around(path: string, handler: Handler): Handler {
    const isPublic = PUBLIC_ROUTES.has(path);
    return (response, request) => {
      const origin = request.getHeader('origin');
      if (origin !== '') {
        const lines = this.#linesOf(origin, isPublic);
        if (lines !== undefined) addToHead(response, lines);
      }
      handler(response, request);
    };
  }

  #linesOf(origin: string, isPublic: boolean): string | undefined {
    return this.#lines.get(origin) ?? (this.#anyOrigin && isPublic ? linesFor(ANY_ORIGIN) : undefined);
  }

  /** Other requests than preflights of permitted origins are left to the routes, which refuse the method. */
  #preflight(response: HttpResponse, request: HttpRequest): void {
    const method = request.getHeader('access-control-request-method');
    const isPublic = publicPath.test(request.getUrl()) && (method === 'GET' || method === 'HEAD');
    const lines = method === '' ? undefined : this.#linesOf(request.getHeader('origin'), isPublic);
    if (lines === undefined) {
      request.setYield(true);
      return;
    }
    const asked = [
      `Access-Control-Allow-Methods: ${METHODS}`,
      `Access-Control-Allow-Headers: ${REQUEST_HEADERS}`,
      `Access-Control-Max-Age: ${PREFLIGHT_SECONDS}`,
    ];
    response.writeStatus(`204 No Content${lines}\r\n${asked.join('\r\n')}`).endWithoutBody();
  }
}

function linesFor(origin: string): string {
  const lines = [
    `Access-Control-Allow-Origin: ${origin}`,
    `Access-Control-Expose-Headers: ${RESPONSE_HEADERS}`,
    'Vary: Origin',
  ];
  return `\r\n${lines.join('\r\n')}`;
}

/** A server makes a response object for each request, so nothing is left behind on it. */
function addToHead(response: HttpResponse, lines: string): void {
  const writeStatus = response.writeStatus.bind(response);
  response.writeStatus = (head) => writeStatus(head + lines);
}
