/**
 * Finds rows of a coupon by more than their number.
 *
 * `testing/contracts/issuance-search-contract.ts` tests every back end.
 */
import type { CouponId } from '../domain/coupon.js';
import type { LedgerRow } from './issuance-ledger.js';

export interface IssuanceQuery {
  /** The highest number first. */
  readonly descending: boolean;
  readonly issuedFromMs: number | undefined;
  /** Not included. */
  readonly issuedBeforeMs: number | undefined;
  readonly used: boolean | undefined;
}

export interface FoundRows {
  readonly rows: readonly LedgerRow[];
  /** The cursor of the next page; `undefined` where no row is left. */
  readonly next: number | undefined;
}

export interface IssuanceSearch {
  /**
   * In the order of the query, those after the number `after` (0: from the beginning), up to `limit`.
   * A page may be short, even empty, and still have a `next`: the numbers that one page searches are bounded.
   */
  search(couponId: CouponId, query: IssuanceQuery, after: number, limit: number): Promise<FoundRows>;
}
