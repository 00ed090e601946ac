/** Writes events in the transaction of what they report. They wait there without a place (sql-event-log.ts). */
import type { Selectable, Transaction } from 'kysely';
import type { CouponId, HolderId } from '../../engine/domain/coupon.js';
import type { EventFields, EventKind } from '../../engine/domain/events.js';
import { holderFields } from '../../engine/domain/holder.js';
import type { FeedEntry } from '../../engine/ports/event-log.js';
import type { TakeBackReason } from '../../engine/ports/hold-ledger.js';
import type { Database, EventOutboxTable } from './schema.js';

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

/** Kind of a row that reports all numbers of one take-back, whose events are their revocations: an event for each took 30 µs of 68. */
export const TAKEN_BACK = 'taken_back';

type TakenBackEntry = Extract<FeedEntry, { readonly kind: typeof TAKEN_BACK }>;

interface TakenBackBody {
  readonly reason: TakeBackReason;
  readonly holdMs: number;
  readonly takenAtMs: number;
}

export async function insertTakenBack(
  transaction: Transaction<Database>,
  sellerId: string,
  { couponId, firstNo, lastNo, reason, holdMs, takenAtMs }: Omit<TakenBackEntry, 'kind' | 'id' | 'seq'>,
): Promise<void> {
  const body: TakenBackBody = { reason, holdMs, takenAtMs };
  await transaction
    .insertInto('event_outbox')
    .values({
      ...{ seller_id: sellerId, coupon_id: couponId, kind: TAKEN_BACK, first_no: firstNo, issue_no: lastNo },
      ...{ body: JSON.stringify(body), at: takenAtMs },
    })
    .execute();
}

export function takenBackEntry(row: Selectable<EventOutboxTable>): TakenBackEntry {
  const body = JSON.parse(row.body) as TakenBackBody;
  const { id, first_no, issue_no, seq } = row;
  const numbers = { firstNo: first_no ?? 0, lastNo: issue_no ?? 0 };
  return { kind: TAKEN_BACK, id, seq: seq ?? 0, couponId: row.coupon_id as CouponId, ...numbers, ...body };
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
