/** Defines a route: method, path, permitted callers, body limit and handler. */
import type { KeyScope } from '../../accounts/server-keys.js';
import type { CallerHandler, OpenHandler } from './exchange.js';

/** Every body we take is a handful of fields. */
export const BODY_BYTES_MAX = 16_384;

/** Enough for a list of a thousand members. */
export const LIST_BODY_BYTES_MAX = 131_072;

export interface RouteForm {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As the library's router takes it: `:name` matches one segment. */
  readonly path: string;
  /** 0: no body is read; bytes that arrive are dropped. */
  readonly bodyBytesMax: number;
}

export type Route =
  | (RouteForm & { readonly access: 'anyone'; readonly handle: OpenHandler })
  /** `account`: the owner of an account, in any role; the handler refuses other tokens. */
  | (RouteForm & { readonly access: 'member' | 'account' | 'admin'; readonly handle: CallerHandler })
  | SellerRoute;

interface SellerRoute extends RouteForm {
  readonly access: 'seller';
  readonly handle: CallerHandler;
  /** The scope that a server key needs; absent: sellers' tokens only. */
  readonly scope?: KeyScope;
  /** Lets administrators in, for the coupons of every seller. */
  readonly admins?: true;
}

type Method = RouteForm['method'];

/** `GET /path` or, for one that reads a body, `POST /path {}`. */
type Line = `${Method} /${string}`;

export function routeForm(line: Line): RouteForm {
  const [method = '', path = '', body] = line.split(' ');
  return { method: method as Method, path, bodyBytesMax: body === '{}' ? BODY_BYTES_MAX : 0 };
}

/** An object with a handler as its method `Name`; a line of routes.ts names both, and the compiler checks the name. */
type With<Name extends string, Handler> = Readonly<Record<Name, Handler>>;

export function anyone<Name extends string>(
  line: Line,
  handlers: With<Name, OpenHandler>,
  name: Name,
): Route {
  return { ...routeForm(line), access: 'anyone', handle: (request) => handlers[name](request) };
}

export function member<Name extends string>(
  line: Line,
  handlers: With<Name, CallerHandler>,
  name: Name,
): Route {
  return { ...routeForm(line), access: 'member', handle: called(handlers, name) };
}

export function account<Name extends string>(
  line: Line,
  handlers: With<Name, CallerHandler>,
  name: Name,
): Route {
  return { ...routeForm(line), access: 'account', handle: called(handlers, name) };
}

export function admin<Name extends string>(
  line: Line,
  handlers: With<Name, CallerHandler>,
  name: Name,
): Route {
  return { ...routeForm(line), access: 'admin', handle: called(handlers, name) };
}

/** @param scope lets server keys with it in as well. */
export function seller<Name extends string>(
  line: Line,
  handlers: With<Name, CallerHandler>,
  name: Name,
  scope?: KeyScope,
): SellerRoute {
  const route = { ...routeForm(line), access: 'seller', handle: called(handlers, name) } as const;
  return scope === undefined ? route : { ...route, scope };
}

/** @returns the same route for administrators as well, who may act on the coupons of every seller. */
export function orAdmin(route: SellerRoute): Route {
  return { ...route, admins: true };
}

/** @returns the same route for a body of up to a thousand members. */
export function withList(route: SellerRoute): Route {
  return { ...route, bodyBytesMax: LIST_BODY_BYTES_MAX };
}

function called<Name extends string>(handlers: With<Name, CallerHandler>, name: Name): CallerHandler {
  return (request, caller) => handlers[name](request, caller);
}
