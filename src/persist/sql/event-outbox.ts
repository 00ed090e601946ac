/** Writes events in the transaction of what they report. They wait there without a place (sql-event-log.ts). */
import type { Transaction } from 'kysely';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import type { EventFields, EventKind } from '../../engine/domain/events.js';
import { holderFields } from '../../engine/domain/holder.js';
import { insertRows } from './insert-rows.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';

export interface OutboxEvent {
  readonly sellerId: string;
  readonly couponId: CouponId;
  readonly kind: Exclude<EventKind, 'issuance.recorded'>;
  /** The number it is about. Call in the transaction that has locked the row of this number: ids then ascend as things happened. */
  readonly issueNo: number;
  readonly fields: EventFields;
  readonly atMs: number;
}

export async function insertEvent(transaction: Transaction<Database>, event: OutboxEvent): Promise<void> {
  await transaction
    .insertInto('event_outbox')
    .values({
      seller_id: event.sellerId,
      coupon_id: event.couponId,
      kind: event.kind,
      issue_no: event.issueNo,
      body: JSON.stringify(event.fields),
      at: event.atMs,
    })
    .execute();
}

/** The same for many, in one statement. */
export async function insertEvents(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  events: readonly OutboxEvent[],
): Promise<void> {
  await insertRows(
    transaction,
    flavour,
    'event_outbox',
    ['seller_id', 'coupon_id', 'kind', 'issue_no', 'body', 'at'],
    events.map((event) => [
      ...[event.sellerId, event.couponId, event.kind, event.issueNo],
      ...[JSON.stringify(event.fields), event.atMs],
    ]),
  );
}

/** A coupon that is not in the catalogue has no seller, and no event. */
export async function insertRevokedEvent(
  transaction: Transaction<Database>,
  {
    couponId,
    issueNo,
    holder,
    atMs,
  }: Pick<OutboxEvent, 'couponId' | 'issueNo' | 'atMs'> & { readonly holder: HolderId },
): Promise<void> {
  const coupon = await transaction
    .selectFrom('coupon')
    .select('seller_id')
    .where('id', '=', couponId)
    .executeTakeFirst();
  if (coupon === undefined) return;
  const revokedAt = new Date(atMs).toISOString();
  await insertEvent(transaction, {
    ...{ sellerId: coupon.seller_id, couponId, kind: 'issuance.revoked', issueNo, atMs },
    fields: { issueNo, ...holderFields(holder), revokedAt },
  });
}
