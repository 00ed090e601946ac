/**
 * Reads which coupons require presence, on MySQL, MariaDB and SQLite.
 *
 * The catalogue writes the demands; API processes follow them here.
 */
import type { Kysely } from 'kysely';
import { parseCouponId } from '../../engine/domain/coupon.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import type { DemandChange, PresenceDemandStore } from '../../accounts/presence-demands.js';
import { PRESENCE_CHANGES, settledRevision } from './change-counter.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

export class SqlPresenceDemands implements PresenceDemandStore {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  /**
   * A coupon with a demand takes its revision before its id, and holds it until its commit. So whatever has an id up to the highest that is
   * seen here has either been committed or still holds the counter, and the second question waits for that.
   */
  async settled(): Promise<{ readonly couponId: number; readonly revision: number }> {
    return reading(async () => {
      const { highest } = await this.#db
        .selectFrom('coupon')
        // There is none without any coupon.
        .select((table) => table.fn.max<number | null>('id').as('highest'))
        .executeTakeFirstOrThrow();
      const revision = await settledRevision(this.#db, this.#flavour, PRESENCE_CHANGES);
      return { couponId: highest ?? 0, revision };
    });
  }

  async changesAfter(revision: number, limit: number): Promise<DemandChange[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('coupon')
        .select(['id', 'presence_required', 'presence_revision'])
        .where('presence_revision', '>', revision)
        .orderBy('presence_revision')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => {
      const couponId = parseCouponId(String(row.id));
      if (couponId === undefined) {
        throw new StoreCorruptError('The database numbered a coupon outside the range of ids.');
      }
      return { couponId, required: row.presence_required !== 0, revision: row.presence_revision };
    });
  }
}
