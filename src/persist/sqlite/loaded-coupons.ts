/** Bounds the coupons in memory by their winners and evicts the least recently used. */
import type { CouponId } from '../../engine/domain/coupon.js';
import type { CouponMemory } from './coupon-memory.js';

/** What a coupon without winners costs, in winners. */
const EMPTY_COUPON_WINNERS = 8;
/** Coupons whose departure is remembered; see {@link LoadedCoupons.isStale}. */
const DEPARTED_MAX = 100_000;

export class LoadedCoupons {
  readonly #winnersMax: number;
  /** In the order in which they were last asked for. */
  readonly #coupons = new Map<CouponId, CouponMemory>();
  readonly #departed = new Map<CouponId, { readonly version: number; readonly lastIssueNo: number }>();
  #winners = 0;

  /** @param winnersMax a bound for all coupons together; about 130 bytes each. One coupon alone may be larger. */
  constructor(winnersMax: number) {
    this.#winnersMax = winnersMax;
  }

  /** Counts as asked for. */
  get(couponId: CouponId): CouponMemory | undefined {
    const coupon = this.#coupons.get(couponId);
    if (coupon === undefined) return undefined;
    this.#coupons.delete(couponId);
    this.#coupons.set(couponId, coupon);
    return coupon;
  }

  /** Does not count as asked for: a list of all coupons must not turn the order upside down. */
  peek(couponId: CouponId): CouponMemory | undefined {
    return this.#coupons.get(couponId);
  }

  put(coupon: CouponMemory): void {
    this.#coupons.set(coupon.couponId, coupon);
    this.#departed.delete(coupon.couponId);
    this.#winners += weightOf(coupon);
  }

  /** Winners were added or, below 0, taken away. */
  grew(winners: number): void {
    this.#winners += winners;
  }

  drop(coupon: CouponMemory): void {
    if (!this.#coupons.delete(coupon.couponId)) return;
    this.#winners -= weightOf(coupon);
    this.#departed.set(coupon.couponId, { version: coupon.version, lastIssueNo: coupon.lastIssueNo });
    if (this.#departed.size <= DEPARTED_MAX) return;
    const [oldest] = this.#departed.keys();
    if (oldest !== undefined) this.#departed.delete(oldest);
  }

  /** Only when nothing is in flight: what leaves must be durable. The last one asked for stays, however large it is. */
  shrink(): void {
    while (this.#winners > this.#winnersMax && this.#coupons.size > 1) {
      const [oldest] = this.#coupons.values();
      if (oldest !== undefined) this.drop(oldest);
    }
  }

  /**
   * True when this coupon was read from the tables before it was last in memory, and changed there since: a slow warm
   * that was overtaken by a quick one and a removal.
   */
  isStale(coupon: CouponMemory): boolean {
    const departed = this.#departed.get(coupon.couponId);
    if (departed === undefined) return false;
    return coupon.version < departed.version || coupon.lastIssueNo < departed.lastIssueNo;
  }
}

function weightOf(coupon: CouponMemory): number {
  return coupon.issued + EMPTY_COUPON_WINNERS;
}
