/** Defines the schemas of the answers about events and webhooks. */
import { z } from 'zod';
import { takeBackReasons } from '../../engine/ports/hold-ledger.js';
import { deliveryResults } from '../../engine/ports/webhooks.js';
import { eventKinds } from '../../engine/domain/events.js';
import { couponId, issueNo, memberId, unit, orderId, instant, count } from './answer-fields.js';

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
  reason: z
    .enum(takeBackReasons)
    .optional()
    .meta({ description: 'Why an issuance was taken back; absent where the seller revoked it.' }),
  confirmBy: instant.optional(),
  expiredAt: instant.optional(),
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
    .meta({ description: 'Until then the previous secret signs as well.' }),
});
export const webhookList = z.object({ items: z.array(webhookAnswer) });
export const webhookRemovedAnswer = z.object({ id: webhookId, removed: z.literal(true) });

const deliveryResult = z
  .enum(deliveryResults)
  .meta({ description: '`address`: the name resolves to an address that is not public.' });
const receiverStatus = z.int().nullable().meta({ description: 'Status of the response; null without one.' });

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
export type WebhookAnswer = z.output<typeof webhookAnswer>;
