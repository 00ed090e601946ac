/** Publishes new versions of a coupon, so that other processes drop their local answers. */
import type { CouponId } from '../domain/coupon.js';

/**
 * Since when and until when this process receives the news of the others, in its monotonic time.
 *
 * A process that does not receive them must not answer from memory: the store may have changed without its knowledge.
 */
export interface NewsReception {
  /** Until then, no news is missing that is older than {@link NEWS_TRUSTED_MS}. */
  untilMs: number;
  /** What was read from the store before that instant may have changed without its knowledge. */
  sinceMs: number;
}

/** For stores whose news arrive in the call that publishes them. */
export const ALWAYS_RECEIVING: Readonly<NewsReception> = {
  untilMs: Number.POSITIVE_INFINITY,
  sinceMs: Number.NEGATIVE_INFINITY,
};

/** Best effort: an actor re-checks versions on a timer, so a lost message delays the news and loses nothing. */
export interface Versions {
  readonly reception: Readonly<NewsReception>;
  /** Listeners of this process have been called when it returns; those of others are called soon, or never. */
  publish(couponId: CouponId, version: number): void;
  /**
   * Calls back for versions of any process, our own included; returns how to stop listening.
   *
   * @param onGap news may have been lost: `reception.sinceMs` has moved.
   */
  listen(
    onVersion: (couponId: CouponId, version: number) => void,
    onGap?: () => void,
  ): Promise<() => Promise<void>>;
}
