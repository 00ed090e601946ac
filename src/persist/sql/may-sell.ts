/** Checks that a seller may still sell, in a transaction that creates what acts for the seller. */
import type { Kysely, RawBuilder } from 'kysely';
import { accountRowOf } from '../../accounts/account-id.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { Database } from './schema.js';

/**
 * False: the account was removed, or no longer belongs to a seller, and the token of the caller is from before. Sellers of an identity provider
 * have no account.
 *
 * @param lock holds the account until the transaction ends, so that its role cannot change meanwhile.
 */
export async function maySell(
  db: Kysely<Database>,
  sellerId: MemberId,
  lock?: RawBuilder<unknown>,
): Promise<boolean> {
  const id = accountRowOf(sellerId);
  if (id === undefined) return true;
  const account = db.selectFrom('account').select('role').where('id', '=', id);
  const row = await (lock === undefined ? account : account.modifyEnd(lock)).executeTakeFirst();
  return row?.role === 'seller';
}
