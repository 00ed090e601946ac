/** Publishes new versions of a coupon, so that other processes drop their local answers. */
import type { CouponId } from '../domain/coupon.js';

/** Best effort: an actor re-checks versions on a timer, so a lost message delays the news and loses nothing. */
export interface Versions {
  /** Listeners of this process have been called when it returns; those of others are called soon, or never. */
  publish(couponId: CouponId, version: number): void;
  /** Calls back for versions of any process, our own included; returns how to stop listening. */
  listen(onVersion: (couponId: CouponId, version: number) => void): Promise<() => Promise<void>>;
}
