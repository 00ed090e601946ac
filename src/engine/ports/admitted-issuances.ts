/** Reads in chunks all issuances that the admission store has for a coupon, for comparisons with the ledger. */
import type { CouponId, HolderId, Issuance } from '../domain/coupon.js';

/**
 * Not atomic: what is admitted, recorded or revoked while it is read may be in it or not, and may be in it twice.
 *
 * @throws like {@link Admission}: StoreUnavailableError, StoreOutcomeUnknownError.
 */
export interface AdmittedIssuances {
  /** Every live issuance, in no order. */
  winners(couponId: CouponId): AsyncIterable<readonly Issuance[]>;
  /** How many live issuances there are. */
  countWinners(couponId: CouponId): Promise<number>;
  /** What is queued or claimed; one that moves between the two while being read is seen. */
  unrecorded(couponId: CouponId): AsyncIterable<readonly Issuance[]>;
  /** What each of up to {@link STEP_ISSUANCES_MAX} holders has, in their order. */
  held(couponId: CouponId, holders: readonly HolderId[]): Promise<(Issuance | undefined)[]>;
  /** Claims whose lease ended before this instant of the store's clock and which no recorder has taken over. */
  lapsedClaims(couponId: CouponId, beforeMs: number): Promise<number>;
  /** Those of up to {@link STEP_ISSUANCES_MAX} that are neither queued nor claimed, at one instant. */
  unqueued(couponId: CouponId, issuances: readonly Issuance[]): Promise<Issuance[]>;
  /** Queues those that their members still hold; returns how many were not queued before. Safe to repeat. */
  requeue(couponId: CouponId, issuances: readonly Issuance[]): Promise<number>;
}
