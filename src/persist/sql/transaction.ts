/** Runs reads, single writes and transactions, and maps errors of the drivers to store errors. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { faultOf, storeFault } from './error-classes.js';
import type { Database } from './schema.js';

/** Deadlocks and lock waits in a row before a transaction is given up. */
const ATTEMPTS_MAX = 10;
const FIRST_PAUSE_MS = 4;
const PAUSE_LIMIT_MS = 250;

/** @throws StoreUnavailableError: nothing changed, since it only reads. */
export async function reading<T>(query: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await query();
    } catch (error) {
      const fault = faultOf(error);
      if (fault !== 'retry' || attempt === ATTEMPTS_MAX) throw storeFault(error, fault, 'reading');
      await pause(attempt);
    }
  }
}

/**
 * One statement that commits implicitly.
 *
 * @throws StoreUnavailableError | StoreOutcomeUnknownError; the driver's own error on a duplicate key or a value the
 *   schema refuses.
 */
export async function writing<T>(statement: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await statement();
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'duplicate' || fault === 'poison') throw error;
      if (fault !== 'retry' || attempt === ATTEMPTS_MAX) throw storeFault(error, fault, 'writing');
      await pause(attempt);
    }
  }
}

/**
 * Runs `body` in one transaction, again from its beginning after a deadlock or a lock wait; so `body` must keep its
 * results to itself.
 *
 * @throws like {@link writing}; StoreOutcomeUnknownError only when the connection was lost during COMMIT: the server
 *   rolls back a transaction without a COMMIT.
 */
export async function inTransaction<T>(
  db: Kysely<Database>,
  body: (transaction: Transaction<Database>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const progress = { committing: false };
    let bodyError: unknown;
    try {
      return await db.transaction().execute(async (transaction) => {
        try {
          const result = await body(transaction);
          progress.committing = true;
          return result;
        } catch (error) {
          bodyError = error;
          throw error;
        }
      });
    } catch (thrown) {
      // On a dead connection the rollback fails as well, and its error would hide the one that matters.
      const error = bodyError ?? thrown;
      if (error instanceof RolledBack) throw error;
      const fault = faultOf(error);
      if (fault === 'duplicate' || fault === 'poison') throw error;
      if (fault !== 'retry' || attempt === ATTEMPTS_MAX) {
        throw storeFault(error, fault, progress.committing ? 'committing' : 'reading');
      }
      await pause(attempt);
    }
  }
}

/** Thrown by a body to roll its transaction back and return a value. Never leaves this folder. */
export class RolledBack<Answer = unknown> extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('rolled back deliberately');
    this.answer = answer;
  }
}

/** Two transactions that collided once must not collide again in step: the jitter is as large as the pause. */
async function pause(attempt: number): Promise<void> {
  const longest = Math.min(PAUSE_LIMIT_MS, FIRST_PAUSE_MS * 2 ** attempt);
  await delay(longest * Math.random());
}
