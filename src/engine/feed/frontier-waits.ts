/** Counts what followers wait for: numbers that have no row yet while later ones have. */
import type { Clock } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import { FRONTIER_WAIT_KEPT_MS, FRONTIER_WAITS_MAX } from '../domain/limits.js';

interface Wait {
  readonly issueNo: number;
  readonly sinceMs: number;
  lastReadMs: number;
}

export class FrontierWaits {
  /** Numbers found to be void. */
  voidNumbers = 0;
  readonly #clock: Clock;
  readonly #waits = new Map<CouponId, Wait>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A follower of this coupon waits for this number. */
  begin(couponId: CouponId, issueNo: number): void {
    const nowMs = this.#clock.monotonicMs();
    const wait = this.#waits.get(couponId);
    if (wait?.issueNo === issueNo) wait.lastReadMs = nowMs;
    else if (wait !== undefined || this.#waits.size < FRONTIER_WAITS_MAX) {
      this.#waits.set(couponId, { issueNo, sinceMs: nowMs, lastReadMs: nowMs });
    }
  }

  /** Every number up to this one is explained. */
  passed(couponId: CouponId, issueNo: number): void {
    const wait = this.#waits.get(couponId);
    if (wait !== undefined && wait.issueNo <= issueNo) this.#waits.delete(couponId);
  }

  /** The longest wait of a follower that still reads, milliseconds; 0 without one. */
  longestMs(): number {
    const nowMs = this.#clock.monotonicMs();
    let longest = 0;
    for (const [couponId, { sinceMs, lastReadMs }] of this.#waits) {
      if (nowMs - lastReadMs > FRONTIER_WAIT_KEPT_MS) this.#waits.delete(couponId);
      else longest = Math.max(longest, nowMs - sinceMs);
    }
    return longest;
  }
}
