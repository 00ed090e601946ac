/** Finds the coupon of a seller's request and checks that the seller owns the coupon. */
import type { CouponRegistry, CouponView } from '../../engine/sellers/coupon-registry.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { Identity } from '../wire/identity.js';
import { couponIdOf } from '../wire/exchange.js';
import type { ApiRequest } from '../wire/exchange.js';
import { refuse } from '../wire/problems.js';

/** @throws RequestRefused: `unknown_coupon`, `forbidden`. Coupons are public, so a 403 gives nothing away. */
export async function ownedCoupon(
  registry: CouponRegistry,
  request: ApiRequest,
  seller: Identity,
): Promise<CouponView> {
  return ownedCouponBy(registry, couponIdOf(request), seller);
}

/** @param seller or an administrator. @throws RequestRefused: `unknown_coupon`, `forbidden` */
export async function ownedCouponBy(
  registry: CouponRegistry,
  couponId: CouponId,
  seller: Identity,
): Promise<CouponView> {
  const coupon = await registry.find(couponId);
  if (coupon === undefined) refuse('unknown_coupon', 'There is no coupon with this id.');
  // Only routes that let administrators in get one here.
  if (seller.role !== 'admin' && coupon.sellerId !== seller.memberId)
    refuse('forbidden', 'This coupon belongs to another seller.');
  return coupon;
}
