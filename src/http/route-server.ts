/** Wraps every handler except the download's: parses the request, calls the handler, writes the reply. */
import type { HttpRequest, HttpResponse, RouteRegistry } from './wire/http-app.js';
import {
  CouponRecoveringError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../engine/domain/errors.js';
import type { Authenticator } from './auth/authenticator.js';
import type { ServerKey } from '../accounts/server-keys.js';
import type { ServerKeyCallers } from './auth/server-key-callers.js';
import type { Identity } from './wire/identity.js';
import { tokenProblem } from './auth/token-problems.js';
import { problemReply } from './wire/exchange.js';
import type { ApiRequest, Reply } from './wire/exchange.js';
import type { InFlight } from './wire/in-flight.js';
import { RATE_LIMITED_RETRY_SECONDS } from './limits/caller-limits.js';
import type { CallerLimits } from './limits/caller-limits.js';
import type { ClientAddresses } from './limits/client-address.js';
import { OpenResponse } from './wire/open-response.js';
import { refuse, RequestRefused } from './wire/problems.js';
import { REQUEST_ID_HEADER } from './wire/request-id.js';
import type { AnsweredRequest } from './wire/request-log.js';
import { bodyIsOver, readHead } from './wire/request-head.js';
import type { RequestHead } from './wire/request-head.js';
import type { Route, RouteForm } from './wire/route.js';

export interface RouteServerContext {
  /** `undefined` where no route asks for a caller. */
  readonly authenticator: Authenticator | undefined;
  /** `undefined` where no route takes them. */
  readonly serverKeys?: ServerKeyCallers | undefined;
  readonly inFlight: InFlight;
  readonly limits: CallerLimits;
  readonly clientAddresses: ClientAddresses;
  onFault(fault: unknown, requestId: string): void;
  onAnswered(answered: AnsweredRequest): void;
}

/**
 * Concurrent requests other than downloads. They queue for the database: more of them would only wait longer, and a
 * database that hangs must not collect them without end.
 */
const WORKING_MAX = 2_000;

type Register = 'get' | 'post' | 'patch' | 'del';
const registerOf = { GET: 'get', POST: 'post', PATCH: 'patch', DELETE: 'del' } as const satisfies Record<
  Route['method'],
  Register
>;

export class RouteServer {
  readonly #context: RouteServerContext;
  /** Handlers that run. */
  #working = 0;

  constructor(context: RouteServerContext) {
    this.#context = context;
  }

  /**
   * Registers the routes, and for the rest: 405 on a path that is known under other methods, 404 on any other.
   *
   * @param others routes that are served outside this wrapper.
   */
  register(app: RouteRegistry, routes: readonly Route[], others: readonly RouteForm[]): void {
    for (const route of routes) {
      const serve = (response: HttpResponse, request: HttpRequest): void =>
        this.#serve(route, response, request);
      app[registerOf[route.method]](route.path, serve);
      if (route.method === 'GET') app.head(route.path, serve);
    }
    for (const [path, methods] of methodsByPath([...routes, ...others])) {
      const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
      this.#refuseAll(app, path, () => {
        const detail = `This path supports ${allow.join(', ')}.`;
        throw new RequestRefused({
          code: 'method_not_allowed',
          detail,
          headers: { Allow: allow.join(', ') },
        });
      });
    }
    this.#refuseAll(app, '/*', () => refuse('not_found', 'This path does not exist.'));
  }

  #refuseAll(app: RouteRegistry, path: string, refusal: () => never): void {
    const route: Route = { method: 'GET', path, access: 'anyone', bodyBytesMax: 0, handle: () => refusal() };
    app.any(path, (response, request) => this.#serve(route, response, request));
  }

  #serve(route: Route, response: HttpResponse, request: HttpRequest): void {
    const headOnly = request.getMethod() === 'head';
    const open = new OpenResponse(response, this.#context.inFlight, headOnly);
    // Read now: the request object is invalid when this function returns.
    const head = readHead(request, route.path, this.#context.clientAddresses.of(response, request));
    const key = this.#context.serverKeys?.identify(head.authorization);
    // A shop's backend is one address for all of its members.
    const inLimit =
      isProbe(route) ||
      (key !== undefined && key !== 'wrong') ||
      this.#context.limits.allowsAddress(head.address);
    const body = route.bodyBytesMax === 0 ? undefined : open.readBody(route.bodyBytesMax);
    this.#answer(route, open, head, body, inLimit, key).catch((fault: unknown) => {
      this.#context.onFault(fault, head.requestId);
      open.cut();
    });
  }

  async #answer(
    route: Route,
    open: OpenResponse,
    head: RequestHead,
    reading: ReturnType<OpenResponse['readBody']> | undefined,
    inLimit: boolean,
    key: ServerKey | 'wrong' | undefined,
  ): Promise<void> {
    let reply: Reply;
    let closeConnection = false;
    let working = false;
    const { requestId, method, path } = head;
    const startedAtMs = performance.now();
    try {
      if (!inLimit) refuseRate();
      if (head.fault !== undefined) throw new RequestRefused(head.fault);
      const caller = route.access === 'anyone' ? undefined : await this.#callerOf(route, head, key);
      const body = await reading;
      if (head.isChunked) {
        closeConnection = true;
        await bodyIsOver();
        if (!open.isOpen) return;
      }
      if (body === 'too_large') {
        // Or the rest of it would have to be read before the connection could be used again.
        closeConnection = true;
        refuse('body_too_large', `The body of this request may have up to ${route.bodyBytesMax} bytes.`);
      }
      if (body === 'incomplete') {
        closeConnection = true;
        refuse('body_incomplete', 'The body of this request did not arrive in time. Nothing was attempted.');
      }
      if (body === 'too_many') {
        closeConnection = true;
        refuse('busy', 'Too many request bodies are being received. Nothing was attempted, try again.');
      }
      if (reading !== undefined && body === undefined) return;
      const request: ApiRequest = { ...head, body: body ?? Buffer.alloc(0), connection: open };
      if (!isProbe(route)) {
        // Taken with the body read, so that slow senders hold no place.
        if (this.#working >= WORKING_MAX)
          refuse('busy', 'Too many concurrent requests. Nothing was attempted, try again.');
        this.#working++;
        working = true;
      }
      reply = await dispatch(route, request, caller);
    } catch (fault) {
      reply = this.#replyToFault(fault, requestId);
    }
    // Left before a long answer is read: what is bounded is the work, and slow readers do none.
    if (working) this.#working--;
    const headers = { ...reply.headers, [REQUEST_ID_HEADER]: requestId };
    await open.send({ ...reply, headers }, closeConnection);
    const ms = Math.round(performance.now() - startedAtMs);
    this.#context.onAnswered({ requestId, method, path, status: reply.status, ms });
  }

  async #callerOf(
    route: Exclude<Route, { readonly access: 'anyone' }>,
    { authorization, address }: RequestHead,
    key: ServerKey | 'wrong' | undefined,
  ): Promise<Identity> {
    const { authenticator, serverKeys } = this.#context;
    if (key !== undefined && serverKeys !== undefined) {
      return serverKeys.callerOf(key, route.access === 'seller' ? route.scope : undefined, address);
    }
    if (authenticator === undefined)
      throw new Error('A route that needs an authenticated caller is served without an authenticator');
    const result = authenticator.known(authorization) ?? (await authenticator.verify(authorization));
    if (result === undefined)
      refuse('busy', 'Too many access tokens are being verified. Nothing was attempted, try again.');
    if (result.kind === 'refused') throw new RequestRefused(tokenProblem(result.reason));
    if (!admits(route, result))
      refuse(
        'wrong_role',
        `This request needs a token with the role ${route.access}; the role of this token is ${result.role}.`,
      );
    if (!this.#context.limits.allowsMember(result.memberId)) refuseRate();
    return result;
  }

  #replyToFault(fault: unknown, requestId: string): Reply {
    if (fault instanceof RequestRefused) return problemReply(fault.problem);
    if (fault instanceof StoreUnavailableError) {
      return problemReply({
        code: 'not_ready',
        detail: 'The store is temporarily unavailable. Nothing was attempted, try again.',
      });
    }
    if (fault instanceof CouponRecoveringError) {
      return problemReply({
        code: 'not_ready',
        detail: 'The coupon is being verified or rebuilt. Nothing was attempted. Try again in a moment.',
      });
    }
    if (fault instanceof StoreOutcomeUnknownError) {
      return problemReply({
        code: 'outcome_unknown',
        detail:
          'The store did not respond in time. The request may or may not have been carried out. Check the result, or send the same request again.',
      });
    }
    this.#context.onFault(fault, requestId);
    return problemReply({ code: 'internal_error', detail: 'The request failed. The error has been logged.' });
  }
}

function admits(route: Exclude<Route, { readonly access: 'anyone' }>, { role }: Identity): boolean {
  if (route.access === 'account' || role === route.access) return true;
  return role === 'admin' && route.access === 'seller' && route.admins === true;
}

/** Asked by machines that watch over this one, often from one address. */
function isProbe(route: Route): boolean {
  return !/^\/(v1|coupons)\//.test(route.path);
}

function refuseRate(): never {
  throw new RequestRefused({
    code: 'rate_limited',
    detail: 'Too many requests. Nothing was attempted.',
    headers: { 'Retry-After': String(RATE_LIMITED_RETRY_SECONDS) },
  });
}

function dispatch(route: Route, request: ApiRequest, caller: Identity | undefined): Promise<Reply> {
  if (route.access === 'anyone') return route.handle(request);
  if (caller === undefined)
    throw new Error('A route that needs an authenticated caller was reached without one');
  return route.handle(request, caller);
}

function methodsByPath(routes: readonly RouteForm[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}
