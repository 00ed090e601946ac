/**
 * Finds out for all followers of changes in one query whether there is anything to read.
 *
 * Five things are followed twice a second by every API process. Each asked for its own rows, which was most of what an
 * idle process did.
 */
import { type Kysely, sql } from 'kysely';
import { COUNTER_SUBJECT, COUPONS, LOCK_CHANGES } from './change-counter.js';
import type { Database } from './schema.js';
import { reading } from './transaction.js';

/** The revision of the last change of each kind, as seen by one query. */
export type Heads = ReadonlyMap<string, number>;

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

  async #query(): Promise<Heads> {
    const { rows } = await reading(() =>
      sql<{ name: string; revision: number | null }>`
        select name, revision from change_counter
        union all select ${LOCK_CHANGES}, revision from access_lock where subject = ${COUNTER_SUBJECT}
        union all select ${COUPONS}, max(id) from coupon
      `.execute(this.#db),
    );
    return new Map(rows.map(({ name, revision }) => [name, revision ?? 0]));
  }
}

/** A table whose rows carry the revision of their last change: it is read only when its head has moved. */
export class FollowedTable {
  readonly #heads: ChangeHeads;
  readonly #name: string;
  /** With this head, there was nothing after this revision. */
  #read: { readonly head: number; readonly upTo: number } | undefined;

  constructor(heads: ChangeHeads, name: string) {
    this.#heads = heads;
    this.#name = name;
  }

  /**
   * @param read the rows after `revision`, ascending, at most `limit`.
   * @throws StoreUnavailableError and what `read` throws.
   */
  async after<Row extends { readonly revision: number }>(
    revision: number,
    limit: number,
    read: () => Promise<Row[]>,
  ): Promise<Row[]> {
    const head = (await this.#heads.read()).get(this.#name) ?? 0;
    if (this.#read?.head === head && this.#read.upTo === revision) return [];
    const rows = await read();
    if (rows.length < limit) this.#read = { head, upTo: rows.at(-1)?.revision ?? revision };
    return rows;
  }
}
