/**
 * Reads the door rules of coupons, on MySQL, MariaDB and SQLite.
 *
 * The catalogue writes the rules; API processes follow them here.
 */
import type { Kysely } from 'kysely';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { DoorRule } from '../../engine/domain/door-rule.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import type { DoorRuleChange, DoorRuleStore } from '../../accounts/door-rules.js';
import { DOOR_CHANGES, settledRevision } from './change-counter.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

export class SqlDoorRules implements DoorRuleStore {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  /**
   * A coupon with a rule takes its revision before its id, and holds it until its commit. So whatever has an id up to the highest that is
   * seen here has either been committed or still holds the counter, and the second question waits for that.
   */
  async settled(): Promise<{ readonly couponId: number; readonly revision: number }> {
    return reading(async () => {
      const { highest } = await this.#db
        .selectFrom('coupon')
        // There is none without any coupon.
        .select((table) => table.fn.max<number | null>('id').as('highest'))
        .executeTakeFirstOrThrow();
      const revision = await settledRevision(this.#db, this.#flavour, DOOR_CHANGES);
      return { couponId: highest ?? 0, revision };
    });
  }

  async changesAfter(revision: number, limit: number): Promise<DoorRuleChange[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('coupon')
        .select(['id', 'door', 'door_revision'])
        .where('door_revision', '>', revision)
        .orderBy('door_revision')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => {
      const couponId = parseCouponId(String(row.id));
      if (couponId === undefined) {
        throw new StoreCorruptError('The database numbered a coupon outside the range of ids.');
      }
      return { couponId, rule: doorRuleOf(row.door), revision: row.door_revision };
    });
  }
}

/** Written by {@link doorText} alone. */
export function doorRuleOf(door: string | null): DoorRule | undefined {
  return door === null ? undefined : (JSON.parse(door) as DoorRule);
}

/** The rule as the column `door` holds it. */
export function doorText(rule: DoorRule | undefined): string | null {
  return rule === undefined ? null : JSON.stringify(rule);
}
