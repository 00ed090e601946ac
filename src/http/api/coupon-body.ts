/** Formats a coupon for the API. */
import type { CouponView } from '../../engine/sellers/coupon-registry.js';
import { defaultRedemptionRules } from '../../engine/domain/redemption.js';
import type { Validity } from '../../engine/domain/redemption.js';
import type { CouponAnswer } from '../openapi/coupon-answers.js';
import { entityTag } from '../wire/entity-tag.js';
import { json } from '../wire/exchange.js';
import type { Reply } from '../wire/exchange.js';
import { rfc3339, rfc3339OrNull } from '../wire/rfc3339.js';
import { subjectOf } from '../../engine/domain/member-id.js';

const canonicalNumber = /^(0|[1-9]\d{0,14})$/;

/** Programs read the numbers of a shop's sellers as JSON integers; any other `sub` is text. */
function sellerIdValue(sellerId: string): number | string {
  return canonicalNumber.test(sellerId) ? Number(sellerId) : subjectOf(sellerId);
}

export function couponBody(coupon: CouponView): CouponAnswer {
  const { validity, onCancel, redeemBy, holdSeconds = null } = coupon.redemption ?? defaultRedemptionRules;
  return {
    id: coupon.couponId,
    sellerId: sellerIdValue(coupon.sellerId),
    name: coupon.name,
    quantity: coupon.quantity,
    remaining: coupon.remaining,
    issued: coupon.issued,
    state: coupon.state,
    discount: coupon.discount ?? null,
    opensAt: rfc3339OrNull(coupon.opensAtMs),
    closesAt: rfc3339OrNull(coupon.closesAtMs),
    createdAt: rfc3339(coupon.createdAtMs),
    validity: validityBody(validity),
    onCancel,
    redeemBy,
    holdSeconds,
    image: coupon.display?.image ?? null,
    description: coupon.display?.description ?? null,
    ...(coupon.door?.presence === undefined ? {} : { presenceRequired: true }),
    ...(coupon.door?.eligibility === undefined ? {} : { eligibility: coupon.door.eligibility }),
    ...(coupon.door?.perMember === undefined ? {} : { perMember: coupon.door.perMember }),
  };
}

function validityBody(validity: Validity | undefined): CouponAnswer['validity'] {
  if (validity === undefined) return null;
  return 'untilMs' in validity ? { until: rfc3339(validity.untilMs) } : validity;
}

/** A coupon as an answer, with its entity tag. */
export function couponReply(status: 200 | 201, coupon: CouponView, headers?: Record<string, string>): Reply {
  return json(status, couponBody(coupon), { ...headers, ETag: entityTag(coupon.revision) });
}
