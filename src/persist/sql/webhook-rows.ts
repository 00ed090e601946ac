/** Converts between webhooks and their rows. */
import type { Selectable } from 'kysely';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import type { EventKind, FeedPosition } from '../../engine/domain/events.js';
import type { Delivery, NewWebhook, Webhook } from '../../engine/ports/webhooks.js';
import type { WebhookDeliveryTable, WebhookTable } from './schema.js';

type WebhookRow = Selectable<WebhookTable>;

export function newWebhookRow(webhook: NewWebhook, start: FeedPosition): Omit<WebhookRow, 'id'> {
  return {
    seller_id: webhook.sellerId,
    url: webhook.url,
    secret: webhook.secret,
    kinds: webhook.kinds.join(','),
    coupon_ids: webhook.couponIds === undefined ? null : webhook.couponIds.join(','),
    state: 'enabled',
    created_at: webhook.createdAtMs,
    ...{ attempts: 0, failing_since: null, next_at: 0, leased_by: null, leased_until: 0 },
    ...positionColumns(start),
    ...sendingColumns(undefined),
  };
}

export function webhookOf(row: WebhookRow): Webhook {
  return {
    id: row.id,
    // Written by this folder alone, from these types.
    sellerId: row.seller_id as MemberId,
    url: row.url,
    ...secretsOf(row.secret),
    kinds: row.kinds.split(',') as EventKind[],
    couponIds: row.coupon_ids?.split(',').map((id) => Number(id) as CouponId),
    state: row.state,
    createdAtMs: row.created_at,
    attempts: row.attempts,
    failingSinceMs: row.failing_since ?? undefined,
    nextAtMs: row.next_at,
    position: positionOf(row.position_seq, row.position_no),
    sendingTo: row.sending_seq === null ? undefined : positionOf(row.sending_seq, row.sending_no),
  };
}

/** The secret, and after a rotation the previous one with its end: `new old untilMs`. */
function secretsOf(column: string): Pick<Webhook, 'secret' | 'previousSecret'> {
  const [secret = '', previous, untilMs] = column.split(' ');
  return {
    secret,
    previousSecret: previous === undefined ? undefined : { secret: previous, untilMs: Number(untilMs) },
  };
}

export function rotatedSecrets(column: string, secret: string, previousUntilMs: number): string {
  return `${secret} ${secretsOf(column).secret} ${previousUntilMs}`;
}

function positionOf(seq: number, no: number | null): FeedPosition {
  return no === null ? { seq } : { seq, no };
}

export function positionColumns({ seq, no }: FeedPosition): Pick<WebhookRow, 'position_seq' | 'position_no'> {
  return { position_seq: seq, position_no: no ?? null };
}

export function sendingColumns(
  position: FeedPosition | undefined,
): Pick<WebhookRow, 'sending_seq' | 'sending_no'> {
  return { sending_seq: position?.seq ?? null, sending_no: position?.no ?? null };
}

export function deliveryRow(
  webhookId: number,
  delivery: Delivery,
): Omit<Selectable<WebhookDeliveryTable>, 'id'> {
  return {
    webhook_id: webhookId,
    message_id: delivery.messageId,
    coupon_id: delivery.couponId,
    events: delivery.events,
    at: delivery.atMs,
    duration_ms: delivery.durationMs,
    status: delivery.status ?? null,
    result: delivery.result,
  };
}
