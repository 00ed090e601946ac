/**
 * Locks the coupon's epoch and its revocations until the transaction ends.
 *
 * One statement reads both, so the fence against batches claimed before a rebuild costs no round trip of its own. A
 * rebuild raises the epoch first and waits for this lock. So a batch of an earlier epoch is either committed before the
 * rebuild reads the rows, or refused.
 */
import { sql, type Transaction } from 'kysely';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { RolledBack } from './transaction.js';

/** Issuances of one coupon, and the epoch under which they were claimed. */
export interface ClaimedBatch {
  readonly couponId: CouponId;
  readonly epoch: number;
  readonly issuances: readonly Issuance[];
}

/** The batch was claimed before the coupon was rebuilt: its transaction is undone. */
export class StaleEpoch extends RolledBack<'stale'> {
  constructor() {
    super('stale');
  }
}

/**
 * Locks against changes of the epoch and of the revocations between the lowest and the highest number.
 *
 * @returns the revoked numbers in that range.
 * @throws StaleEpoch when the catalogue's epoch is above `epoch`. A coupon that is not in the catalogue has none.
 */
export async function lockEpochAndRevocations(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  couponId: CouponId,
  epoch: number,
  issuances: readonly Issuance[],
): Promise<Set<number>> {
  const { lowest, highest } = rangeOf(issuances);
  const { rows } = await sql<{ epoch: number | null; revokedNo: number | null }>`
    select coupon.epoch as epoch, revocation.issue_no as revokedNo
    from (select 1 as one) as ground
    left join coupon on coupon.id = ${couponId}
    left join revocation on revocation.coupon_id = ${couponId}
      and revocation.issue_no >= ${lowest} and revocation.issue_no <= ${highest}
    ${flavour.lockShared}`.execute(transaction);
  if ((rows[0]?.epoch ?? 0) > epoch) throw new StaleEpoch();
  return new Set(rows.flatMap(({ revokedNo }) => revokedNo ?? []));
}

/**
 * The same for batches of several coupons, in two statements however many they are. Only asks whether anything stands in their way.
 *
 * @returns false when a batch is of an earlier epoch, or holds a number that may be revoked.
 */
export async function lockEpochsAndRevocations(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  batches: readonly ClaimedBatch[],
): Promise<boolean> {
  const coupons = await transaction
    .selectFrom('coupon')
    .select(['id', 'epoch'])
    .where(
      'id',
      'in',
      batches.map(({ couponId }) => couponId),
    )
    .modifyEnd(flavour.lockShared)
    .execute();
  const epochs = new Map(coupons.map(({ id, epoch }) => [id, epoch]));
  if (batches.some(({ couponId, epoch }) => (epochs.get(couponId) ?? 0) > epoch)) return false;
  const revoked = await transaction
    .selectFrom('revocation')
    .select('issue_no')
    .where((row) =>
      row.or(
        batches.map(({ couponId, issuances }) => {
          const { lowest, highest } = rangeOf(issuances);
          return row.and([
            row('coupon_id', '=', couponId),
            row('issue_no', '>=', lowest),
            row('issue_no', '<=', highest),
          ]);
        }),
      ),
    )
    .modifyEnd(flavour.lockShared)
    .execute();
  return revoked.length === 0;
}

function rangeOf(issuances: readonly Issuance[]): { readonly lowest: number; readonly highest: number } {
  let lowest = Number.MAX_SAFE_INTEGER;
  let highest = 0;
  for (const { issueNo } of issuances) {
    // What is no number at all is quarantined; it belongs to no range.
    if (!Number.isSafeInteger(issueNo)) continue;
    if (issueNo < lowest) lowest = issueNo;
    if (issueNo > highest) highest = issueNo;
  }
  return { lowest, highest };
}

/**
 * Holds the epoch alone. What {@link lockEpochAndRevocations} holds besides would let two revocations of one number wait for each other.
 *
 * @throws StaleEpoch when the catalogue's epoch is above `epoch`. A coupon that is not in the catalogue has none.
 */
export async function holdEpoch(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  couponId: CouponId,
  epoch: number,
): Promise<void> {
  const row = await transaction
    .selectFrom('coupon')
    .select('epoch')
    .where('id', '=', couponId)
    .modifyEnd(flavour.lockShared)
    .executeTakeFirst();
  if ((row?.epoch ?? 0) > epoch) throw new StaleEpoch();
}
