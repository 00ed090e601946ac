/** Publishes versions within one process. */
import { ALWAYS_RECEIVING, type Versions } from './versions.js';
import type { CouponId } from '../domain/coupon.js';

export class LocalVersions implements Versions {
  readonly reception = ALWAYS_RECEIVING;
  readonly #listeners = new Set<(couponId: CouponId, version: number) => void>();

  publish(couponId: CouponId, version: number): void {
    for (const listener of this.#listeners) listener(couponId, version);
  }

  listen(onVersion: (couponId: CouponId, version: number) => void): Promise<() => Promise<void>> {
    this.#listeners.add(onVersion);
    return Promise.resolve(() => {
      this.#listeners.delete(onVersion);
      return Promise.resolve();
    });
  }
}
