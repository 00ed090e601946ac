/**
 * Finds out for all followers of changes in one query whether there is anything to read.
 *
 * Five things are followed twice a second by every API process. Each asked for its own rows, which was most of what an
 * idle process did.
 */
import { type Kysely, sql } from 'kysely';
import type { ChangeHead } from '../../accounts/change-history.js';
import { COUNTER_SUBJECT, COUPONS, LOCK_CHANGES } from './change-counter.js';
import type { Database } from './schema.js';
import { reading } from './transaction.js';

/** The last change of each kind, as seen by one query. */
export type Heads = ReadonlyMap<string, ChangeHead>;

export class ChangeHeads {
  readonly #db: Kysely<Database>;
  #next: Promise<Heads> | undefined;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /**
   * Read after this call; all who call in the same turn share the query.
   *
   * @throws StoreUnavailableError
   */
  read(): Promise<Heads> {
    return (this.#next ??= Promise.resolve().then(() => {
      this.#next = undefined;
      return this.#query();
    }));
  }

  /** @throws StoreUnavailableError */
  async of(name: string): Promise<ChangeHead> {
    return (await this.read()).get(name) ?? { revision: 0, tokens: '' };
  }

  async #query(): Promise<Heads> {
    const { rows } = await reading(() =>
      sql<{ name: string; revision: number | null; recent: string | null }>`
        select name, revision, recent from change_counter
        union all select ${LOCK_CHANGES}, revision, recent from access_lock where subject = ${COUNTER_SUBJECT}
        union all select ${COUPONS}, max(id), null from coupon
      `.execute(this.#db),
    );
    return new Map(
      rows.map(({ name, revision, recent }) => [name, { revision: revision ?? 0, tokens: recent ?? '' }]),
    );
  }
}
