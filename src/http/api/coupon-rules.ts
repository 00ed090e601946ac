/** Reads the rules of redemption from requests: defaults, changes, and the refusal of a shorter validity. */
import type { z } from 'zod';
import { displayAfter } from '../../engine/domain/coupon-display.js';
import type { CouponDisplay, DisplayChange } from '../../engine/domain/coupon-display.js';
import { defaultRedemptionRules } from '../../engine/domain/redemption.js';
import type { RedemptionRules, RulesChange } from '../../engine/domain/redemption.js';
import type { CouponView } from '../../engine/sellers/coupon-registry.js';
import { refuse } from '../wire/problems.js';
import type { couponChangeInput, couponInput } from '../wire/schemas.js';

/** Of a new coupon; nothing where all of them are the default. */
export function newRules(input: z.output<typeof couponInput>): { readonly redemption?: RedemptionRules } {
  const { validity, onCancel, redeemBy, holdSeconds } = input;
  if ([validity, onCancel, redeemBy, holdSeconds].every((rule) => (rule ?? undefined) === undefined))
    return {};
  return {
    redemption: {
      validity: validity ?? undefined,
      onCancel: onCancel ?? defaultRedemptionRules.onCancel,
      redeemBy: redeemBy ?? defaultRedemptionRules.redeemBy,
      ...((holdSeconds ?? undefined) === undefined ? {} : { holdSeconds: holdSeconds ?? undefined }),
    },
  };
}

/** What a request names; `null` takes the validity away. */
export function changedRules(input: z.output<typeof couponChangeInput>): RulesChange {
  const { validity, onCancel, redeemBy, holdSeconds } = input;
  return {
    ...(validity === undefined ? {} : { validity }),
    ...(onCancel === undefined ? {} : { onCancel }),
    ...(redeemBy === undefined ? {} : { redeemBy }),
    ...(holdSeconds === undefined ? {} : { holdSeconds }),
  };
}

/** Image and description of a new coupon; nothing where it has neither. */
export function newDisplay(input: z.output<typeof couponInput>): { readonly display?: CouponDisplay } {
  const display = displayAfter({}, changedDisplay(input));
  return Object.keys(display).length === 0 ? {} : { display };
}

/** What a request names; `null` takes it away. */
export function changedDisplay({
  image,
  description,
}: Pick<z.output<typeof couponInput>, 'image' | 'description'>): DisplayChange {
  return {
    ...(image === undefined ? {} : { image }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Coupons would expire in the hands of members. */
export function refuseShorterValidity(): never {
  return refuse(
    'validity_shortened',
    'Members hold this coupon, and for some the new validity may end earlier. Give one that is longer for all of them.',
  );
}

/** Every process follows a change within a second; from then on members see one and the same `confirmBy`. */
const HOLD_FIXED_BEFORE_OPENING_MS = 5_000;

/** @param opensAtMs as the same request sets it. @throws RequestRefused: `hold_fixed`, since members may hold the coupon. */
export function refuseOpenHold(
  coupon: CouponView,
  { holdSeconds }: RulesChange,
  opensAtMs: number | undefined,
  nowMs: number,
): void {
  const before = coupon.redemption?.holdSeconds;
  if (holdSeconds === undefined || (holdSeconds ?? undefined) === before) return;
  const fixedFromMs = Math.min(coupon.opensAtMs ?? 0, opensAtMs ?? 0) - HOLD_FIXED_BEFORE_OPENING_MS;
  if (coupon.state === 'scheduled' && coupon.issued === 0 && nowMs < fixedFromMs) return;
  refuse(
    'hold_fixed',
    'The coupon is open, or opens within 5 seconds. Register another coupon with the other holdSeconds.',
  );
}
