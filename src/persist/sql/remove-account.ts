/** Removes an account with everything that acts for it, in one transaction. */
import type { Kysely, Transaction } from 'kysely';
import { accountIdOf } from '../../accounts/account-id.js';
import type { RemovalResult } from '../../accounts/accounts.js';
import { NO_SESSION_VALID } from '../../accounts/session-ends.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import { KEY_CHANGES, nextRevision } from './change-counter.js';
import type { Database } from './schema.js';
import { insertAuditEntry } from './sql-audit-log.js';
import { endSessions } from './sql-session-ends.js';
import { inTransaction, RolledBack } from './transaction.js';

/**
 * Coupons and issuances stay as they are: they name the account by its id, which no longer belongs to a person. A row of
 * `session_end` stays as well, because the tokens of the account are valid for hours.
 */
export async function removeAccount(
  db: Kysely<Database>,
  id: number,
  entry: AuditEntry,
): Promise<RemovalResult> {
  const accountId = accountIdOf(id);
  try {
    return await inTransaction(db, async (transaction) => {
      await endSessions(transaction, accountId, entry.atMs, NO_SESSION_VALID);
      const { numDeletedRows } = await transaction
        .deleteFrom('account')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw new RolledBack('unknown' as const);
      if (await hasOpenCoupon(transaction, accountId, entry.atMs))
        throw new RolledBack('coupons_open' as const);
      await transaction.deleteFrom('password_reset').where('account_id', '=', id).execute();
      const ended = await endSelling(transaction, accountId, entry.atMs);
      await insertAuditEntry(transaction, { ...entry, detail: { ...entry.detail, ...ended } });
      return 'removed' as const;
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.answer as 'unknown' | 'coupons_open';
    throw error;
  }
}

async function hasOpenCoupon(
  transaction: Transaction<Database>,
  sellerId: MemberId,
  nowMs: number,
): Promise<boolean> {
  const open = await transaction
    .selectFrom('coupon')
    .select('id')
    .where('seller_id', '=', sellerId)
    .where('closed', '=', 0)
    .where((row) => row.or([row('closes_at', 'is', null), row('closes_at', '>', nowMs)]))
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}

/**
 * Revokes the server keys of a seller and removes its webhooks. In a transaction that has changed or deleted the row of the account: by
 * then a webhook that is being created is committed, and a later one is refused.
 *
 * @returns how many keys were valid, and how many webhooks there were.
 */
export async function endSelling(
  transaction: Transaction<Database>,
  sellerId: MemberId,
  atMs: number,
): Promise<{ readonly keys: number; readonly webhooks: number }> {
  const keys = await revokeKeys(transaction, sellerId, atMs);
  return { keys, webhooks: await removeWebhooks(transaction, sellerId) };
}

/**
 * Each under a revision of its own, because a page of changes may end between any two. The counter is taken before the
 * keys are read: a key that is being created is committed by then, and a later one is refused.
 */
async function revokeKeys(
  transaction: Transaction<Database>,
  sellerId: MemberId,
  atMs: number,
): Promise<number> {
  await nextRevision(transaction, KEY_CHANGES);
  const keys = await transaction
    .selectFrom('server_key')
    .select('id')
    .where('seller_id', '=', sellerId)
    .where('revoked_at', 'is', null)
    .execute();
  for (const { id } of keys) {
    const revision = await nextRevision(transaction, KEY_CHANGES);
    await transaction
      .updateTable('server_key')
      .set({ revoked_at: atMs, revision })
      .where('id', '=', id)
      .execute();
  }
  return keys.length;
}

async function removeWebhooks(transaction: Transaction<Database>, sellerId: MemberId): Promise<number> {
  const rows = await transaction
    .selectFrom('webhook')
    .select('id')
    .where('seller_id', '=', sellerId)
    .execute();
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await transaction.deleteFrom('webhook').where('id', 'in', ids).execute();
  await transaction.deleteFrom('webhook_replay').where('webhook_id', 'in', ids).execute();
  await transaction.deleteFrom('webhook_delivery').where('webhook_id', 'in', ids).execute();
  return ids.length;
}
