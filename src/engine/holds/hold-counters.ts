/** Counts what the sweep of holds did and found, for `GET /metrics`. */
import type { CouponId } from '../domain/coupon.js';

export class HoldCounters {
  /** Holds taken back by this process because they ran out. */
  expired = 0;
  readonly #held = new Map<CouponId, number>();
  readonly #lagMs = new Map<CouponId, number>();

  /** Holds that are neither confirmed nor taken back, as last counted. */
  get held(): number {
    return [...this.#held.values()].reduce((sum, held) => sum + held, 0);
  }

  /** By how much the most overdue hold that the last sweep found was past its end and the grace. */
  get lagMs(): number {
    return Math.max(0, ...this.#lagMs.values());
  }

  counted(couponId: CouponId, held: number): void {
    this.#held.set(couponId, held);
  }

  lagged(couponId: CouponId, lagMs: number): void {
    this.#lagMs.set(couponId, lagMs);
  }

  /** Drops coupons without holds. */
  retain(couponIds: ReadonlySet<CouponId>): void {
    for (const couponId of this.#held.keys()) if (!couponIds.has(couponId)) this.#held.delete(couponId);
    for (const couponId of this.#lagMs.keys()) if (!couponIds.has(couponId)) this.#lagMs.delete(couponId);
  }
}
