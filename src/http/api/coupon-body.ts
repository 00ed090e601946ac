/** A coupon as the API shows it. */
import type { CouponView } from '../../engine/sellers/coupon-registry.js';
import type { CouponAnswer } from '../openapi/answers.js';
import { rfc3339 } from '../wire/rfc3339.js';

const canonicalNumber = /^(0|[1-9]\d{0,14})$/;

/** Our own accounts have numbers for ids; sellers of an outside identity provider may have any text of the alphabet. */
function sellerIdValue(sellerId: string): number | string {
  return canonicalNumber.test(sellerId) ? Number(sellerId) : sellerId;
}

const instantOrNull = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : rfc3339(epochMs);

export function couponBody(coupon: CouponView): CouponAnswer {
  return {
    id: coupon.couponId,
    sellerId: sellerIdValue(coupon.sellerId),
    name: coupon.name,
    quantity: coupon.quantity,
    remaining: coupon.remaining,
    issued: coupon.issued,
    state: coupon.state,
    discount: coupon.discount ?? null,
    opensAt: instantOrNull(coupon.opensAtMs),
    closesAt: instantOrNull(coupon.closesAtMs),
    createdAt: rfc3339(coupon.createdAtMs),
    ...(coupon.presenceRequired === undefined ? {} : { presenceRequired: coupon.presenceRequired }),
  };
}
