/** Defines the description of a route; operations.ts has one for each route. */
import type { z } from 'zod';
import type { KeyScope } from '../../accounts/server-keys.js';
import { problemKinds } from '../wire/problems.js';
import type { ProblemCode } from '../wire/problems.js';
import type { Route } from '../wire/route.js';
import type { SchemaName } from './json-schemas.js';

export type Tag = 'Members' | 'Sellers' | 'Coupons' | 'Accounts' | 'Administrators' | 'Operators';

/** Content by media type: a named schema as JSON, or text. */
export interface Answer {
  readonly description: string;
  readonly json?: SchemaName;
  /** Media types whose content is text, such as `text/csv`. */
  readonly text?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  /** What the generated code of clients calls it. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly access: Route['access'];
  /** Scope of the server keys that may call it. */
  readonly scope?: KeyScope;
  /** Administrators may call it, too. */
  readonly admins?: true;
  readonly query?: z.ZodObject;
  /** Headers of the request that only this operation reads, all of them optional. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: SchemaName;
  /** The body may be left out, or be `null` (parseOptionalBody). */
  readonly bodyOptional?: true;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Every code that the route can answer with. */
  readonly problems: readonly ProblemCode[];
}

/** Whatever goes through the wrapper of the routes (route-server.ts). */
const ANY_ROUTE: readonly ProblemCode[] = [
  'malformed_request',
  'uri_too_long',
  'head_too_large',
  'internal_error',
];
const CALLER: readonly ProblemCode[] = [
  'unauthenticated',
  'account_locked',
  'wrong_role',
  'keys_unavailable',
  'busy',
];
const BODY: readonly ProblemCode[] = [
  'unsupported_media_type',
  'invalid_json',
  'invalid_input',
  'body_too_large',
  'body_incomplete',
];
const STORES: readonly ProblemCode[] = ['not_ready', 'outcome_unknown', 'rate_limited'];

type OwnPart = Omit<Operation, 'access' | 'problems'> & { readonly problems?: readonly ProblemCode[] };

/** A route that asks no store. */
export function storeless(own: OwnPart): Operation {
  return complete(own, 'anyone', []);
}

export function forAnyone(own: OwnPart): Operation {
  return complete(own, 'anyone', STORES);
}

export function forMembers(own: OwnPart): Operation {
  return complete(own, 'member', [...CALLER, ...STORES]);
}

/** Sellers, and their server keys with this scope. */
export function forShops(scope: KeyScope, own: OwnPart): Operation {
  const problems: readonly ProblemCode[] = [...(own.problems ?? []), 'scope_missing'];
  return { ...complete({ ...own, problems }, 'seller', [...CALLER, ...STORES]), scope };
}

export function forAccounts(own: OwnPart): Operation {
  return complete(own, 'account', [...CALLER, ...STORES]);
}

/** The same, and administrators for the coupons of every seller. */
export function forShopsAndAdmins(scope: KeyScope, own: OwnPart): Operation {
  return { ...forShops(scope, own), admins: true };
}

export function forAdmins(own: OwnPart): Operation {
  return complete(own, 'admin', [...CALLER, ...STORES]);
}

export function forSellers(own: OwnPart): Operation {
  return complete(own, 'seller', [...CALLER, ...STORES]);
}

function complete(own: OwnPart, access: Operation['access'], shared: readonly ProblemCode[]): Operation {
  const problems = new Set([
    ...(own.problems ?? []),
    ...(own.query === undefined ? [] : (['invalid_input'] as const)),
    ...(own.body === undefined ? [] : BODY),
    ...shared,
    ...ANY_ROUTE,
  ]);
  return { ...own, access, problems: [...problems] };
}

/** Codes by status, ascending: a document has one answer for each status. */
export function codesByStatus(codes: readonly ProblemCode[]): Map<number, ProblemCode[]> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problemKinds[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].sort(([one], [other]) => one - other));
}
