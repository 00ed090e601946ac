/** Reads the rules of redemption from requests: defaults, changes, and the refusal of a shorter validity. */
import type { z } from 'zod';
import { defaultRedemptionRules, mayShorten } from '../../engine/domain/redemption.js';
import type { RedemptionRules, RulesChange } from '../../engine/domain/redemption.js';
import type { CouponView } from '../../engine/sellers/coupon-registry.js';
import { refuse } from '../wire/problems.js';
import type { couponChangeInput, couponInput } from '../wire/schemas.js';

/** Of a new coupon; nothing where all of them are the default. */
export function newRules(input: z.output<typeof couponInput>): { readonly redemption?: RedemptionRules } {
  const { validity, onCancel, redeemBy } = input;
  if ((validity ?? undefined) === undefined && onCancel === undefined && redeemBy === undefined) return {};
  return {
    redemption: {
      validity: validity ?? undefined,
      onCancel: onCancel ?? defaultRedemptionRules.onCancel,
      redeemBy: redeemBy ?? defaultRedemptionRules.redeemBy,
    },
  };
}

/** What a request names; `null` takes the validity away. */
export function changedRules(input: z.output<typeof couponChangeInput>): RulesChange {
  const { validity, onCancel, redeemBy } = input;
  return {
    ...(validity === undefined ? {} : { validity }),
    ...(onCancel === undefined ? {} : { onCancel }),
    ...(redeemBy === undefined ? {} : { redeemBy }),
  };
}

/** @throws RequestRefused: `validity_shortened`, since coupons would expire in the hands of members. */
export function refuseShorterValidity(coupon: CouponView, change: RulesChange): void {
  if (change.validity === undefined || coupon.issued === 0) return;
  const { validity } = coupon.redemption ?? defaultRedemptionRules;
  if (!mayShorten(validity, change.validity ?? undefined)) return;
  refuse(
    'validity_shortened',
    'Members hold this coupon, and for some the new validity may end earlier. Give one that is longer for all of them.',
  );
}
