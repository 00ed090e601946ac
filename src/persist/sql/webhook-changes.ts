/** Writes webhooks, rotated secrets and deliveries, each in the transaction of its caller. */
import type { Transaction } from 'kysely';
import type { FeedPosition } from '../../engine/domain/events.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { KeyedRequest } from '../../engine/ports/idempotency.js';
import { WEBHOOKS_PER_SELLER_MAX } from '../../engine/ports/webhooks.js';
import type {
  CreateWebhookReply,
  Delivery,
  NewWebhook,
  RotateSecretReply,
  SecretRotation,
} from '../../engine/ports/webhooks.js';
import { findKey, takeKey } from './idempotency-keys.js';
import { maySell } from './may-sell.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import type { SqlFlavour } from './sql-flavour.js';
import { deliveryRow, newWebhookRow, rotatedSecrets, webhookOf } from './webhook-rows.js';

/** Deliveries of a webhook that are kept. */
const DELIVERIES_KEPT = 100;

export async function insertWebhook(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  webhook: NewWebhook,
  start: FeedPosition,
  entry: (id: number) => AuditEntry,
  keyed: KeyedRequest | undefined,
): Promise<CreateWebhookReply> {
  if (!(await maySell(transaction, webhook.sellerId, flavour.lockShared))) return { status: 'no_seller' };
  const known = keyed && (await findKey(transaction, keyed));
  if (known === 'reused') return { status: 'key_reused' };
  if (known !== undefined) {
    const row = await transaction
      .selectFrom('webhook')
      .selectAll()
      .where('id', '=', known.targetId)
      .executeTakeFirst();
    return row === undefined ? { status: 'key_reused' } : { status: 'repeated', webhook: webhookOf(row) };
  }
  const { count } = await transaction
    .selectFrom('webhook')
    .select((table) => table.fn.countAll<number>().as('count'))
    .where('seller_id', '=', webhook.sellerId)
    .executeTakeFirstOrThrow();
  if (count >= WEBHOOKS_PER_SELLER_MAX) return { status: 'too_many' };
  const values = newWebhookRow(webhook, start);
  const { insertId } = await transaction.insertInto('webhook').values(values).executeTakeFirstOrThrow();
  const id = Number(insertId);
  if (keyed !== undefined) await takeKey(transaction, keyed, id);
  await insertAuditEntry(transaction, entry(id));
  return { status: 'created', webhook: webhookOf({ ...values, id }) };
}

export async function rotateSecret(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  { id, sellerId, secret, previousUntilMs }: SecretRotation,
  entry: AuditEntry,
  keyed: KeyedRequest | undefined,
): Promise<RotateSecretReply> {
  const row = await transaction
    .selectFrom('webhook')
    .selectAll()
    .where('id', '=', id)
    .where('seller_id', '=', sellerId)
    .modifyEnd(flavour.lockExclusive)
    .executeTakeFirst();
  if (row === undefined) return { status: 'unknown' };
  const known = keyed && (await findKey(transaction, keyed));
  if (known === 'reused') return { status: 'key_reused' };
  if (known !== undefined) return { status: 'repeated', webhook: webhookOf(row) };
  const secrets = rotatedSecrets(row.secret, secret, previousUntilMs);
  await transaction.updateTable('webhook').set({ secret: secrets }).where('id', '=', id).execute();
  if (keyed !== undefined) await takeKey(transaction, keyed, id);
  await insertAuditEntry(transaction, entry);
  return { status: 'rotated', webhook: webhookOf({ ...row, secret: secrets }) };
}

/** The latest are kept. */
export async function insertDelivery(
  transaction: Transaction<Database>,
  webhookId: number,
  delivery: Delivery,
): Promise<void> {
  const { insertId } = await transaction
    .insertInto('webhook_delivery')
    .values(deliveryRow(webhookId, delivery))
    .executeTakeFirstOrThrow();
  const id = Number(insertId);
  // Now and then is enough.
  if (id % DELIVERIES_KEPT !== 0) return;
  const oldest = await transaction
    .selectFrom('webhook_delivery')
    .select('id')
    .where('webhook_id', '=', webhookId)
    .orderBy('id', 'desc')
    .offset(DELIVERIES_KEPT)
    .limit(1)
    .executeTakeFirst();
  if (oldest === undefined) return;
  await transaction
    .deleteFrom('webhook_delivery')
    .where('webhook_id', '=', webhookId)
    .where('id', '<=', oldest.id)
    .execute();
}
