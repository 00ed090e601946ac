/**
 * Locks the rows of one issuance until the transaction ends, and reads what decides about it.
 *
 * Redeem, cancel, confirm, revoke and expiry of one issuance happen one after another by this lock. The row is read without a lock before
 * that: to lock a row that is absent would lock the gap, and the recorder would wait for it.
 */
import type { Kysely, Transaction } from 'kysely';
import type { CouponId, HolderId, MemberId } from '../../engine/domain/coupon.js';
import { holderOf } from '../../engine/domain/holder.js';
import { expiryOf } from '../../engine/domain/redemption.js';
import type { OrderId, RedemptionRules } from '../../engine/domain/redemption.js';
import type { IssuanceName } from '../../engine/ports/redemption-ledger.js';
import { RULE_COLUMNS, rulesOf } from './redemption-rules.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { inTransaction, reading } from './transaction.js';

/** An issuance whose row is locked, the rules of its coupon, and the database's clock. */
export interface LockedIssuance {
  readonly couponId: CouponId;
  readonly sellerId: string;
  readonly issueNo: number;
  readonly holder: HolderId;
  readonly issuedAtMs: number;
  readonly usedAtMs: number | null;
  readonly confirmedAtMs: number | null;
  readonly confirmOrder: OrderId | null;
  readonly expiresAtMs: number | undefined;
  readonly rules: RedemptionRules;
  readonly nowMs: number;
}

/** Chooses among the rows that a name may mean, ascending by unit: several where a member has several units and none is named. */
export type ChooseUnit = (
  transaction: Transaction<Database>,
  rows: readonly [LockedIssuance, ...LockedIssuance[]],
) => LockedIssuance | Promise<LockedIssuance>;

/** All rows that the name may mean are locked, so the choice stays true. `undefined` where the issuance has no row. */
export async function withLockedIssuance<T>(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  issuance: IssuanceName,
  choose: ChooseUnit,
  step: (transaction: Transaction<Database>, row: LockedIssuance) => Promise<T>,
): Promise<T | undefined> {
  const { couponId } = issuance;
  const numbers = await recordedNumbers(db, issuance);
  if (numbers.length === 0) return undefined;
  return inTransaction(db, async (transaction) => {
    const found = await transaction
      .selectFrom('member_coupon')
      .select(['issue_no as issueNo', 'member_id as memberId', 'unit'])
      .select(['issued_at as issuedAtMs', 'used_at as usedAtMs', flavour.nowMs.as('nowMs')])
      .select(['confirmed_at as confirmedAtMs', 'confirm_order as confirmOrder'])
      .where('coupon_id', '=', couponId)
      .where('issue_no', 'in', numbers)
      .orderBy('issue_no')
      .modifyEnd(flavour.lockExclusive)
      .$narrowType<{ memberId: MemberId; confirmOrder: OrderId | null }>()
      .execute();
    const rows = found.filter((row) => !('memberId' in issuance) || row.memberId === issuance.memberId);
    if (rows.length === 0) return undefined;
    // Read after the lock: a transaction sees what was committed when it first read without one.
    const coupon = await transaction
      .selectFrom('coupon')
      .select(['seller_id as sellerId', ...RULE_COLUMNS])
      .where('id', '=', couponId)
      .executeTakeFirst();
    if (coupon === undefined) return undefined;
    const rules = rulesOf(coupon);
    const { sellerId } = coupon;
    const [first, ...others] = rows
      .sort((one, other) => one.unit - other.unit)
      .map(({ memberId, unit, ...row }): LockedIssuance => ({
        ...{ ...row, couponId, sellerId, rules, holder: holderOf(memberId, unit) },
        expiresAtMs: expiryOf(rules.validity, row.issuedAtMs),
      }));
    return (
      first && step(transaction, others.length === 0 ? first : await choose(transaction, [first, ...others]))
    );
  });
}

/** The numbers of the rows that the name may mean. */
export async function recordedNumbers(db: Kysely<Database>, issuance: IssuanceName): Promise<number[]> {
  const rows = await reading(() => {
    const all = db.selectFrom('member_coupon').select('issue_no').where('coupon_id', '=', issuance.couponId);
    if ('issueNo' in issuance) return all.where('issue_no', '=', issuance.issueNo).execute();
    const { memberId, unit } = issuance;
    const ofMember = all.where('member_id', '=', memberId).orderBy('unit');
    return (unit === undefined ? ofMember : ofMember.where('unit', '=', unit)).execute();
  });
  return rows.map((row) => row.issue_no);
}
