/**
 * Computes the terms after a change, or why it is refused: the rules of `lua/amend.lua` for stores in memory and for
 * rebuilds.
 */
import type { CouponTerms } from '../domain/coupon.js';

/** Terms to change; what is absent stays. `null` takes a bound of the window away. */
export interface TermsChange {
  readonly quantity?: number;
  readonly opensAtMs?: number | null;
  readonly closesAtMs?: number | null;
  readonly paused?: boolean;
  readonly closed?: true;
}

export const termsRefusals = ['closed', 'window_invalid', 'quantity_below_issued'] as const;
/** In order of precedence. */
export type TermsRefusal = (typeof termsRefusals)[number];

/** The terms after the change, or its refusal. @param issued live issuances of the coupon. */
export function termsAfter(
  before: CouponTerms,
  change: TermsChange,
  issued: number,
): CouponTerms | TermsRefusal {
  const { quantity, opensAtMs, closesAtMs, paused } = change;
  const namesBound = opensAtMs !== undefined || closesAtMs !== undefined;
  if (before.closed && (namesBound || quantity !== undefined || paused !== undefined)) return 'closed';
  const closed = before.closed || change.closed === true;
  const after: CouponTerms = {
    quantity: quantity ?? before.quantity,
    opensAtMs: opensAtMs === undefined ? before.opensAtMs : (opensAtMs ?? undefined),
    closesAtMs: closesAtMs === undefined ? before.closesAtMs : (closesAtMs ?? undefined),
    // A coupon warmed closed and paused keeps both; closing ends a pause only as a change.
    paused: closed && !before.closed ? false : (paused ?? before.paused),
    closed,
  };
  if (namesBound && (after.closesAtMs ?? Infinity) < (after.opensAtMs ?? -Infinity)) return 'window_invalid';
  return quantity !== undefined && quantity < issued ? 'quantity_below_issued' : after;
}

export function termsOf({ quantity, opensAtMs, closesAtMs, paused, closed }: CouponTerms): CouponTerms {
  return { quantity, opensAtMs, closesAtMs, paused, closed };
}

export function sameTerms(one: CouponTerms, other: CouponTerms): boolean {
  return (
    one.quantity === other.quantity &&
    one.opensAtMs === other.opensAtMs &&
    one.closesAtMs === other.closesAtMs &&
    one.paused === other.paused &&
    one.closed === other.closed
  );
}
