/** Simulates holds of the ledger, transaction by transaction, as `persist/sql/sql-holds.ts` and `revoke-many.ts` decide them. */
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { memberOf, unitOf } from '../../domain/holder.js';
import type { OrderId } from '../../domain/redemption.js';
import type { NumberedHolder } from '../../ports/admission.js';
import type { AuditActor, AuditEntry } from '../../ports/audit-log.js';
import type {
  ConfirmResult,
  DueHolds,
  HoldingCoupon,
  HoldLedger,
  HoldState,
  OpenHead,
  OpenRows,
  TakeBackReason,
  TakenBack,
  TakenBackCounts,
} from '../../ports/hold-ledger.js';
import type { LedgerRow } from '../../ports/issuance-ledger.js';
import type { IssuanceName } from '../../ports/redemption-ledger.js';
import type { Link } from './link.js';
import type { CouponLedger, EndedRow, SimulatedDatabase } from './simulated-database.js';

type Audit = (taken: readonly NumberedHolder[]) => AuditEntry;
type Which = readonly NumberedHolder[] | DueHolds;

export class SimulatedHolds {
  readonly #database: SimulatedDatabase;
  readonly #nowMs: () => number;

  /** @param nowMs the database's clock. */
  constructor(database: SimulatedDatabase, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return Math.floor(this.#nowMs());
  }

  confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): ConfirmResult {
    const { couponId } = issuance;
    const rules = this.#database.coupons.get(couponId)?.redemption;
    if (rules?.holdSeconds === undefined) return { status: 'no_hold' };
    const ledger = this.#database.ledgerOf(couponId);
    const row = this.#rowFor(ledger, issuance, orderId);
    if (row === undefined) {
      const ended = this.#endedOf(ledger, issuance);
      return ended === undefined ? { status: 'absent' } : { status: 'hold_expired', ended: endedHold(ended) };
    }
    const { issueNo, holder, issuedAtMs } = row;
    const known = ledger.confirmed.get(issueNo);
    if (known !== undefined && known.orderId !== orderId) return { status: 'confirmed_by_other_order' };
    if (known !== undefined) return { status: 'repeated', confirmation: known };
    if (actor.kind === 'member' && rules.redeemBy === 'seller') return { status: 'redeem_at_shop' };
    const confirmation = { couponId, issueNo, holder, orderId, issuedAtMs, confirmedAtMs: this.nowMs() };
    ledger.confirmed.set(issueNo, confirmation);
    return { status: 'confirmed', confirmation };
  }

  stateOf(issuance: IssuanceName): HoldState {
    const { couponId } = issuance;
    if (this.holdMsOf(couponId) === undefined) return { status: 'no_hold' };
    const ledger = this.#database.ledgerOf(couponId);
    const [row] =
      'issueNo' in issuance
        ? [ledger.rows.get(issuance.issueNo)]
        : this.#rowsOf(ledger, issuance.memberId).filter(
            ({ holder }) => unitOf(holder) === (issuance.unit ?? 1),
          );
    if (row !== undefined) {
      const { issueNo, holder } = row;
      return this.isOpen(ledger, row) ? { status: 'held', issueNo, holder } : { status: 'confirmed' };
    }
    const ended = this.#endedOf(ledger, issuance);
    return ended === undefined ? { status: 'absent' } : { status: 'ended', ...endedHold(ended) };
  }

  revokeMany(
    couponId: CouponId,
    epoch: number,
    which: Which,
    reason: TakeBackReason,
    audit?: Audit,
  ): TakenBack | 'stale' {
    if (this.#database.isRebuilt(couponId, epoch)) return 'stale';
    const ledger = this.#database.ledgerOf(couponId);
    const taken = this.namedBy(couponId, which).flatMap(({ issueNo, holder }) => {
      const row = ledger.rows.get(issueNo);
      return row?.holder === holder && this.isOpen(ledger, row) ? [row] : [];
    });
    for (const { issueNo, holder, issuedAtMs } of taken) {
      ledger.rows.delete(issueNo);
      ledger.numberOf.delete(holder);
      ledger.revoked.set(issueNo, holder);
      ledger.ended.set(issueNo, { issueNo, holder, reason, issuedAtMs, revokedAtMs: this.nowMs() });
    }
    if (taken.length > 0 && audit !== undefined) this.#database.changes.auditLog.push(audit(taken));
    return { taken: taken.map(({ issueNo, holder }) => ({ issueNo, holder })) };
  }

  holdingCoupons(afterCouponId: number, limit: number): HoldingCoupon[] {
    return this.#database
      .list(undefined, afterCouponId, Number.MAX_SAFE_INTEGER)
      .flatMap(({ couponId, epoch }) => {
        const holdMs = this.holdMsOf(couponId);
        return holdMs === undefined ? [] : [{ couponId, epoch, holdMs }];
      })
      .slice(0, limit);
  }

  openRows(couponId: CouponId, afterIssueNo: number, limit: number): OpenRows {
    const ledger = this.#database.ledgerOf(couponId);
    const rows = this.#database
      .rows(couponId, afterIssueNo, Number.MAX_SAFE_INTEGER)
      .filter((row) => this.isOpen(ledger, row));
    return { rows: rows.slice(0, limit), nowMs: this.nowMs() };
  }

  openHead(
    couponId: CouponId,
    afterIssueNo: number,
    limit: number,
    dueAfterMs: number,
  ): OpenHead | undefined {
    const { rows, nowMs } = this.openRows(couponId, afterIssueNo, limit);
    const [firstNo, lastNo] = [rows[0]?.issueNo, rows.at(-1)?.issueNo];
    if (firstNo === undefined || lastNo === undefined) return undefined;
    const issuedUpToMs = nowMs - dueAfterMs;
    const dueInMs = Math.min(...rows.map(({ issuedAtMs }) => issuedAtMs)) - issuedUpToMs;
    const numbers = rows.flatMap((row) => (row.issuedAtMs <= issuedUpToMs ? [row.issueNo] : []));
    const [firstDueNo, lastDueNo] = [numbers[0], numbers.at(-1)];
    const isDue = firstDueNo !== undefined && lastDueNo !== undefined;
    const due = isDue ? { firstNo: firstDueNo, lastNo: lastDueNo, issuedUpToMs } : undefined;
    return { count: rows.length, firstNo, lastNo, dueInMs, due };
  }

  openNumbersOf(couponId: CouponId, memberId: MemberId): number[] {
    const ledger = this.#database.ledgerOf(couponId);
    return this.#rowsOf(ledger, memberId).flatMap((row) => (this.isOpen(ledger, row) ? [row.issueNo] : []));
  }

  recalled(couponId: CouponId, afterIssueNo: number, limit: number): NumberedHolder[] {
    return [...this.#database.ledgerOf(couponId).ended.values()]
      .filter(({ issueNo, reason }) => issueNo > afterIssueNo && reason === 'recalled')
      .sort((one, other) => one.issueNo - other.issueNo)
      .slice(0, limit)
      .map(({ issueNo, holder }) => ({ issueNo, holder }));
  }

  takenBackCounts(couponId: CouponId): TakenBackCounts {
    const reasons = [...this.#database.ledgerOf(couponId).ended.values()].map(({ reason }) => reason);
    const of = (reason: TakeBackReason): number => reasons.filter((one) => one === reason).length;
    return {
      hold_expired: of('hold_expired'),
      hold_released: of('hold_released'),
      recalled: of('recalled'),
    };
  }

  protected holdMsOf(couponId: CouponId): number | undefined {
    const seconds = this.#database.coupons.get(couponId)?.redemption?.holdSeconds;
    return seconds === undefined ? undefined : seconds * 1_000;
  }

  protected namedBy(couponId: CouponId, which: Which): readonly NumberedHolder[] {
    if (!('issuedUpToMs' in which)) return which;
    const { firstNo, lastNo, issuedUpToMs } = which;
    return this.#database
      .rows(couponId, firstNo - 1, Number.MAX_SAFE_INTEGER)
      .filter(({ issueNo, issuedAtMs }) => issueNo <= lastNo && issuedAtMs <= issuedUpToMs);
  }

  protected rowAt(couponId: CouponId, issueNo: number): LedgerRow | undefined {
    return this.#database.ledgerOf(couponId).rows.get(issueNo);
  }

  protected ledgerOf(couponId: CouponId): CouponLedger {
    return this.#database.ledgerOf(couponId);
  }

  /** What neither is confirmed nor used may be taken back. */
  protected isOpen({ confirmed }: CouponLedger, { issueNo, usedAtMs }: LedgerRow): boolean {
    return !confirmed.has(issueNo) && usedAtMs === undefined;
  }

  /** The unit meant where none is named: the one that the order has confirmed, else the first open one, else the first. */
  #rowFor(ledger: CouponLedger, issuance: IssuanceName, orderId: OrderId): LedgerRow | undefined {
    if ('issueNo' in issuance) return ledger.rows.get(issuance.issueNo);
    const { memberId, unit } = issuance;
    const rows = this.#rowsOf(ledger, memberId);
    if (unit !== undefined) return rows.find(({ holder }) => unitOf(holder) === unit);
    return (
      rows.find(({ issueNo }) => ledger.confirmed.get(issueNo)?.orderId === orderId) ??
      rows.find(({ issueNo }) => !ledger.confirmed.has(issueNo)) ??
      rows[0]
    );
  }

  #rowsOf({ rows }: CouponLedger, memberId: MemberId): LedgerRow[] {
    return [...rows.values()]
      .filter(({ holder }) => memberOf(holder) === memberId)
      .sort((one, other) => unitOf(one.holder) - unitOf(other.holder));
  }

  /** A member's revocation of the highest number. One by the seller did not end a hold. */
  #endedOf({ ended, revoked }: CouponLedger, issuance: IssuanceName): EndedRow | undefined {
    if ('issueNo' in issuance) return ended.get(issuance.issueNo);
    const { memberId, unit } = issuance;
    const numbers = [...revoked].flatMap(([issueNo, holder]) =>
      memberOf(holder) === memberId && (unit === undefined || unitOf(holder) === unit) ? [issueNo] : [],
    );
    return ended.get(Math.max(0, ...numbers));
  }
}

function endedHold({ issueNo, holder, reason }: EndedRow) {
  return { issueNo, holder, reason };
}

/** The port, over a link. */
export class SimulatedHoldLedger implements HoldLedger {
  readonly #link: Link;
  readonly #holds: SimulatedHolds;

  constructor(link: Link, holds: SimulatedHolds) {
    this.#link = link;
    this.#holds = holds;
  }

  confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<ConfirmResult> {
    return this.#link.call(() => this.#holds.confirm(issuance, orderId, actor));
  }

  stateOf(issuance: IssuanceName): Promise<HoldState> {
    return this.#link.call(() => this.#holds.stateOf(issuance));
  }

  revokeMany(
    couponId: CouponId,
    epoch: number,
    which: Which,
    reason: TakeBackReason,
    audit?: Audit,
  ): Promise<TakenBack | 'stale'> {
    return this.#link.call(() => this.#holds.revokeMany(couponId, epoch, which, reason, audit));
  }

  holdingCoupons(afterCouponId: number, limit: number): Promise<HoldingCoupon[]> {
    return this.#link.call(() => this.#holds.holdingCoupons(afterCouponId, limit));
  }

  openRows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<OpenRows> {
    return this.#link.call(() => this.#holds.openRows(couponId, afterIssueNo, limit));
  }

  openHead(
    couponId: CouponId,
    afterIssueNo: number,
    limit: number,
    dueAfterMs: number,
  ): Promise<OpenHead | undefined> {
    return this.#link.call(() => this.#holds.openHead(couponId, afterIssueNo, limit, dueAfterMs));
  }

  openNumbersOf(couponId: CouponId, memberId: MemberId): Promise<number[]> {
    return this.#link.call(() => this.#holds.openNumbersOf(couponId, memberId));
  }

  openCount(couponId: CouponId, afterIssueNo: number): Promise<number> {
    return this.#link.call(() => this.#holds.openRows(couponId, afterIssueNo, Infinity).rows.length);
  }

  recalled(couponId: CouponId, afterIssueNo: number, limit: number): Promise<readonly NumberedHolder[]> {
    return this.#link.call(() => this.#holds.recalled(couponId, afterIssueNo, limit));
  }

  takenBackCounts(couponId: CouponId): Promise<TakenBackCounts> {
    return this.#link.call(() => this.#holds.takenBackCounts(couponId));
  }
}
