/** Defines a request and its reply as plain values for handlers, independent of the server library. */
import type { CouponId } from '../../engine/domain/coupon.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { Identity } from './identity.js';
import { problemBody, problemKinds, refuse, retryAfterHeader } from './problems.js';
import type { Problem } from './problems.js';
import { JSON_TYPE, PROBLEM_TYPE } from './status-lines.js';

export interface ApiRequest {
  /** Parameters of the route's pattern, in order, as the URL has them. */
  readonly params: readonly string[];
  /** Behind the `?`, undecoded; empty when there is none. */
  readonly query: string;
  readonly accept: string;
  /** Header `Accept-Language`; empty where it did not come. */
  readonly acceptLanguage: string;
  readonly contentType: string;
  /** Header `Idempotency-Key`; `undefined` where it did not come. */
  readonly idempotencyKey: string | undefined;
  /** Header `If-Match`; `undefined` where it did not come. */
  readonly ifMatch: string | undefined;
  readonly method: string;
  /** As the URL has it, without the query. */
  readonly path: string;
  /** Address of the client, as `ClientAddresses` determines it. */
  readonly address: string;
  /** Empty where the route takes none. */
  readonly body: Buffer;
  /** Whether the client still waits. */
  readonly connection: { readonly isOpen: boolean };
}

interface ReplyHead {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Reply =
  | (ReplyHead & { readonly body: string })
  /** Sent chunk by chunk, at the pace of the reader. */
  | (ReplyHead & { readonly chunks: AsyncIterable<string> });

export type OpenHandler = (request: ApiRequest) => Promise<Reply>;
export type CallerHandler = (request: ApiRequest, caller: Identity) => Promise<Reply>;

export function json(status: number, value: unknown, headers?: ReplyHead['headers']): Reply {
  const reply = { status, contentType: JSON_TYPE, body: JSON.stringify(value) };
  return headers === undefined ? reply : { ...reply, headers };
}

export function problemReply(problem: Problem): Reply {
  return {
    status: problemKinds[problem.code].status,
    contentType: PROBLEM_TYPE,
    headers: { ...retryAfterHeader(problem.code), ...problem.headers },
    body: problemBody(problem),
  };
}

/** `undefined` for text that is not an id. */
export function couponIdInPath(request: ApiRequest): CouponId | undefined {
  return parseCouponId(request.params[0] ?? '');
}

/** The coupon id of the route's first parameter. Text that is not an id names no coupon: the answer is the same as for a free number. */
export function couponIdOf(request: ApiRequest): CouponId {
  return couponIdInPath(request) ?? refuse('unknown_coupon', 'There is no coupon with this id.');
}
