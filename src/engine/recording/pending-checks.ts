/**
 * Decides when the coupons that are marked pending are checked for issuances that no ring announced.
 *
 * A coupon is checked in every sweep while it may be busy: admissions renew its mark at least every
 * {@link MARK_PENDING_EVERY_MS}, so an old mark means that nothing was admitted since. From then on it is checked ever
 * more rarely, because a thousand coupons that had one winner each would otherwise cost a script each, every second.
 */
import type { CouponId } from '../domain/coupon.js';
import { MARK_PENDING_EVERY_MS, SWEEP_EVERY_MS, SWEEP_SELDOM_MS } from '../domain/limits.js';
import type { PendingMark } from '../ports/issuance-queue.js';

interface Check {
  readonly markedAtMs: number;
  /** When this mark was first seen, or the coupon was last rung. */
  sinceMs: number;
  dueMs: number;
}

export class PendingChecks {
  #checks = new Map<CouponId, Check>();

  /** The coupons to check now, of all that are marked pending. */
  due(marks: readonly PendingMark[], nowMs: number): CouponId[] {
    const checks = new Map<CouponId, Check>();
    const due: CouponId[] = [];
    for (const { couponId, markedAtMs } of marks) {
      const known = this.#checks.get(couponId);
      const check = known?.markedAtMs === markedAtMs ? known : { markedAtMs, sinceMs: nowMs, dueMs: nowMs };
      checks.set(couponId, check);
      if (check.dueMs <= nowMs) due.push(couponId);
    }
    this.#checks = checks;
    return due;
  }

  foundEmpty(couponId: CouponId, nowMs: number): void {
    const check = this.#checks.get(couponId);
    if (check === undefined) return;
    const quietMs = nowMs - check.sinceMs - MARK_PENDING_EVERY_MS;
    check.dueMs = nowMs + Math.min(Math.max(quietMs / 2, SWEEP_EVERY_MS), SWEEP_SELDOM_MS);
  }

  /** A drain follows a ring, so there is nothing to find before the next sweep. */
  rung(couponId: CouponId, nowMs: number): void {
    const check = this.#checks.get(couponId);
    if (check === undefined) return;
    check.sinceMs = nowMs;
    check.dueMs = nowMs + SWEEP_EVERY_MS;
  }
}
