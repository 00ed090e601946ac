/**
 * Defines the schema of every successful answer of the API.
 *
 * The handlers' values have these types, and the served document (document.ts) is built from them.
 */
import { z } from 'zod';
import { deliveryResults } from '../../engine/ports/webhooks.js';
import { eligibilityRules } from '../../engine/domain/download.js';
import { eventKinds } from '../../engine/domain/events.js';
import { couponStates, QUANTITY_MAX } from '../../engine/domain/coupon.js';
import { cancelEffects, redeemers, walletStates } from '../../engine/domain/redemption.js';
import { UNIT_MAX } from '../../engine/domain/holder.js';
import { SUBJECT_LENGTH_MAX } from '../../engine/domain/member-id.js';
import { keyScopes } from '../../accounts/server-keys.js';
import { roles } from '../../accounts/accounts.js';

const instant = z.string().meta({ format: 'date-time', examples: ['2026-11-22T12:00:00.123Z'] });
const count = z.int().min(0).max(QUANTITY_MAX);

const couponId = z
  .int()
  .min(1)
  .meta({ examples: [42] });
const memberId = z
  .string()
  .min(1)
  .max(SUBJECT_LENGTH_MAX)
  .meta({ description: 'The `sub` of the member’s token.', examples: ['7'] });
const issueNo = z
  .int()
  .min(1)
  .meta({ description: 'The number of the issuance; the first is 1.', examples: [17] });

const unit = z.int().min(2).max(UNIT_MAX).optional().meta({
  description: 'Which of the member’s units; present only above the first.',
});

export const accountAnswer = z.object({
  id: z.string().meta({
    description: 'The `sub` of its tokens, and its member or seller id everywhere.',
    examples: ['seonchak.account.7'],
  }),
  email: z.string(),
  role: z.enum(roles),
});

export const sessionAnswer = z.object({
  accessToken: z.string().meta({ description: 'Send it as `Authorization: Bearer <token>`.' }),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().min(1).meta({ description: 'Seconds.' }),
});

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

/** Absent as a number: no further page. */
const next = z
  .int()
  .nullable()
  .meta({ description: 'Send it as `after` for the next page; null at the end.' });

export const couponPage = z.object({
  items: z.array(couponAnswer),
  next: z.union([z.int(), z.string()]).nullable().meta({
    description:
      'Send it as `after` for the next page of the same order: a number, or text where the list is sorted by opening; null at the end.',
  }),
});

const confirmBy = instant.meta({
  description:
    'Present only if the coupon has `holdSeconds`: the hold ends soon after unless it is confirmed.',
});

const issuance = { couponId, memberId, unit, issueNo, issuedAt: instant, confirmBy: confirmBy.optional() };

/** One schema for both statuses: many generators give a client the schema of one status only, and read both with it. */
export const issuedAnswer = z.object({ outcome: z.enum(['issued', 'already_issued']), ...issuance });

export const heldIssuance = z.object({
  outcome: z.literal('issued'),
  ...issuance,
  recorded: z.boolean().meta({ description: 'Whether the row of the issuance is in the database.' }),
  perMember: z
    .int()
    .min(1)
    .max(UNIT_MAX)
    .meta({ description: 'How many units a member may have at this moment.' }),
  units: z
    .array(
      z.object({ unit: z.int().min(1).max(UNIT_MAX), issueNo, issuedAt: instant, recorded: z.boolean() }),
    )
    .meta({
      description: 'What the member holds, ascending by unit; the other fields are those of the first.',
    }),
});

export const ownCoupon = z.object({ couponId, issuance: heldIssuance.nullable() });

export const issuanceItemAnswer = z.object({
  couponId,
  memberId,
  unit,
  issueNo,
  issuedAt: instant,
  usedAt: instant.nullable(),
});

export const issuancePage = z.object({ items: z.array(issuanceItemAnswer), next });

export const issuanceListPage = issuancePage.extend({
  frontier: z.int().min(0).optional().meta({
    description:
      'With `settled=true` only. Every number above `after` up to this one is settled: send it as `after` in the next request.',
  }),
});

const orderId = z.string().meta({ description: 'The order that redeemed it.', examples: ['A-1017'] });

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

export const serverKeyAnswer = z.object({
  id: z.int().min(1),
  name: z.string(),
  scopes: z.array(z.enum(keyScopes)),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
});

export const newServerKeyAnswer = serverKeyAnswer.extend({
  key: z.string().meta({ description: 'The key itself. It is shown here and never again.' }),
});

export const serverKeyList = z.object({ items: z.array(serverKeyAnswer) });

export const audienceChangedAnswer = z.object({ couponId, members: count, added: count, removed: count });

export const audienceAnswer = z.object({
  couponId,
  members: count,
  memberId: z.string().optional(),
  listed: z.boolean().optional().meta({ description: 'Present if the query names a member.' }),
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

export const keyRevokedAnswer = z.object({ id: z.int().min(1), revoked: z.literal(true) });

const grantOutcomes = [
  'issued',
  'already_issued',
  'unknown_coupon',
  'limit_reached',
  'not_eligible',
  'not_open',
  'paused',
  'closed',
  'sold_out',
  'busy',
  'not_ready',
  'outcome_unknown',
  'account_locked',
] as const;

export const grantAnswer = z.object({
  results: z.array(
    z.object({
      memberId,
      outcome: z.enum(grantOutcomes),
      issueNo: issueNo.optional(),
      issuedAt: instant.optional(),
      confirmBy: confirmBy.optional(),
    }),
  ),
});

export const eventAnswer = z.object({
  id: z.string().meta({ description: 'The same whenever this event is given.', examples: ['iss_42_17'] }),
  type: z.enum(eventKinds),
  couponId,
  issueNo: issueNo.optional(),
  memberId: memberId.optional(),
  unit,
  orderId: orderId.optional(),
  issuedAt: instant.optional(),
  revokedAt: instant.optional(),
  redeemedAt: instant.optional(),
  cancelledAt: instant.optional(),
  restored: z.boolean().optional().meta({ description: 'Whether the cancelled coupon can be used again.' }),
  quantity: count.optional(),
  at: instant.optional(),
});

const webhookId = z
  .int()
  .min(1)
  .meta({ examples: [3] });

export const webhookAnswer = z.object({
  id: webhookId,
  url: z.string(),
  kinds: z.array(z.enum(eventKinds)),
  couponIds: z.array(couponId).nullable().meta({ description: 'null: all coupons.' }),
  state: z.enum(['enabled', 'disabled']),
  createdAt: instant,
  failingSince: instant.nullable().meta({ description: 'null: the last request arrived.' }),
  failures: count.meta({ description: 'In a row.' }),
});

export const newWebhookAnswer = webhookAnswer.extend({
  secret: z.string().meta({ description: 'Signs the requests.', examples: ['whsec_…'] }),
});
export const webhookSecretAnswer = z.object({
  id: webhookId,
  secret: z.string().meta({ description: 'Signs the requests from now on.', examples: ['whsec_…'] }),
  previousSecretUntil: instant
    .nullable()
    .meta({ description: 'Until then the secret before signs as well.' }),
});
export const webhookList = z.object({ items: z.array(webhookAnswer) });
export const webhookRemovedAnswer = z.object({ id: webhookId, removed: z.literal(true) });

const deliveryResult = z
  .enum(deliveryResults)
  .meta({ description: '`address`: the name leads to an address that is not public.' });
const receiverStatus = z.int().nullable().meta({ description: 'Of the response; null without one.' });

export const webhookTestedAnswer = z.object({
  delivered: z.boolean(),
  result: deliveryResult,
  status: receiverStatus,
});
export const replayAnswer = z.object({
  id: webhookId,
  couponId,
  fromIssueNo: issueNo,
  toIssueNo: count.meta({ description: 'Below `fromIssueNo` where there is nothing to deliver.' }),
});
export const deliveryList = z.object({
  items: z.array(
    z.object({
      messageId: z.string().meta({ description: 'The header `webhook-id`: the same at every attempt.' }),
      couponId,
      events: count,
      at: instant,
      durationMs: count,
      result: deliveryResult,
      status: receiverStatus,
    }),
  ),
});

export const eventPage = z.object({
  items: z.array(eventAnswer),
  next: z.string().nullable().meta({ description: 'Send it as `after` for the next page; null at the end.' }),
  cursor: z.string().meta({ description: 'Where to continue, also at the end: send it as `after` later.' }),
});

const walletState = z.enum(walletStates);

export const cancelledAnswer = redemptionAnswer.extend({
  cancelledAt: instant,
  state: walletState.meta({ description: 'Of the coupon, now.' }),
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
  orderId: orderId.nullable(),
});

export const walletPage = z.object({
  items: z.array(walletItemAnswer),
  next: z
    .union([z.int(), z.string()])
    .nullable()
    .meta({ description: 'Send it as `after` for the next page of the same order; null at the end.' }),
});

export const revokedAnswer = z.object({
  couponId,
  issueNo,
  memberId,
  unit,
  revoked: z.literal(true),
  remaining: count,
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

export const recallAnswer = z.object({
  couponId,
  recalled: count.meta({ description: 'Taken back by this request.' }),
  unused: count.meta({ description: 'Recorded issuances that are neither used nor confirmed, now.' }),
  unrecorded: count.meta({ description: 'Issuances whose rows are still to come. Ask again until it is 0.' }),
  next: z.int().nullable().meta({ description: 'Send it as `after` for the next 1,000; null at the end.' }),
  remaining: count.optional().meta({ description: 'Units in stock now.' }),
});

export const quantityList = z.object({ items: z.array(z.object({ at: instant, quantity: count })) });

export const statsAnswer = z.object({
  quantity: count,
  issued: count,
  remaining: count,
  queued: count.meta({ description: 'Decided and waiting to be recorded.' }),
  claimed: count.meta({ description: 'Claimed by a recorder and not yet acknowledged.' }),
  recorded: count.meta({ description: 'Rows.' }),
  redeemed: count.meta({ description: 'Of the recorded ones, used.' }),
  held: count.optional().meta({ description: 'Of a coupon with `holdSeconds`: recorded and not confirmed.' }),
  confirmed: count.optional().meta({ description: 'Of a coupon with `holdSeconds`: confirmed.' }),
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

export const aliveAnswer = z.object({ status: z.literal('ok') });
export const readyAnswer = z.object({
  status: z.literal('ready'),
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: 'What an operator should repair although downloads are served.' }),
});
/** This document itself; its form is that of the OpenAPI specification. */
export const descriptionAnswer = z.looseObject({ openapi: z.string() });
export const homeAnswer = z.object({ name: z.string(), api: z.string(), documentation: z.string() });

export type CouponAnswer = z.output<typeof couponAnswer>;
export type IssuanceItemAnswer = z.output<typeof issuanceItemAnswer>;
export type WebhookAnswer = z.output<typeof webhookAnswer>;
export type ServerKeyAnswer = z.output<typeof serverKeyAnswer>;
export type ConfirmedAnswer = z.output<typeof confirmedAnswer>;
export type ReleasedAnswer = z.output<typeof releasedAnswer>;
export type RecallAnswer = z.output<typeof recallAnswer>;
export type RedemptionAnswer = z.output<typeof redemptionAnswer>;
export type WalletItemAnswer = z.output<typeof walletItemAnswer>;
export type StatsAnswer = z.output<typeof statsAnswer>;
