/**
 * Locks the coupon's epoch and its revocations until the transaction ends.
 *
 * One statement reads both, so the fence against batches claimed before a rebuild costs no round trip of its own. A
 * rebuild raises the epoch first and waits for this lock. So a batch of an earlier epoch is either committed before the
 * rebuild reads the rows, or refused.
 */
import { CompiledQuery, sql, type Transaction } from 'kysely';
import type { CouponId, Issuance } from '../../engine/domain/coupon.js';
import type { ClaimedBatch } from '../../engine/ports/issuance-ledger.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { revokedUpTo } from './beyond-quantity.js';
import { RolledBack } from './transaction.js';

/** What a recording is based on. */
export interface LockedState {
  readonly revokedNumbers: ReadonlySet<number>;
  /** The catalogue's quantity; `undefined` for a coupon that is not in it. */
  readonly quantity: number | undefined;
  /** The highest number of a row, those of this transaction included. */
  readonly highest: number;
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
 * @returns the revoked numbers in that range, the quantity, and the highest number of a row.
 * @throws StaleEpoch when the catalogue's epoch is above the batch's. A coupon that is not in the catalogue has none.
 */
export async function lockEpochAndRevocations(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  { couponId, epoch, issuances }: ClaimedBatch,
): Promise<LockedState> {
  const { lowest, highest } = rangeOf(issuances);
  // The highest number depends on `coupon.id`: read before the lock was acquired, it would not show what was committed meanwhile.
  const { rows } = await sql<{
    epoch: number | null;
    quantity: number | null;
    highest: number | null;
    revokedNo: number | null;
  }>`
    select coupon.epoch as epoch, coupon.quantity as quantity, revocation.issue_no as revokedNo,
      (select issue_no from member_coupon where coupon_id = coupon.id order by issue_no desc limit 1) as highest
    from (select 1 as one) as ground
    left join coupon on coupon.id = ${couponId}
    left join revocation on revocation.coupon_id = ${couponId}
      and revocation.issue_no >= ${lowest} and revocation.issue_no <= ${highest}
    ${flavour.lockShared}`.execute(transaction);
  if ((rows[0]?.epoch ?? 0) > epoch) throw new StaleEpoch();
  return {
    revokedNumbers: new Set(rows.flatMap(({ revokedNo }) => revokedNo ?? [])),
    quantity: rows[0]?.quantity ?? undefined,
    highest: rows[0]?.highest ?? 0,
  };
}

/**
 * The same for batches of several coupons, in two statements however many they are. Only checks whether any of them is
 * in conflict.
 *
 * @returns false when a batch is of an earlier epoch, or holds a number that may be revoked or beyond the quantity.
 */
export async function lockEpochsAndRevocations(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  batches: readonly ClaimedBatch[],
): Promise<boolean> {
  const coupons = await transaction
    .selectFrom('coupon')
    .select((row) => [
      'id',
      'epoch',
      'quantity',
      row
        .selectFrom('member_coupon')
        .select('issue_no')
        .whereRef('member_coupon.coupon_id', '=', 'coupon.id')
        .orderBy('issue_no', 'desc')
        .limit(1)
        .as('highest'),
    ])
    .where(
      'id',
      'in',
      batches.map(({ couponId }) => couponId),
    )
    .modifyEnd(flavour.lockShared)
    .execute();
  const coupon = new Map(coupons.map((row) => [row.id, row]));
  for (const { couponId, epoch, quantity = 0 } of batches) {
    const row = coupon.get(couponId);
    if (row === undefined) continue;
    if (row.epoch > epoch) return false;
    const most = Math.max(row.quantity, quantity);
    const highest = row.highest ?? 0;
    // Numbers go beyond the quantity where some were revoked and their units issued again.
    if (highest > most && highest - (await revokedUpTo(transaction, couponId, highest)) > most) return false;
  }
  return !(await holdsRevoked(transaction, flavour, batches));
}

/**
 * A text with as many ranges as batches. Kysely's builder makes a tree of a dozen nodes for each coupon of each drain: with 200 coupons
 * of 5 rows, recording took the process 2.9 µs a row with the tree and 2.4 with the text (docs/adr/0095).
 */
async function holdsRevoked(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  batches: readonly ClaimedBatch[],
): Promise<boolean> {
  const parameters: number[] = [];
  for (const { couponId, issuances } of batches) {
    const { lowest, highest } = rangeOf(issuances);
    parameters.push(couponId, lowest, highest);
  }
  const range = '(coupon_id=? and issue_no between ? and ?)';
  const ranges = `${`${range} or `.repeat(batches.length - 1)}${range}`;
  const text = `select issue_no from revocation where ${ranges} ${flavour.lockShared.compile(transaction).sql}`;
  const { rows } = await transaction.executeQuery(CompiledQuery.raw(text, parameters));
  return rows.length > 0;
}

function rangeOf(issuances: readonly Issuance[]): { readonly lowest: number; readonly highest: number } {
  let lowest = Number.MAX_SAFE_INTEGER;
  let highest = 0;
  for (const { issueNo } of issuances) {
    // Text in place of a number becomes a dead letter; it belongs to no range.
    if (!Number.isSafeInteger(issueNo)) continue;
    if (issueNo < lowest) lowest = issueNo;
    if (issueNo > highest) highest = issueNo;
  }
  return { lowest, highest };
}

/**
 * Holds the epoch alone. What {@link lockEpochAndRevocations} holds besides would let two revocations of one number wait for each other.
 *
 * @returns what the coupon's events need; `undefined`: it is not in the catalogue.
 * @throws StaleEpoch when the catalogue's epoch is above the batch's. A coupon that is not in the catalogue has none.
 */
export async function lockEpoch(
  transaction: Transaction<Database>,
  flavour: SqlFlavour,
  couponId: CouponId,
  epoch: number,
): Promise<{ readonly sellerId: string; readonly holdSeconds: number | null } | undefined> {
  const row = await transaction
    .selectFrom('coupon')
    .select(['epoch', 'seller_id as sellerId', 'hold_seconds as holdSeconds'])
    .where('id', '=', couponId)
    .modifyEnd(flavour.lockShared)
    .executeTakeFirst();
  if ((row?.epoch ?? 0) > epoch) throw new StaleEpoch();
  return row;
}
