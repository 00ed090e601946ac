/** Reads the rules of redemption from requests, and refuses changes that would alter what members hold. */
import type { z } from 'zod';
import { displayAfter } from '../../engine/domain/coupon-display.js';
import type { CouponDisplay, DisplayChange } from '../../engine/domain/coupon-display.js';
import { sameDiscount } from '../../engine/domain/discount.js';
import type { Discount } from '../../engine/domain/discount.js';
import { couponState } from '../../engine/domain/coupon.js';
import { defaultRedemptionRules, mayShorten } from '../../engine/domain/redemption.js';
import type { RedemptionRules, RulesChange } from '../../engine/domain/redemption.js';
import type { CouponView } from '../../engine/sellers/coupon-registry.js';
import { refuse } from '../wire/problems.js';
import type { couponChangeInput, couponInput } from '../wire/coupon-schemas.js';

/** Reads the rules of a new coupon; nothing where all of them are the default. */
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

/** Terms that decide when members may win. */
export interface Window {
  readonly opensAtMs: number | undefined;
  readonly closesAtMs: number | undefined;
}

/** A change takes effect a moment after it is judged, and every process follows it within a second. */
const OPENING_MARGIN_MS = 5_000;

/** Whether members may win by the time that a change of the coupon takes effect. */
export function isOpenSoon({ state, paused, opensAtMs, atMs }: CouponView): boolean {
  if (state === 'scheduled') return !paused && atMs + OPENING_MARGIN_MS >= (opensAtMs ?? 0);
  return state === 'open' || state === 'sold_out';
}

/** Whether the change may end the validity of some issuance earlier. */
export function shortensValidity({ redemption }: CouponView, { validity }: RulesChange): boolean {
  return validity !== undefined && mayShorten(redemption?.validity, validity ?? undefined);
}

/**
 * @param coupon in service: otherwise its issuances are not all known.
 * @param window as the same request sets it.
 * @throws RequestRefused: coupons would expire in the hands of members, or might come into their hands meanwhile.
 */
export function refuseShorterValidity(coupon: CouponView, window: Window): void {
  if (isIssued(coupon)) {
    refuse(
      'validity_shortened',
      'Members hold this coupon, and for some the new validity may end earlier. Give one that is longer for all of them.',
    );
  }
  if (!isOpenMeanwhile(coupon, window)) return;
  refuse(
    'pause_first',
    'The coupon is open, or opens within 5 seconds: a member may get it while its validity is shortened. Pause it, change the validity, resume. Nothing was changed.',
  );
}

/** Whether the change alters what the coupon promises. */
export function altersDiscount(coupon: CouponView, discount: Discount | null | undefined): boolean {
  return discount !== undefined && !sameDiscount(discount ?? undefined, coupon.discount);
}

/** The same for a discount: members would hold a coupon of another discount than they downloaded. */
export function refuseOtherDiscount(coupon: CouponView, window: Window): void {
  if (isIssued(coupon)) {
    refuse(
      'discount_fixed',
      'Members hold this coupon with its discount. Register another coupon with the other discount. Nothing was changed.',
    );
  }
  if (!isOpenMeanwhile(coupon, window)) return;
  refuse(
    'pause_first',
    'The coupon is open, or opens within 5 seconds: a member may get it while its discount is changed. Pause it, change the discount, resume. Nothing was changed.',
  );
}

function isIssued(coupon: CouponView): boolean {
  if (!coupon.inService) {
    refuse(
      'not_ready',
      'The coupon is being verified or rebuilt. Nothing was changed. Try again in a moment.',
    );
  }
  return coupon.issued > 0;
}

/** Whether members may win before or after the request's own change of the window. */
export function isOpenMeanwhile(coupon: CouponView, window: Window): boolean {
  const after = { ...coupon, ...window, state: couponState({ ...coupon, ...window }, 0, coupon.atMs) };
  return isOpenSoon(coupon) || isOpenSoon(after);
}

/**
 * Every member sees one and the same `confirmBy`.
 *
 * @param opensAtMs as the same request sets it. @throws RequestRefused: `hold_fixed`, since members may hold the coupon.
 */
export function refuseOpenHold(
  coupon: CouponView,
  { holdSeconds }: RulesChange,
  opensAtMs: number | undefined,
): void {
  const before = coupon.redemption?.holdSeconds;
  if (holdSeconds === undefined || (holdSeconds ?? undefined) === before) return;
  const fixedFromMs = Math.min(coupon.opensAtMs ?? 0, opensAtMs ?? 0) - OPENING_MARGIN_MS;
  if (coupon.state === 'scheduled' && coupon.issued === 0 && coupon.atMs < fixedFromMs) return;
  refuse(
    'hold_fixed',
    'The coupon is open, or opens within 5 seconds. Register another coupon with the other holdSeconds.',
  );
}
