/**
 * Implements locks of subjects on MySQL, MariaDB and SQLite.
 *
 * The row without a subject counts the changes. A change increments this counter first and locks it until its commit.
 * So revisions become visible in order, and a reader of revision n has every change below n.
 */
import type { Kysely } from 'kysely';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { LOCKED_SUBJECTS_MAX } from '../../accounts/access-locks.js';
import type { AccessLockStore, LockChange } from '../../accounts/access-locks.js';
import { COUNTER_SUBJECT, LOCK_CHANGES, withNewToken } from './change-counter.js';
import type { ChangeHead } from '../../accounts/change-history.js';
import type { ChangeHeads } from './change-heads.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { inTransaction, reading, RolledBack } from './transaction.js';

export class SqlAccessLocks implements AccessLockStore {
  readonly #db: Kysely<Database>;
  readonly #heads: ChangeHeads;

  constructor(db: Kysely<Database>, heads: ChangeHeads) {
    this.#db = db;
    this.#heads = heads;
  }

  async set(
    subject: MemberId,
    locked: boolean,
    entry: AuditEntry,
  ): Promise<'changed' | 'unchanged' | 'too_many'> {
    try {
      return await inTransaction(this.#db, async (transaction) => {
        await transaction
          .updateTable('access_lock')
          .set((column) => ({ revision: column('revision', '+', 1), recent: withNewToken() }))
          .where('subject', '=', COUNTER_SUBJECT)
          .execute();
        const { revision } = await transaction
          .selectFrom('access_lock')
          .select('revision')
          .where('subject', '=', COUNTER_SUBJECT)
          .executeTakeFirstOrThrow();
        const row = await transaction
          .selectFrom('access_lock')
          .select('locked')
          .where('subject', '=', subject)
          .executeTakeFirst();
        const flag = locked ? 1 : 0;
        if ((row?.locked ?? 0) === flag) throw new RolledBack('unchanged' as const);
        if (locked && (await countLocked(transaction)) >= LOCKED_SUBJECTS_MAX) {
          throw new RolledBack('too_many' as const);
        }
        const state = { locked: flag, revision, changed_at: entry.atMs };
        if (row === undefined) {
          await transaction
            .insertInto('access_lock')
            .values({ subject, ...state })
            .execute();
        } else {
          await transaction.updateTable('access_lock').set(state).where('subject', '=', subject).execute();
        }
        await insertAuditEntry(transaction, entry);
        return 'changed' as const;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.answer as 'unchanged' | 'too_many';
      throw error;
    }
  }

  async isLocked(subject: MemberId): Promise<boolean> {
    const row = await reading(() =>
      this.#db.selectFrom('access_lock').select('locked').where('subject', '=', subject).executeTakeFirst(),
    );
    return row?.locked === 1;
  }

  head(): Promise<ChangeHead> {
    return this.#heads.of(LOCK_CHANGES);
  }

  async changesAfter(revision: number, limit: number): Promise<LockChange[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('access_lock')
        .select(['subject', 'locked', 'revision'])
        .where('revision', '>', revision)
        .where('subject', '!=', COUNTER_SUBJECT)
        .orderBy('revision')
        .limit(limit)
        .$narrowType<{ subject: MemberId }>()
        .execute(),
    );
    return rows.map((row) => ({ ...row, locked: row.locked === 1 }));
  }
}

async function countLocked(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('access_lock')
    .select((table) => table.fn.countAll<number>().as('count'))
    .where('locked', '=', 1)
    .executeTakeFirstOrThrow();
  return count;
}
