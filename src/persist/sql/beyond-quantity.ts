/**
 * Takes rows beyond the quantity of their coupon out again, within the transaction that inserted them.
 *
 * The last guard: the admission store decides, and should it ever issue too many (it lost something that no check noticed), the table
 * stays correct and an alert fires (docs/adr/0051). The usual batch is not counted: numbers are unique, so where no row has a number
 * above the quantity there are no more rows than that, and neither are there where the highest number is at most the quantity and the
 * revoked numbers together. Only then rows are counted, under an exclusive lock of the coupon: each transaction that inserts holds that
 * lock shared until it ends. So those before the count are counted, and those after it find the highest number of a row raised.
 */
import { sql, type Transaction } from 'kysely';
import { chunksOf } from '../../engine/domain/chunks.js';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import { bury } from './dead-letter.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';

/** Values in one IN list. */
const LIST_MAX = 1_000;

/**
 * @param highest the highest number of a row, those just inserted included; above the quantity.
 * @returns how many of what was just inserted went to the dead letters: the highest numbers.
 */
export async function buryBeyondQuantity(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  { couponId, highest }: { readonly couponId: CouponId; readonly highest: number },
  inserted: readonly Issuance[],
  quantity: number,
): Promise<number> {
  if (highest - (await revokedUpTo(transaction, couponId, highest)) <= quantity) return 0;
  // Two that ask for it hold it shared already: one of them is undone as a deadlock, and tried again.
  await transaction
    .selectFrom('coupon')
    .select('id')
    .where('id', '=', couponId)
    .modifyEnd(flavour.lockExclusive)
    .execute();
  const rows = await transaction
    .selectFrom('member_coupon')
    .select(sql<number>`count(*)`.as('count'))
    .where('coupon_id', '=', couponId)
    .executeTakeFirstOrThrow();
  const surplus = Math.min(rows.count - quantity, inserted.length);
  if (surplus <= 0) return 0;
  const beyond = [...inserted].sort((one, other) => other.issueNo - one.issueNo).slice(0, surplus);
  const numbers = beyond.map(({ issueNo }) => issueNo);
  for (const some of chunksOf(numbers, LIST_MAX)) {
    await transaction
      .deleteFrom('member_coupon')
      .where('coupon_id', '=', couponId)
      .where('issue_no', 'in', some)
      .execute();
  }
  const reason = `the coupon has its ${quantity} rows already`;
  await bury(
    transaction,
    couponId,
    beyond.map((issuance) => ({ issuance, reason })),
  );
  return surplus;
}

/** How many numbers up to this one are revoked. */
export async function revokedUpTo(
  transaction: Transaction<Database>,
  couponId: CouponId,
  issueNo: number,
): Promise<number> {
  const { count } = await transaction
    .selectFrom('revocation')
    .select(sql<number>`count(*)`.as('count'))
    .where('coupon_id', '=', couponId)
    .where('issue_no', '<=', issueNo)
    .executeTakeFirstOrThrow();
  return count;
}
