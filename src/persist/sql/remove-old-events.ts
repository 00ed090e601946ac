/** Removes old events, those that a seller's feed has and those that no follower ever asked for. */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading } from './transaction.js';

/** See {@link EventLog.removeOld}. */
export async function removeOldEvents(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  beforeMs: number,
  limit: number,
): Promise<number> {
  const old = await reading(() =>
    db
      .selectFrom('event_outbox')
      .leftJoin(heldBack(db, beforeMs).as('held'), 'held.sellerId', 'event_outbox.seller_id')
      .select(['event_outbox.id', 'event_outbox.seller_id as sellerId', 'event_outbox.seq'])
      .where('event_outbox.at', '<', beforeMs)
      .where((row) =>
        row.or([row('held.seq', 'is', null), row('event_outbox.seq', '<=', row.ref('held.seq'))]),
      )
      .orderBy('event_outbox.at')
      .limit(limit)
      .execute(),
  );
  const unplaced = new Map<string, number[]>();
  const highest = new Map<string, number>();
  for (const { id, sellerId, seq } of old) {
    if (seq === null) unplaced.set(sellerId, (unplaced.get(sellerId) ?? []).concat(id));
    else highest.set(sellerId, Math.max(seq, highest.get(sellerId) ?? 0));
  }
  for (const [sellerId, ids] of unplaced) await removeUnplaced(db, flavour, sellerId, ids);
  for (const [sellerId, seq] of highest) await removeUpTo(db, sellerId, seq, beforeMs);
  return old.length;
}

/** A follower that comes back must not pass over them, so one place is given to all of them and marked as removed. */
function removeUnplaced(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  sellerId: string,
  ids: readonly number[],
): Promise<void> {
  return inTransaction(db, async (transaction) => {
    const feed = await transaction
      .selectFrom('event_feed')
      .select('seq')
      .where('seller_id', '=', sellerId)
      .modifyEnd(flavour.lockExclusive)
      .executeTakeFirst();
    const { numDeletedRows } = await transaction
      .deleteFrom('event_outbox')
      .where('id', 'in', ids)
      .where('seq', 'is', null)
      .executeTakeFirstOrThrow();
    if (feed === undefined || numDeletedRows === 0n) return;
    const seq = feed.seq + 1;
    await transaction
      .updateTable('event_feed')
      .set({ seq, removed_seq: seq })
      .where('seller_id', '=', sellerId)
      .execute();
  });
}

/** Places are given in the order of time, so everything up to an old one is old. */
function removeUpTo(db: Kysely<Database>, sellerId: string, seq: number, beforeMs: number): Promise<void> {
  return inTransaction(db, async (transaction) => {
    const held = await heldBack(transaction, beforeMs).where('seller_id', '=', sellerId).executeTakeFirst();
    const upTo = Math.min(seq, held?.seq ?? Infinity);
    await transaction
      .updateTable('event_feed')
      .set({ removed_seq: upTo })
      .where('seller_id', '=', sellerId)
      .where('removed_seq', '<', upTo)
      .execute();
    await transaction
      .deleteFrom('event_outbox')
      .where('seller_id', '=', sellerId)
      .where('seq', '<=', upTo)
      .execute();
  });
}

/** Up to where the webhooks of each seller have delivered. One that was disabled long ago holds nothing back. */
function heldBack(db: Kysely<Database>, beforeMs: number) {
  return db
    .selectFrom('webhook')
    .where((row) => row.or([row('state', '=', 'enabled'), row('failing_since', '>=', beforeMs)]))
    .select([
      'seller_id as sellerId',
      sql<number>`min(case when position_no is null then position_seq else position_seq - 1 end)`.as('seq'),
    ])
    .groupBy('seller_id');
}
