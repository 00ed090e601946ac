/** Confirms holds, and finds those that are due; revoke-many.ts takes them back. */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { CouponId, MemberId } from '../../engine/domain/coupon.js';
import { holderOf } from '../../engine/domain/holder.js';
import type { OrderId } from '../../engine/domain/redemption.js';
import type { NumberedHolder } from '../../engine/ports/admission.js';
import type { AuditActor, AuditEntry } from '../../engine/ports/audit-log.js';
import type {
  Confirmation,
  ConfirmResult,
  DueHolds,
  EndedHold,
  HoldingCoupon,
  HoldLedger,
  HoldState,
  OpenHead,
  OpenRows,
  TakeBackReason,
  TakenBack,
  TakenBackCounts,
} from '../../engine/ports/hold-ledger.js';
import type { IssuanceName } from '../../engine/ports/redemption-ledger.js';
import { type LockedIssuance, withLockedIssuance } from './lock-issuance.js';
import { issuanceOf, openHoldRows, openHolds } from './open-holds.js';
import { revokeMany } from './revoke-many.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

export class SqlHolds implements HoldLedger {
  readonly #db: Kysely<Database>;
  readonly #flavour: SqlFlavour;

  constructor(db: Kysely<Database>, flavour: SqlFlavour) {
    this.#db = db;
    this.#flavour = flavour;
  }

  async confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<ConfirmResult> {
    if (!(await this.#holds(issuance.couponId))) return { status: 'no_hold' };
    const result = await withLockedIssuance(
      this.#db,
      this.#flavour,
      issuance,
      (_, units) => meantBy(orderId, units),
      (transaction, row) => confirm(transaction, row, orderId, actor),
    );
    if (result !== undefined) return result;
    const ended = await this.#endedHold(issuance);
    return ended === undefined ? { status: 'absent' } : { status: 'hold_expired', ended };
  }

  async stateOf(issuance: IssuanceName): Promise<HoldState> {
    if (!(await this.#holds(issuance.couponId))) return { status: 'no_hold' };
    const rows = await reading(() => {
      const all = this.#db
        .selectFrom('member_coupon')
        .select(['issue_no as issueNo', 'member_id as memberId', 'unit', 'confirmed_at', 'used_at'])
        .where('coupon_id', '=', issuance.couponId)
        .orderBy('unit')
        .$narrowType<{ memberId: MemberId }>();
      if ('issueNo' in issuance) return all.where('issue_no', '=', issuance.issueNo).execute();
      return all
        .where('member_id', '=', issuance.memberId)
        .where('unit', '=', issuance.unit ?? 1)
        .execute();
    });
    const [row] = rows;
    if (row !== undefined) {
      const { issueNo, memberId, unit } = row;
      const isOpen = row.confirmed_at === null && row.used_at === null;
      return isOpen ? { status: 'held', issueNo, holder: holderOf(memberId, unit) } : { status: 'confirmed' };
    }
    const ended = await this.#endedHold(issuance);
    return ended === undefined ? { status: 'absent' } : { status: 'ended', ...ended };
  }

  revokeMany(
    couponId: CouponId,
    epoch: number,
    which: readonly NumberedHolder[] | DueHolds,
    reason: TakeBackReason,
    audit?: (taken: readonly NumberedHolder[]) => AuditEntry,
  ): Promise<TakenBack | 'stale'> {
    return revokeMany(this.#db, this.#flavour, { couponId, epoch, which, reason, audit });
  }

  async holdingCoupons(afterCouponId: number, limit: number): Promise<HoldingCoupon[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('coupon')
        .select(['id as couponId', 'epoch', 'hold_seconds as seconds'])
        .where('hold_seconds', 'is not', null)
        .where('id', '>', afterCouponId)
        .orderBy('id')
        .limit(limit)
        .$narrowType<{ couponId: CouponId; seconds: number }>()
        .execute(),
    );
    return rows.map(({ couponId, epoch, seconds }) => ({ couponId, epoch, holdMs: seconds * 1_000 }));
  }

  async openRows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<OpenRows> {
    const rows = await reading(() =>
      openHoldRows(this.#db, this.#flavour, couponId)
        .where('issue_no', '>', afterIssueNo)
        .limit(limit)
        .execute(),
    );
    return { rows: rows.map(issuanceOf), nowMs: rows[0]?.nowMs ?? 0 };
  }

  async openHead(
    couponId: CouponId,
    afterIssueNo: number,
    limit: number,
    dueAfterMs: number,
  ): Promise<OpenHead | undefined> {
    const head = openHolds(this.#db, couponId)
      .select(['issue_no', 'issued_at'])
      .where('issue_no', '>', afterIssueNo)
      .orderBy('issue_no')
      .limit(limit)
      .as('head');
    const issuedUpToMs = sql<number>`${this.#flavour.nowMs} - ${dueAfterMs}`;
    const row = await reading(() =>
      this.#db
        .selectFrom(head)
        .select([
          sql<number>`count(*)`.as('count'),
          sql<number>`min(issue_no)`.as('firstNo'),
          sql<number>`max(issue_no)`.as('lastNo'),
          sql<number>`min(issued_at)`.as('earliestMs'),
          sql<number | null>`min(case when issued_at <= ${issuedUpToMs} then issue_no end)`.as('firstDueNo'),
          sql<number | null>`max(case when issued_at <= ${issuedUpToMs} then issue_no end)`.as('lastDueNo'),
          issuedUpToMs.as('issuedUpToMs'),
        ])
        .executeTakeFirstOrThrow(),
    );
    const { count, firstNo, lastNo, earliestMs, firstDueNo, lastDueNo, issuedUpToMs: upToMs } = row;
    if (count === 0) return undefined;
    const isDue = firstDueNo !== null && lastDueNo !== null;
    const due = isDue ? { firstNo: firstDueNo, lastNo: lastDueNo, issuedUpToMs: upToMs } : undefined;
    return { count, firstNo, lastNo, dueInMs: earliestMs - upToMs, due };
  }

  async openNumbersOf(couponId: CouponId, memberId: MemberId): Promise<number[]> {
    const rows = await reading(() =>
      openHolds(this.#db, couponId).select('issue_no as issueNo').where('member_id', '=', memberId).execute(),
    );
    return rows.map(({ issueNo }) => issueNo);
  }

  async openCount(couponId: CouponId, afterIssueNo: number): Promise<number> {
    const { count } = await reading(() =>
      openHolds(this.#db, couponId)
        .select(sql<number>`count(*)`.as('count'))
        .where('issue_no', '>', afterIssueNo)
        .executeTakeFirstOrThrow(),
    );
    return count;
  }

  async recalled(couponId: CouponId, afterIssueNo: number, limit: number): Promise<NumberedHolder[]> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('revocation')
        .select(['issue_no as issueNo', 'member_id as memberId', 'unit'])
        .where('coupon_id', '=', couponId)
        .where('issue_no', '>', afterIssueNo)
        .where('reason', '=', 'recalled')
        .orderBy('issue_no')
        .limit(limit)
        .$narrowType<{ memberId: MemberId }>()
        .execute(),
    );
    return rows.map(({ issueNo, memberId, unit }) => ({ issueNo, holder: holderOf(memberId, unit) }));
  }

  async takenBackCounts(couponId: CouponId): Promise<TakenBackCounts> {
    const rows = await reading(() =>
      this.#db
        .selectFrom('revocation')
        .select(['reason', sql<number>`count(*)`.as('count')])
        .where('coupon_id', '=', couponId)
        // The reason of what the seller revoked is NULL.
        .groupBy('reason')
        .$narrowType<{ reason: TakeBackReason | null }>()
        .execute(),
    );
    const counted = new Map(rows.map(({ reason, count }) => [reason, count]));
    const of = (reason: TakeBackReason): number => counted.get(reason) ?? 0;
    return {
      hold_expired: of('hold_expired'),
      hold_released: of('hold_released'),
      recalled: of('recalled'),
    };
  }

  async #holds(couponId: CouponId): Promise<boolean> {
    const coupon = await reading(() =>
      this.#db.selectFrom('coupon').select('hold_seconds').where('id', '=', couponId).executeTakeFirst(),
    );
    // A coupon that does not exist has no issuance either, which is what its caller is answered.
    return coupon === undefined || coupon.hold_seconds !== null;
  }

  /** The revocation under the number; of a member the one of its highest number. */
  async #endedHold(issuance: IssuanceName): Promise<EndedHold | undefined> {
    const row = await reading(() => {
      const rows = this.#db
        .selectFrom('revocation')
        .select(['issue_no as issueNo', 'member_id as memberId', 'unit', 'reason'])
        .where('coupon_id', '=', issuance.couponId)
        .$narrowType<{ memberId: MemberId; reason: TakeBackReason | null }>();
      if ('issueNo' in issuance) return rows.where('issue_no', '=', issuance.issueNo).executeTakeFirst();
      const ofMember = rows.where('member_id', '=', issuance.memberId).orderBy('issue_no', 'desc').limit(1);
      const { unit } = issuance;
      return (unit === undefined ? ofMember : ofMember.where('unit', '=', unit)).executeTakeFirst();
    });
    if (row === undefined || row.reason === null) return undefined;
    return { issueNo: row.issueNo, holder: holderOf(row.memberId, row.unit), reason: row.reason };
  }
}

/** Which of a member's units an order means, where none is named. */
function meantBy(orderId: OrderId, units: readonly [LockedIssuance, ...LockedIssuance[]]): LockedIssuance {
  return (
    units.find(({ confirmOrder }) => confirmOrder === orderId) ??
    units.find(({ confirmedAtMs }) => confirmedAtMs === null) ??
    units[0]
  );
}

async function confirm(
  transaction: Transaction<Database>,
  row: LockedIssuance,
  orderId: OrderId,
  actor: AuditActor,
): Promise<ConfirmResult> {
  if (row.confirmedAtMs !== null) {
    if (row.confirmOrder !== orderId) return { status: 'confirmed_by_other_order' };
    return { status: 'repeated', confirmation: confirmationOf(row, orderId, row.confirmedAtMs) };
  }
  if (row.rules.redeemBy === 'seller' && actor.kind === 'member') return { status: 'redeem_at_shop' };
  const { couponId, issueNo, nowMs } = row;
  await transaction
    .updateTable('member_coupon')
    .set({ confirmed_at: nowMs, confirm_order: orderId })
    .where('coupon_id', '=', couponId)
    .where('issue_no', '=', issueNo)
    .execute();
  return { status: 'confirmed', confirmation: confirmationOf(row, orderId, nowMs) };
}

function confirmationOf(row: LockedIssuance, orderId: OrderId, confirmedAtMs: number): Confirmation {
  const { couponId, issueNo, holder, issuedAtMs } = row;
  return { couponId, issueNo, holder, orderId, issuedAtMs, confirmedAtMs };
}
