/**
 * Assigns revisions to changes that processes follow by polling.
 *
 * A writer increments the counter first and locks its row until the commit. So revisions become visible in order, and a
 * reader of revision n has every change below n.
 *
 * Beside the revision the counter has random tokens of the latest changes, the newest first (`recent`, docs/adr/0102).
 */
import { randomBytes } from 'node:crypto';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { type ChangeHead, TOKEN_LENGTH, TOKENS_MAX } from '../../accounts/change-history.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';

/** Door rules of coupons. */
export const DOOR_CHANGES = 'coupon_door';

/** Keys of shops' backends. */
export const KEY_CHANGES = 'server_key';

/** Sessions of accounts that ended before their tokens expire. */
export const SESSION_ENDS = 'session_end';

/** Locks of subjects, which have a counter of their own: the row with this subject. */
export const LOCK_CHANGES = 'access_lock';
export const COUNTER_SUBJECT = '';

/** The highest id of a coupon. */
export const COUPONS = 'coupon';

/** Six bytes: by chance two are the same once in 2.8 × 10^14 comparisons. */
export const newToken = (): string => randomBytes(6).toString('base64url');

/** The column `recent` with the token of one more change. */
export function withNewToken(): RawBuilder<string> {
  return sql`substr(concat(${newToken()}, coalesce(recent, '')), 1, ${sql.lit(TOKEN_LENGTH * TOKENS_MAX)})`;
}

/** First in its transaction, before anything that is to be seen with it. */
export async function nextRevision(transaction: Transaction<Database>, name: string): Promise<number> {
  await transaction
    .updateTable('change_counter')
    .set((column) => ({ revision: column('revision', '+', 1), recent: withNewToken() }))
    .where('name', '=', name)
    .execute();
  const { revision } = await transaction
    .selectFrom('change_counter')
    .select('revision')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return revision;
}

/** The head when every change that had begun before this call has ended. */
export async function settledHead(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  name: string,
): Promise<ChangeHead> {
  const { revision, recent } = await db
    .selectFrom('change_counter')
    .select(['revision', 'recent'])
    .where('name', '=', name)
    .modifyEnd(flavour.lockShared)
    .executeTakeFirstOrThrow();
  return { revision, tokens: recent ?? '' };
}
