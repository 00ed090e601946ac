/** Defines the schemas of the answers about coupons: terms, figures, lists of members. */
import { z } from 'zod';
import { eligibilityRules } from '../../engine/domain/download.js';
import { couponStates } from '../../engine/domain/coupon.js';
import { cancelEffects, redeemers } from '../../engine/domain/redemption.js';
import { UNIT_MAX } from '../../engine/domain/holder.js';
import { couponId, count, instant } from './answer-fields.js';

export const discountAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('percent'), value: z.number() }),
  z.object({
    type: z.literal('amount'),
    value: z.int().meta({ description: 'In the smallest unit of the currency.' }),
    currency: z.string().meta({ description: 'ISO 4217.', examples: ['KRW'] }),
  }),
]);

export const couponAnswer = z.object({
  id: couponId,
  sellerId: z.union([z.int(), z.string()]).meta({
    description: 'The `sub` of the seller’s tokens: a number where that is a whole number, else text.',
  }),
  name: z.string(),
  quantity: count,
  remaining: count,
  issued: count.meta({ description: 'Live issuances: issued and not revoked.' }),
  state: z.enum(couponStates),
  discount: discountAnswer.nullable(),
  opensAt: instant.nullable(),
  closesAt: instant.nullable(),
  createdAt: instant,
  validity: z
    .union([
      z.object({ until: instant }),
      z.object({ hours: z.int() }),
      z.object({ days: z.int(), zone: z.string() }),
    ])
    .nullable()
    .meta({ description: 'How long an issuance can be redeemed; null: without end.' }),
  onCancel: z.enum(cancelEffects),
  redeemBy: z.enum(redeemers),
  holdSeconds: z.int().nullable().meta({
    description: 'An issuance is taken back after this long unless it is confirmed; null: not held.',
  }),
  image: z.string().nullable(),
  description: z.string().nullable(),
  presenceRequired: z
    .literal(true)
    .optional()
    .meta({ description: 'Present only if a download needs a presence ticket.' }),
  eligibility: z
    .object({
      claims: z
        .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).readonly())
        .readonly()
        .optional(),
      audience: z.literal(true).optional(),
      notIssued: z.array(couponId).readonly().optional(),
    })
    .optional()
    .meta({ description: 'Present only if the coupon is for some members: every part must be met.' }),
  perMember: z
    .int()
    .min(2)
    .max(UNIT_MAX)
    .optional()
    .meta({ description: 'How many units a member may have; present only above 1.' }),
});

export const couponPage = z.object({
  items: z.array(couponAnswer),
  next: z.union([z.int(), z.string()]).nullable().meta({
    description:
      'Send it as `after` for the next page of the same order: a number, or text where the list is sorted by opening; null at the end.',
  }),
});

export const audienceChangedAnswer = z.object({ couponId, members: count, added: count, removed: count });

export const audienceAnswer = z.object({
  couponId,
  members: count,
  memberId: z.string().optional(),
  listed: z.boolean().optional().meta({ description: 'Present if the query names a member.' }),
});

export const audienceMemberPage = z.object({
  items: z.array(z.string()).meta({ description: 'Ids of members, in the order of ids.' }),
  next: z.string().nullable().meta({ description: 'Send it as `after` for the next page; null at the end.' }),
});

export const memberClaimList = z.object({
  items: z
    .array(z.string())
    .meta({ description: 'The names in MEMBER_CLAIMS: the claims that `eligibility` can name.' }),
  presence: z.enum(['available', 'disabled', 'full']).meta({
    description:
      'Whether another coupon can set `presenceRequired`. `disabled`: no presence service is configured. ' +
      '`full`: as many coupons have rules as can.',
  }),
});

export const trialAnswer = z.object({
  couponId,
  memberId: z.string(),
  eligible: z.boolean(),
  rule: z
    .enum(eligibilityRules)
    .nullable()
    .meta({ description: 'The first part that the member does not meet.' }),
});

export const quantityList = z.object({ items: z.array(z.object({ at: instant, quantity: count })) });

export const statsAnswer = z.object({
  quantity: count,
  issued: count,
  remaining: count,
  queued: count.meta({ description: 'Decided and waiting to be recorded.' }),
  claimed: count.meta({ description: 'Claimed by a recorder and not yet acknowledged.' }),
  recorded: count.meta({ description: 'Rows.' }),
  redeemed: count.meta({ description: 'Recorded and used.' }),
  held: count
    .optional()
    .meta({ description: 'Recorded and not confirmed, for a coupon with `holdSeconds`.' }),
  confirmed: count.optional().meta({ description: 'Confirmed, for a coupon with `holdSeconds`.' }),
  takenBack: z
    .object({
      expired: count.meta({ description: 'Holds that ran out.' }),
      released: count.meta({ description: 'Released before they ran out, by the member or by the shop.' }),
      recalled: count.meta({ description: 'Recalled by the seller.' }),
    })
    .optional()
    .meta({ description: 'Taken back without a confirmation so far, for a coupon with `holdSeconds`.' }),
  deadLettered: count.meta({
    description: 'Moved to dead_letter: they contradict a row, or the schema refused them.',
  }),
});

export const liveUpdate = z.object({
  couponId,
  state: z.enum(couponStates),
  quantity: count,
  issued: count,
  remaining: count,
  issuedPerSecond: z.number().min(0),
  opensAt: instant.nullable(),
  closesAt: instant.nullable(),
  storeNow: instant.meta({ description: 'The clock of the store, by which openings are judged.' }),
});

export type CouponAnswer = z.output<typeof couponAnswer>;
export type StatsAnswer = z.output<typeof statsAnswer>;
