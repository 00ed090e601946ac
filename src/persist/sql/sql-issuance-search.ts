/**
 * Finds issuances on MySQL, MariaDB and SQLite, one window of numbers after another.
 *
 * Only the primary key is there to search by: an index for filters would cost the recorder with every row. The window keeps a page that
 * finds little from reading a coupon of a million rows.
 */
import type { Kysely } from 'kysely';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { FoundRows, IssuanceQuery, IssuanceSearch } from '../../engine/ports/issuance-search.js';
import type { Database } from './schema.js';
import { ledgerRow, ledgerRows } from './sql-issuance-ledger.js';
import { reading } from './transaction.js';

const WINDOW_NUMBERS = 20_000;

export class SqlIssuanceSearch implements IssuanceSearch {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async search(
    couponId: CouponId,
    { descending, issuedFromMs, issuedBeforeMs, used }: IssuanceQuery,
    after: number,
    limit: number,
  ): Promise<FoundRows> {
    const first = await this.#numberAfter(couponId, descending, after);
    if (first === undefined) return { rows: [], next: undefined };
    const last = descending ? Math.max(1, first - WINDOW_NUMBERS + 1) : first + WINDOW_NUMBERS - 1;
    const found = await reading(() => {
      let query = ledgerRows(this.#db)
        .where('coupon_id', '=', couponId)
        .where('issue_no', '>=', Math.min(first, last))
        .where('issue_no', '<=', Math.max(first, last));
      if (issuedFromMs !== undefined) query = query.where('issued_at', '>=', issuedFromMs);
      if (issuedBeforeMs !== undefined) query = query.where('issued_at', '<', issuedBeforeMs);
      if (used !== undefined) query = query.where('used_at', used ? 'is not' : 'is', null);
      return query
        .orderBy('issue_no', descending ? 'desc' : 'asc')
        .limit(limit + 1)
        .execute();
    });
    const rows = found.slice(0, limit).map(ledgerRow);
    if (found.length > limit) return { rows, next: rows.at(-1)?.issueNo };
    const beyond = await this.#numberAfter(couponId, descending, last);
    return { rows, next: beyond === undefined ? undefined : last };
  }

  /** The next number with a row, whatever the filter. */
  async #numberAfter(couponId: CouponId, descending: boolean, after: number): Promise<number | undefined> {
    const row = await reading(() => {
      const rows = this.#db
        .selectFrom('member_coupon')
        .select('issue_no')
        .where('coupon_id', '=', couponId)
        .limit(1);
      if (!descending) return rows.where('issue_no', '>', after).orderBy('issue_no').executeTakeFirst();
      return rows
        .$if(after > 0, (query) => query.where('issue_no', '<', after))
        .orderBy('issue_no', 'desc')
        .executeTakeFirst();
    });
    return row?.issue_no;
  }
}
