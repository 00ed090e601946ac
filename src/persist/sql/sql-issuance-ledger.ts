/** Implements the ledger on MySQL, MariaDB and SQLite. */
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { CouponId, HolderId, MemberId } from '../../engine/domain/coupon.js';
import { holderOf } from '../../engine/domain/holder.js';
import type {
  ClaimedBatch,
  IssuanceLedger,
  LedgerCounts,
  LedgerRow,
  RecordResult,
} from '../../engine/ports/issuance-ledger.js';
import { holderColumns, type HolderRow, withHolder } from './holder-columns.js';
import { recordBatch } from './record-batch.js';
import { recordTogether } from './record-together.js';
import { revokeIssuance } from './revoke-issuance.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading, writing } from './transaction.js';

export class SqlIssuanceLedger implements IssuanceLedger {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  record(batch: ClaimedBatch): Promise<RecordResult> {
    return recordBatch(this.#db, this.#flavour, batch);
  }

  recordTogether(batches: readonly ClaimedBatch[]): ReturnType<IssuanceLedger['recordTogether']> {
    return recordTogether(this.#db, this.#flavour, batches);
  }

  revoke(
    couponId: CouponId,
    epoch: number,
    issueNo: number,
    holder: HolderId,
    atMs: number,
    audit?: AuditEntry,
  ): Promise<'revoked' | 'again' | 'used' | 'stale'> {
    return revokeIssuance(this.#db, this.#flavour, { couponId, epoch, issueNo, holder, atMs, audit });
  }

  async revokedHolder(couponId: CouponId, issueNo: number): Promise<HolderId | undefined> {
    const row = await reading(() =>
      this.#db
        .selectFrom('revocation')
        .select(['member_id as memberId', 'unit'])
        .where('coupon_id', '=', couponId)
        .where('issue_no', '=', issueNo)
        .$narrowType<{ memberId: MemberId }>()
        .executeTakeFirst(),
    );
    return row && holderOf(row.memberId, row.unit);
  }

  rowOf(couponId: CouponId, holder: HolderId): Promise<LedgerRow | undefined> {
    return this.#row((row) => row.and({ ...holderColumns(holder), coupon_id: couponId }));
  }

  rowAt(couponId: CouponId, issueNo: number): Promise<LedgerRow | undefined> {
    return this.#row((row) => row.and({ coupon_id: couponId, issue_no: issueNo }));
  }

  async #row(
    which: (row: ExpressionBuilder<Database, 'member_coupon'>) => ReturnType<typeof row.and>,
  ): Promise<LedgerRow | undefined> {
    const row = await reading(() => ledgerRows(this.#db).where(which).executeTakeFirst());
    return row === undefined ? undefined : ledgerRow(row);
  }

  async rows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<LedgerRow[]> {
    const rows = await reading(() =>
      ledgerRows(this.#db)
        .where('coupon_id', '=', couponId)
        .where('issue_no', '>', afterIssueNo)
        .orderBy('issue_no')
        .limit(limit)
        .execute(),
    );
    return rows.map(ledgerRow);
  }

  async rowsOfMember(couponId: CouponId, memberId: MemberId): Promise<LedgerRow[]> {
    const rows = await reading(() =>
      ledgerRows(this.#db)
        .where('member_id', '=', memberId)
        .where('coupon_id', '=', couponId)
        .orderBy('unit')
        .execute(),
    );
    return rows.map(ledgerRow);
  }

  async use(
    couponId: CouponId,
    holder: HolderId,
    atMs: number,
  ): Promise<LedgerRow | 'already_used' | 'absent'> {
    const update = await writing(() =>
      this.#db
        .updateTable('member_coupon')
        .set({ used_at: atMs })
        .where((row) => row.and({ ...holderColumns(holder), coupon_id: couponId }))
        .where('used_at', 'is', null)
        .executeTakeFirst(),
    );
    const row = await this.rowOf(couponId, holder);
    if (row === undefined) return 'absent';
    return update.numUpdatedRows === 1n ? row : 'already_used';
  }

  async counts(couponIds: readonly CouponId[]): Promise<LedgerCounts[]> {
    if (couponIds.length === 0) return [];
    const all = sql<number>`count(*)`;
    const rows = await reading(() =>
      this.#db
        .selectFrom('member_coupon')
        .select(['coupon_id as couponId', all.as('recorded')])
        .select((row) => [row.fn.count<number>('confirmed_at').as('confirmed')])
        .select((row) => [row.fn.count<number>('used_at').as('redeemed')])
        .where('coupon_id', 'in', couponIds)
        .groupBy('coupon_id')
        .execute(),
    );
    const letters = await reading(() =>
      this.#db
        .selectFrom('dead_letter')
        .select(['coupon_id as couponId', all.as('deadLettered')])
        .where('coupon_id', 'in', couponIds)
        .groupBy('coupon_id')
        .execute(),
    );
    const rowsOf = new Map(rows.map((row) => [row.couponId, row]));
    const lettersOf = new Map(letters.map((row) => [row.couponId, row.deadLettered]));
    return couponIds.map((couponId) => {
      const { recorded = 0, confirmed = 0, redeemed = 0 } = rowsOf.get(couponId) ?? {};
      return { recorded, confirmed, redeemed, deadLettered: lettersOf.get(couponId) ?? 0 };
    });
  }

  /** A walk to the end of the key of each table, for each coupon: a maximum in groups reads every row where SQLite is the database. */
  async highestIssueNos(couponIds: readonly CouponId[]): Promise<number[]> {
    if (couponIds.length === 0) return [];
    const highestIn = (table: 'member_coupon' | 'revocation' | 'dead_letter') =>
      this.#db
        .selectFrom(table)
        .select('issue_no')
        .where('coupon_id', '=', sql.ref<CouponId>('wanted.id'))
        .orderBy('issue_no', 'desc')
        .limit(1);
    const wanted = sql.join(
      couponIds.map((couponId) => sql`select ${couponId} as id`),
      sql` union all `,
    );
    const rows = await reading(() =>
      this.#db
        .selectFrom(sql<{ id: CouponId }>`(${wanted})`.as('wanted'))
        .select([
          'id',
          highestIn('member_coupon').as('recorded'),
          highestIn('revocation').as('revoked'),
          highestIn('dead_letter').as('deadLettered'),
        ])
        .execute(),
    );
    const highestOf = new Map(
      rows.map(({ id, recorded, revoked, deadLettered }) => [
        id,
        Math.max(recorded ?? 0, revoked ?? 0, deadLettered ?? 0),
      ]),
    );
    return couponIds.map((couponId) => highestOf.get(couponId) ?? 0);
  }
}

export function ledgerRows(db: Kysely<Database>) {
  return (
    db
      .selectFrom('member_coupon')
      .select([
        'coupon_id as couponId',
        'issue_no as issueNo',
        'member_id as memberId',
        'unit',
        'issued_at as issuedAtMs',
        'used_at as usedAtMs',
      ])
      // The schema lets nothing else in: ids are branded when they are parsed, before they come here.
      .$narrowType<{ couponId: CouponId; memberId: MemberId }>()
  );
}

export function ledgerRow(
  row: Omit<LedgerRow, 'usedAtMs' | 'holder'> & HolderRow & { readonly usedAtMs: number | null },
): LedgerRow {
  return { ...withHolder(row), usedAtMs: row.usedAtMs ?? undefined };
}
