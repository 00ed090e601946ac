/**
 * Decides when the coupons that are marked pending are checked for issuances of which no ring informed the recorder.
 *
 * A ring or a new mark is followed by a check in the next sweep, and each check that finds nothing doubles the interval.
 * Otherwise ten thousand coupons that had one winner each would cost a third of a processor for ten seconds.
 * So what a dead process did not ring for is found after as long as the coupon was quiet before, or sooner, and within {@link SWEEP_SELDOM_MS}.
 */
import type { CouponId } from '../domain/coupon.js';
import { SWEEP_EVERY_MS, SWEEP_SELDOM_MS } from '../domain/limits.js';
import type { PendingMark } from '../ports/issuance-queue.js';

interface Check {
  readonly markedAtMs: number;
  /** When this mark was first seen, or the coupon was last rung. */
  sinceMs: number;
  dueMs: number;
}

export class PendingChecks {
  #checks = new Map<CouponId, Check>();
  #latestMarkMs = 0;
  #allReadMs = Number.NEGATIVE_INFINITY;

  /** Since when marks must be read, by the store's clock; `undefined`: all of them, since some may have been removed. */
  latestMarkMs(nowMs: number): number | undefined {
    return nowMs - this.#allReadMs < SWEEP_SELDOM_MS ? this.#latestMarkMs : undefined;
  }

  /** The coupons to check now, of all that are marked pending. */
  due(marks: readonly PendingMark[], nowMs: number): CouponId[] {
    const before = this.#checks;
    this.#checks = new Map();
    this.#allReadMs = nowMs;
    // The clock of a server that was promoted may be behind.
    this.#latestMarkMs = 0;
    return this.#dueOf(before, marks, nowMs);
  }

  /** The same where only new marks were read, since {@link latestMarkMs}. */
  dueWith(marks: readonly PendingMark[], nowMs: number): CouponId[] {
    return this.#dueOf(this.#checks, marks, nowMs);
  }

  #dueOf(before: ReadonlyMap<CouponId, Check>, marks: readonly PendingMark[], nowMs: number): CouponId[] {
    for (const { couponId, markedAtMs } of marks) {
      const known = before.get(couponId);
      const isNew = known?.markedAtMs !== markedAtMs;
      this.#checks.set(couponId, isNew ? { markedAtMs, sinceMs: nowMs, dueMs: nowMs } : known);
      this.#latestMarkMs = Math.max(this.#latestMarkMs, markedAtMs);
    }
    return [...this.#checks].filter(([, { dueMs }]) => dueMs <= nowMs).map(([couponId]) => couponId);
  }

  /** @returns for how long nothing was there, in ms. */
  foundEmpty(couponId: CouponId, nowMs: number): number {
    const check = this.#checks.get(couponId);
    if (check === undefined) return 0;
    const quietMs = nowMs - check.sinceMs;
    check.dueMs = nowMs + Math.min(Math.max(quietMs, SWEEP_EVERY_MS), SWEEP_SELDOM_MS);
    return quietMs;
  }

  /** A drain follows a ring, so there is nothing to find before the next sweep. */
  rung(couponId: CouponId, nowMs: number): void {
    const check = this.#checks.get(couponId);
    if (check === undefined) return;
    check.sinceMs = nowMs;
    check.dueMs = nowMs + SWEEP_EVERY_MS;
  }
}
