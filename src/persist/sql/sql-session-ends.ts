/** Implements ends of sessions on MySQL, MariaDB and SQLite. */
import type { Kysely, Transaction } from 'kysely';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { SessionEnd, SessionEndStore } from '../../accounts/session-ends.js';
import { nextRevision, SESSION_ENDS } from './change-counter.js';
import type { ChangeHead } from '../../accounts/change-history.js';
import type { ChangeHeads } from './change-heads.js';
import type { Database } from './schema.js';
import { reading } from './transaction.js';

export class SqlSessionEnds implements SessionEndStore {
  readonly #db: Kysely<Database>;
  readonly #heads: ChangeHeads;

  constructor(db: Kysely<Database>, heads: ChangeHeads) {
    this.#db = db;
    this.#heads = heads;
  }

  head(): Promise<ChangeHead> {
    return this.#heads.of(SESSION_ENDS);
  }

  async endsAfter(revision: number, sinceMs: number, limit: number): Promise<SessionEnd[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('session_end')
        .selectAll()
        .where('revision', '>', revision)
        .where('ended_at', '>', sinceMs)
        .orderBy('revision')
        .limit(limit)
        .execute(),
    );
    return rows.map(({ ended_at, ...end }) => ({ ...end, endedAtMs: ended_at }));
  }
}

/** 0 for an account whose sessions never ended early. */
export async function generationOf(db: Kysely<Database>, accountId: MemberId): Promise<number> {
  const row = await db
    .selectFrom('session_end')
    .select('generation')
    .where('subject', '=', accountId)
    .executeTakeFirst();
  return row?.generation ?? 0;
}

/**
 * Ends every session of an account. First in its transaction: the counter is locked until the commit.
 *
 * @param next the generation of the sessions that are valid then; left out, the next one.
 * @returns that generation.
 */
export async function endSessions(
  transaction: Transaction<Database>,
  accountId: MemberId,
  atMs: number,
  next?: number,
): Promise<number> {
  const revision = await nextRevision(transaction, SESSION_ENDS);
  const last = await transaction
    .selectFrom('session_end')
    .select('generation')
    .where('subject', '=', accountId)
    .executeTakeFirst();
  const generation = next ?? (last?.generation ?? 0) + 1;
  const state = { generation, ended_at: atMs, revision };
  if (last === undefined) {
    await transaction
      .insertInto('session_end')
      .values({ subject: accountId, ...state })
      .execute();
  } else {
    await transaction.updateTable('session_end').set(state).where('subject', '=', accountId).execute();
  }
  return generation;
}
