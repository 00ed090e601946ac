/** Defines the schemas of the answers about redemptions, holds and the wallet. */
import { z } from 'zod';
import { walletStates } from '../../engine/domain/redemption.js';
import { issuanceItemAnswer } from './issuance-answers.js';
import {
  orderId,
  couponId,
  issueNo,
  memberId,
  unit,
  instant,
  confirmBy,
  count,
  next,
} from './answer-fields.js';
import { discountAnswer } from './coupon-answers.js';

export const usedAnswer = issuanceItemAnswer.extend({ orderId });

export const redemptionAnswer = z.object({
  couponId,
  issueNo,
  memberId,
  unit,
  orderId,
  redeemedAt: instant,
  expiresAt: instant.nullable(),
});

const walletState = z.enum(walletStates);

export const cancelledAnswer = redemptionAnswer.extend({
  cancelledAt: instant,
  state: walletState.meta({ description: 'Present state of the issuance.' }),
});

export const redemptionHistory = z.object({
  items: z.array(
    z.object({
      orderId,
      redeemedAt: instant,
      cancelledAt: instant.nullable(),
      by: z.object({
        kind: z.enum(['seller', 'member', 'key', 'admin', 'operator', 'anyone']),
        id: z.string(),
      }),
    }),
  ),
});

export const walletItemAnswer = issuanceItemAnswer.extend({
  name: z.string(),
  discount: discountAnswer.nullable(),
  expiresAt: instant.nullable(),
  confirmBy: confirmBy.optional(),
  state: walletState,
  redeemBy: z
    .enum(['member', 'seller'])
    .meta({ description: 'Who can use it: the member, or only the shop.' }),
  orderId: orderId.nullable(),
});

export const walletPage = z.object({
  items: z.array(walletItemAnswer),
  next: z
    .union([z.int(), z.string()])
    .nullable()
    .meta({ description: 'Send it as `after` for the next page of the same order; null at the end.' }),
});

const furtherUnit = z
  .int()
  .min(2)
  .optional()
  .meta({ description: 'Which of the member’s units; absent for the first.' });

export const confirmedAnswer = z.object({
  couponId,
  issueNo,
  memberId,
  unit: furtherUnit,
  orderId,
  issuedAt: instant,
  confirmedAt: instant,
});

export const releasedAnswer = z.object({
  couponId,
  issueNo,
  memberId,
  unit: furtherUnit,
  released: z.literal(true),
  remaining: count,
});

/** By the database's clock. */
export const holdPage = z.object({
  items: z.array(
    z.object({ couponId, memberId, unit: furtherUnit, issueNo, issuedAt: instant, confirmBy: instant }),
  ),
  next,
  now: instant.optional().meta({ description: 'The clock by which holds end; absent from an empty page.' }),
});

export const recallAnswer = z.object({
  couponId,
  recalled: count.meta({ description: 'Taken back by this request.' }),
  unused: count.nullable().meta({
    description: 'Recorded issuances that are neither used nor confirmed, now; null while `next` is not.',
  }),
  unrecorded: count.meta({
    description: 'Issuances whose rows were still to come. Repeat from the beginning until it is 0.',
  }),
  next: z.int().nullable().meta({ description: 'Send it as `after` for the next 1,000; null at the end.' }),
  remaining: count.optional().meta({ description: 'Units in stock now.' }),
});
export type ConfirmedAnswer = z.output<typeof confirmedAnswer>;
export type ReleasedAnswer = z.output<typeof releasedAnswer>;
export type HoldPageAnswer = z.output<typeof holdPage>;
export type RecallAnswer = z.output<typeof recallAnswer>;
export type RedemptionAnswer = z.output<typeof redemptionAnswer>;
export type WalletItemAnswer = z.output<typeof walletItemAnswer>;
