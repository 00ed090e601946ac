/** Defines a route: method, path, permitted callers, body limit and handler. */
import type { KeyScope } from '../../accounts/server-keys.js';
import type { CallerHandler, OpenHandler } from './exchange.js';

/** Every body we take is a handful of fields. */
export const BODY_BYTES_MAX = 16_384;

/** Of a list of a thousand members. */
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
  | (RouteForm & {
      readonly access: 'seller';
      readonly handle: CallerHandler;
      /** The scope that a server key needs; absent: sellers' tokens only. */
      readonly scope?: KeyScope;
      /** Lets administrators in, for the coupons of every seller. */
      readonly admins?: true;
    });

type Method = RouteForm['method'];

/** `GET /path` or, for one that reads a body, `POST /path {}`. */
type Line = `${Method} /${string}`;

export function routeForm(line: Line): RouteForm {
  const [method = '', path = '', body] = line.split(' ');
  return { method: method as Method, path, bodyBytesMax: body === '{}' ? BODY_BYTES_MAX : 0 };
}

export function anyone(line: Line, handle: OpenHandler): Route {
  return { ...routeForm(line), access: 'anyone', handle };
}

export function member(line: Line, handle: CallerHandler): Route {
  return { ...routeForm(line), access: 'member', handle };
}

export function account(line: Line, handle: CallerHandler): Route {
  return { ...routeForm(line), access: 'account', handle };
}

/** @param scope lets server keys with it in as well. */
export function seller(line: Line, handle: CallerHandler, scope?: KeyScope): Route {
  return { ...routeForm(line), access: 'seller', handle, ...(scope === undefined ? {} : { scope }) };
}

/** The same for an administrator, who may act on the coupons of every seller. */
export function sellerOrAdmin(line: Line, handle: CallerHandler, scope: KeyScope): Route {
  return { ...routeForm(line), access: 'seller', handle, scope, admins: true };
}

export function admin(line: Line, handle: CallerHandler): Route {
  return { ...routeForm(line), access: 'admin', handle };
}

/** The same for a body of up to a thousand members. */
export function sellerWithList(line: Line, handle: CallerHandler, scope: KeyScope): Route {
  return { ...seller(line, handle, scope), bodyBytesMax: LIST_BODY_BYTES_MAX };
}
