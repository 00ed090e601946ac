/**
 * Revisions for changes that processes follow by looking.
 *
 * Who changes something adds one to the counter first and holds its row until the commit: so revisions become visible in their order, and
 * who has read up to one has missed nothing below it.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';

/** Which coupons demand a proof of presence. */
export const PRESENCE_CHANGES = 'coupon_presence';

/** First in its transaction, before anything that is to be seen with it. */
export async function nextRevision(transaction: Transaction<Database>, name: string): Promise<number> {
  await transaction
    .updateTable('change_counter')
    .set((column) => ({ revision: column('revision', '+', 1) }))
    .where('name', '=', name)
    .execute();
  const { revision } = await transaction
    .selectFrom('change_counter')
    .select('revision')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return revision;
}

/** The revision when every change that had begun before this call has ended. */
export async function settledRevision(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  name: string,
): Promise<number> {
  const { revision } = await db
    .selectFrom('change_counter')
    .select('revision')
    .where('name', '=', name)
    .modifyEnd(flavour.lockShared)
    .executeTakeFirstOrThrow();
  return revision;
}
