/** Defines ids, terms, snapshots and issuances, and derives the state of a coupon. */

import type { HolderId } from './holder.js';

export type { HolderId } from './holder.js';
export { parseMemberId, type MemberId } from './member-id.js';

declare const couponIdBrand: unique symbol;

/** A coupon's number, 1 up to 999,999,999,999,999: always exact as a JSON integer. */
export type CouponId = number & { readonly [couponIdBrand]: true };

const couponIdPattern = /^[1-9][0-9]{0,14}$/;

/** Canonical decimal only: `042`, `1e3`, `+1` and anything longer than 15 digits are not ids. */
export function parseCouponId(text: string): CouponId | undefined {
  return couponIdPattern.test(text) ? (Number(text) as CouponId) : undefined;
}

/** What the seller decides. A missing bound means "since ever" or "for ever"; the window is `[opensAtMs, closesAtMs)`. */
export interface CouponTerms {
  readonly quantity: number;
  readonly opensAtMs: number | undefined;
  readonly closesAtMs: number | undefined;
  readonly paused: boolean;
  /** Closed by the seller, for good. A coupon whose window has ended is not `closed` here: the window may be moved. */
  readonly closed: boolean;
}

/** The largest quantity a coupon may have. It keeps every number far inside the exact range of a Lua double. */
export const QUANTITY_MAX = 1_000_000_000;

/** A coupon as the store that admits sees it at one instant. */
export interface CouponSnapshot extends CouponTerms {
  readonly couponId: CouponId;
  /** Grows with every amendment and revoke; a local answer is good for exactly one version. */
  readonly version: number;
  /** Grows when the store had to be rebuilt; a batch carrying an older epoch is refused. */
  readonly epoch: number;
  /** Live issuances: issued and not revoked. */
  readonly issued: number;
  /** The highest number given so far; the next issuance gets a higher one. */
  readonly lastIssueNo: number;
  /** The store's clock at that instant, milliseconds since the Unix epoch. */
  readonly storeNowMs: number;
}

/** The fact that a member holds one, or one of several. `issueNo` is its place in the line. */
export interface Issuance {
  readonly holder: HolderId;
  readonly issueNo: number;
  /** By the store's clock, milliseconds since the Unix epoch. */
  readonly issuedAtMs: number;
}

export const couponStates = ['scheduled', 'open', 'paused', 'sold_out', 'closed'] as const;
export type CouponState = (typeof couponStates)[number];

/** What lists and pages show. A coupon its seller closed is `closed` whatever its window is, since that is final. */
export function couponState(terms: CouponTerms, issued: number, nowMs: number): CouponState {
  if (!terms.closed && terms.opensAtMs !== undefined && nowMs < terms.opensAtMs) return 'scheduled';
  if (terms.paused && !terms.closed) return 'paused';
  if (terms.closed || (terms.closesAtMs !== undefined && nowMs >= terms.closesAtMs)) return 'closed';
  return issued >= terms.quantity ? 'sold_out' : 'open';
}
