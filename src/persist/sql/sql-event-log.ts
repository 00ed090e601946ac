/**
 * Implements {@link EventLog} on MySQL, MariaDB and SQLite.
 *
 * `event_feed` has one row per seller, which a writer locks until its commit. So places become visible in their order, and a reader of place n
 * has every place below n. Waiting events are found by having no place, never by a cursor over their ids, which commit out of order.
 */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import type { EventFields, EventKind } from '../../engine/domain/events.js';
import type {
  EventLog,
  FeedBounds,
  FeedEntry,
  FollowedCoupon,
  FollowedPage,
  Placement,
} from '../../engine/ports/event-log.js';
import { faultOf } from './error-classes.js';
import { TAKEN_BACK, takenBackEntry } from './event-outbox.js';
import { type HolderRow, withHolder } from './holder-columns.js';
import { removeOldEvents } from './remove-old-events.js';
import type { Database, EventCouponTable, EventOutboxTable } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading, writing } from './transaction.js';

/** A range of issuances; every other kind is {@link TAKEN_BACK} or an {@link EventKind}. */
const RANGE = 'issuances';

type NewEvent = Pick<EventOutboxTable, 'coupon_id' | 'kind' | 'issue_no' | 'first_no' | 'body'>;

export class SqlEventLog implements EventLog {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async followed(sellerId: string, beforeCouponId: number, limit: number): Promise<FollowedPage> {
    const rows = await reading(() =>
      this.#coupons(sellerId)
        .$if(beforeCouponId !== Infinity, (query) =>
          query.where('coupon.id', '<', beforeCouponId as CouponId),
        )
        .orderBy('coupon.id', 'desc')
        .limit(limit)
        .execute(),
    );
    const coupons = await this.#withAwaited(sellerId, rows);
    return { coupons, next: rows.length < limit ? undefined : coupons.at(-1)?.couponId };
  }

  async followedOf(sellerId: string, couponIds: readonly CouponId[]): Promise<FollowedCoupon[]> {
    const rows = await reading(() => this.#coupons(sellerId).where('coupon.id', 'in', couponIds).execute());
    return this.#withAwaited(sellerId, rows);
  }

  async awaited(sellerId: string): Promise<CouponId[]> {
    return [...(await this.#awaitedNumbers(sellerId)).keys()];
  }

  async place(
    sellerId: string,
    placements: readonly Placement[],
    atMs: number,
    limit: number,
  ): Promise<boolean> {
    if (placements.length === 0 && !(await this.#hasWaiting(sellerId))) return false;
    await this.#makeFeed(sellerId);
    return inTransaction(this.#db, async (transaction) => {
      const { seq } = await transaction
        .selectFrom('event_feed')
        .select('seq')
        .where('seller_id', '=', sellerId)
        .modifyEnd(this.#flavour.lockExclusive)
        .executeTakeFirstOrThrow();
      let last = seq;
      const events: NewEvent[] = [];
      for (const placement of placements) events.push(...(await placed(transaction, placement)));
      if (events.length > 0) {
        const rows = events.map((event) => ({ ...event, seller_id: sellerId, at: atMs, seq: ++last }));
        await transaction.insertInto('event_outbox').values(rows).execute();
      }
      const waiting = await this.#waiting(transaction, sellerId)
        .select('event_outbox.id as id')
        .orderBy('event_outbox.id')
        .limit(limit)
        .execute();
      if (waiting.length > 0) await placeWaiting(transaction, waiting, last, atMs);
      last += waiting.length;
      if (last !== seq) {
        await transaction
          .updateTable('event_feed')
          .set({ seq: last })
          .where('seller_id', '=', sellerId)
          .execute();
      }
      return waiting.length === limit;
    });
  }

  async entries(sellerId: string, afterSeq: number, limit: number): Promise<FeedEntry[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('event_outbox')
        .selectAll()
        .where('seller_id', '=', sellerId)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute(),
    );
    return rows.map(entryOf);
  }

  async bounds(sellerId: string): Promise<FeedBounds> {
    const row = await reading(() =>
      this.#db
        .selectFrom('event_feed')
        .select(['seq', 'removed_seq'])
        .where('seller_id', '=', sellerId)
        .executeTakeFirst(),
    );
    return { lastSeq: row?.seq ?? 0, removedSeq: row?.removed_seq ?? 0 };
  }

  async issuances(couponId: CouponId, afterNo: number, lastNo: number, limit: number): Promise<Issuance[]> {
    const of = (table: 'member_coupon' | 'revocation') =>
      sql<Omit<Issuance, 'holder'> & HolderRow>`
        select issue_no as issueNo, member_id as memberId, unit, issued_at as issuedAtMs from ${sql.table(table)}
        where coupon_id = ${couponId} and issue_no > ${afterNo} and issue_no <= ${lastNo} and issued_at is not null
        order by issue_no limit ${limit}`;
    // Rows first: one that is revoked between the two is found twice, and in the other order not at all.
    const rows = await reading(() => of('member_coupon').execute(this.#db));
    const revoked = await reading(() => of('revocation').execute(this.#db));
    if (revoked.rows.length === 0) return rows.rows.map(withHolder);
    const byNumber = new Map([...rows.rows, ...revoked.rows].map((row) => [row.issueNo, row]));
    return [...byNumber.values()]
      .sort((one, other) => one.issueNo - other.issueNo)
      .slice(0, limit)
      .map(withHolder);
  }

  async takenBack(
    couponId: CouponId,
    firstNo: number,
    afterNo: number,
    lastNo: number,
    limit: number,
  ): Promise<Issuance[]> {
    const { rows } = await reading(() =>
      sql<Omit<Issuance, 'holder'> & HolderRow>`
        select issue_no as issueNo, member_id as memberId, unit, issued_at as issuedAtMs from revocation
        where coupon_id = ${couponId} and issue_no > ${afterNo} and issue_no <= ${lastNo} and taken_from = ${firstNo}
        order by issue_no limit ${limit}`.execute(this.#db),
    );
    return rows.map(withHolder);
  }

  removeOld(beforeMs: number, limit: number): Promise<number> {
    return removeOldEvents(this.#db, this.#flavour, beforeMs, limit);
  }

  #coupons(sellerId: string) {
    return this.#db
      .selectFrom('coupon')
      .leftJoin('event_coupon', 'event_coupon.coupon_id', 'coupon.id')
      .select([
        'coupon.id as couponId',
        'coupon.closed as closedBySeller',
        'coupon.closes_at as closesAtMs',
        'event_coupon.placed_no as placedNo',
        'event_coupon.sold_out_no as soldOutNo',
        'event_coupon.closed as reportedClosed',
        sql<number | null>`(
          select issue_no from member_coupon where member_coupon.coupon_id = coupon.id order by issue_no desc limit 1
        )`.as('highestRowNo'),
      ])
      .where('coupon.seller_id', '=', sellerId)
      .$narrowType<{ couponId: CouponId }>();
  }

  async #withAwaited(
    sellerId: string,
    rows: readonly {
      readonly couponId: CouponId;
      readonly closedBySeller: number;
      readonly closesAtMs: number | null;
      readonly placedNo: number | null;
      readonly soldOutNo: number | null;
      readonly reportedClosed: number | null;
      readonly highestRowNo: number | null;
    }[],
  ): Promise<FollowedCoupon[]> {
    const awaited = await this.#awaitedNumbers(sellerId);
    return rows.map((row) => ({
      couponId: row.couponId,
      placedNo: row.placedNo ?? 0,
      highestRowNo: row.highestRowNo ?? 0,
      awaitedNo: awaited.get(row.couponId) ?? 0,
      soldOutNo: row.soldOutNo ?? 0,
      reportedClosed: row.reportedClosed === 1,
      closedBySeller: row.closedBySeller === 1,
      closesAtMs: row.closesAtMs ?? undefined,
    }));
  }

  /** The highest number above its coupon's placed ones that a waiting event is about. */
  async #awaitedNumbers(sellerId: string): Promise<Map<CouponId, number>> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('event_outbox')
        .leftJoin('event_coupon', 'event_coupon.coupon_id', 'event_outbox.coupon_id')
        .select(['event_outbox.coupon_id as couponId', sql<number>`max(event_outbox.issue_no)`.as('no')])
        .where('event_outbox.seller_id', '=', sellerId)
        .where('event_outbox.seq', 'is', null)
        .where(sql<boolean>`event_outbox.issue_no > coalesce(event_coupon.placed_no, 0)`)
        .groupBy('event_outbox.coupon_id')
        .$narrowType<{ couponId: CouponId }>()
        .execute(),
    );
    return new Map(rows.map(({ couponId, no }) => [couponId, no]));
  }

  /** Events without a place whose number has its own. */
  #waiting(db: Kysely<Database>, sellerId: string) {
    return db
      .selectFrom('event_outbox')
      .innerJoin('event_coupon', 'event_coupon.coupon_id', 'event_outbox.coupon_id')
      .where('event_outbox.seller_id', '=', sellerId)
      .where('event_outbox.seq', 'is', null)
      .where(sql<boolean>`event_outbox.issue_no <= event_coupon.placed_no`);
  }

  async #hasWaiting(sellerId: string): Promise<boolean> {
    const row = await reading(() =>
      this.#waiting(this.#db, sellerId).select('event_outbox.id as id').limit(1).executeTakeFirst(),
    );
    return row !== undefined;
  }

  async #makeFeed(sellerId: string): Promise<void> {
    const { lastSeq } = await this.bounds(sellerId);
    if (lastSeq > 0) return;
    try {
      await writing(() =>
        this.#db.insertInto('event_feed').values({ seller_id: sellerId, seq: 0, removed_seq: 0 }).execute(),
      );
    } catch (error) {
      if (faultOf(error) !== 'duplicate') throw error;
    }
  }
}

/** What one coupon adds, and its new state; nothing where another process was first. */
async function placed(transaction: Transaction<Database>, placement: Placement): Promise<NewEvent[]> {
  const { couponId, placedNo, settledNo, lastIssuedAtMs, soldOut, closed, reopened } = placement;
  const found = await transaction
    .selectFrom('event_coupon')
    .selectAll()
    .where('coupon_id', '=', couponId)
    .executeTakeFirst();
  const before = found ?? { coupon_id: couponId, placed_no: 0, sold_out_no: 0, closed: 0 };
  if (before.placed_no !== placedNo) return [];
  const events: NewEvent[] = [];
  const add = (
    kind: string,
    fields: object,
    numbers?: { readonly first: number; readonly last: number },
  ): void => {
    const [first_no, issue_no] = [numbers?.first ?? null, numbers?.last ?? null];
    events.push({ coupon_id: couponId, kind, first_no, issue_no, body: JSON.stringify(fields) });
  };
  if (settledNo > placedNo) {
    add(RANGE, { issuedAtMs: lastIssuedAtMs ?? null }, { first: placedNo + 1, last: settledNo });
  }
  const after: Selectable<EventCouponTable> = { ...before, placed_no: settledNo };
  if (soldOut !== undefined && settledNo > before.sold_out_no) {
    add('coupon.sold_out', soldOut);
    after.sold_out_no = settledNo;
  }
  if (closed !== undefined && before.closed === 0) add('coupon.closed', closed);
  if (closed !== undefined || reopened) after.closed = reopened ? 0 : 1;
  if (found === undefined) await transaction.insertInto('event_coupon').values(after).execute();
  else await transaction.updateTable('event_coupon').set(after).where('coupon_id', '=', couponId).execute();
  return events;
}

/** One statement: a writer holds the seller's feed meanwhile. */
async function placeWaiting(
  transaction: Transaction<Database>,
  waiting: readonly { readonly id: number }[],
  lastSeq: number,
  atMs: number,
): Promise<void> {
  const ids = waiting.map(({ id }) => id);
  const places = ids.map((id, place) => sql`when ${id} then ${lastSeq + 1 + place}`);
  await sql`
    update event_outbox set at = ${atMs}, seq = case id ${sql.join(places, sql` `)} end
    where id in (${sql.join(ids)})`.execute(transaction);
}

function entryOf(row: Selectable<EventOutboxTable>): FeedEntry {
  if (row.kind === TAKEN_BACK) return takenBackEntry(row);
  // Written by this folder alone, from these types.
  const body = JSON.parse(row.body) as EventFields;
  const seq = row.seq ?? 0;
  const couponId = row.coupon_id as CouponId;
  if (row.kind !== RANGE) {
    const kind = row.kind as Exclude<EventKind, 'issuance.recorded'>;
    return { kind, seq, couponId, id: row.id, fields: body };
  }
  const { issuedAtMs } = body as { readonly issuedAtMs: number | null };
  const lastNo = row.issue_no ?? 0;
  return {
    ...{ kind: 'issuances', seq, couponId, firstNo: row.first_no ?? lastNo, lastNo },
    lastIssuedAtMs: issuedAtMs ?? undefined,
  };
}
