/**
 * Caches recently requested ids that no coupon has. A scan of random ids then costs one read per id, not per request.
 */
import type { Clock } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import { UNKNOWN_COUPON_MS, UNKNOWN_COUPONS_MAX } from '../domain/limits.js';

export class UnknownCoupons {
  readonly #clock: Clock;
  /** In order of insertion, so the first is the oldest. */
  readonly #untilMs = new Map<CouponId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(couponId: CouponId): void {
    this.#untilMs.delete(couponId);
    const oldest = this.#untilMs.keys().next();
    if (this.#untilMs.size >= UNKNOWN_COUPONS_MAX && oldest.done !== true) this.#untilMs.delete(oldest.value);
    this.#untilMs.set(couponId, this.#clock.monotonicMs() + UNKNOWN_COUPON_MS);
  }

  has(couponId: CouponId): boolean {
    const untilMs = this.#untilMs.get(couponId);
    if (untilMs === undefined) return false;
    if (this.#clock.monotonicMs() < untilMs) return true;
    this.#untilMs.delete(couponId);
    return false;
  }

  clear(): void {
    this.#untilMs.clear();
  }

  delete(couponId: CouponId): void {
    this.#untilMs.delete(couponId);
  }
}
