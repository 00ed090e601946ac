/**
 * Reads the door rules of coupons, on MySQL, MariaDB and SQLite.
 *
 * The catalogue writes the rules; API processes follow them here.
 */
import type { Kysely } from 'kysely';
import { parseCouponId } from '../../engine/domain/coupon.js';
import type { DoorRule } from '../../engine/domain/door-rule.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import type { DoorRuleChange, DoorRuleStore, DoorRulesHead } from '../../accounts/door-rules.js';
import { COUPONS, DOOR_CHANGES, settledHead } from './change-counter.js';
import type { ChangeHeads } from './change-heads.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

export class SqlDoorRules implements DoorRuleStore {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;
  readonly #heads: ChangeHeads;
  #settled: DoorRulesHead | undefined;

  constructor(db: Kysely<Database>, flavour: SqlFlavour, heads: ChangeHeads) {
    this.#db = db;
    this.#flavour = flavour;
    this.#heads = heads;
  }

  /**
   * A coupon with a rule takes its revision before its id, and holds it until its commit. So whatever has an id up to the highest that is
   * seen here has either been committed or still holds the counter, and the second question waits for that. With the same highest id and
   * the same head as then, the answer is the same.
   */
  async settled(): Promise<DoorRulesHead> {
    const heads = await this.#heads.read();
    const before = this.#settled;
    const door = heads.get(DOOR_CHANGES);
    const isSame =
      before?.couponId === heads.get(COUPONS)?.revision &&
      before?.revision === door?.revision &&
      before?.tokens === door?.tokens;
    return before !== undefined && isSame ? before : (this.#settled = await this.#settle());
  }

  #settle(): Promise<DoorRulesHead> {
    return reading(async () => {
      const { highest } = await this.#db
        .selectFrom('coupon')
        // There is none without any coupon.
        .select((table) => table.fn.max<number | null>('id').as('highest'))
        .executeTakeFirstOrThrow();
      const head = await settledHead(this.#db, this.#flavour, DOOR_CHANGES);
      return { couponId: highest ?? 0, ...head };
    });
  }

  async changesAfter(revision: number, limit: number): Promise<DoorRuleChange[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('coupon')
        .select(['id', 'door', 'door_revision as revision'])
        .where('door_revision', '>', revision)
        .orderBy('door_revision')
        .limit(limit)
        .execute(),
    );
    return rows.map((row) => {
      const couponId = parseCouponId(String(row.id));
      if (couponId === undefined) {
        throw new StoreCorruptError(`The database numbered a coupon ${row.id}, which is out of range.`);
      }
      return { couponId, rule: doorRuleOf(row.door), revision: row.revision };
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
