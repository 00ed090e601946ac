/** Defines the coupon that contracts register. */
import type { NewCoupon } from '../../ports/coupon-catalogue.js';

export const NEW_COUPON_AT_MS = Date.UTC(2026, 10, 22, 12, 0, 0, 123);

/** Open without bounds, not paused, without a discount. */
export function newCoupon(more: Partial<NewCoupon> = {}): NewCoupon {
  return {
    sellerId: 'seller-1',
    name: 'Half price',
    quantity: 100,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
    discount: undefined,
    createdAtMs: NEW_COUPON_AT_MS,
    ...more,
  };
}
