/** Simulates holds of the ledger, transaction by transaction, as `persist/sql/sql-holds.ts` and `revoke-many.ts` decide them. */
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type { OrderId } from '../../domain/redemption.js';
import type { NumberedHolder } from '../../ports/admission.js';
import type { ConfirmResult, HoldState, OpenRows, TakeBackReason } from '../../ports/hold-ledger.js';
import type { Revocation } from '../../ports/ledger-audit.js';
import type { SimulatedDatabase } from './simulated-database.js';

export interface Ended extends Revocation {
  readonly reason: TakeBackReason;
}

export class SimulatedHolds {
  readonly confirmed = new Map<number, OrderId>();
  readonly ended = new Map<number, Ended>();
  protected readonly holdMs: number;
  readonly #database: SimulatedDatabase;
  readonly #nowMs: () => number;

  constructor(database: SimulatedDatabase, nowMs: () => number, holdMs: number) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.holdMs = holdMs;
  }

  nowMs(): number {
    return Math.floor(this.#nowMs());
  }

  rowAt(couponId: CouponId, issueNo: number): Issuance | undefined {
    return this.#database.ledgerOf(couponId).rows.get(issueNo);
  }

  confirm(couponId: CouponId, issueNo: number, orderId: OrderId): ConfirmResult {
    const row = this.rowAt(couponId, issueNo);
    if (row === undefined) {
      const ended = this.ended.get(issueNo);
      return ended === undefined ? { status: 'absent' } : { status: 'hold_expired', ended };
    }
    const by = this.confirmed.get(issueNo);
    if (by !== undefined && by !== orderId) return { status: 'confirmed_by_other_order' };
    this.confirmed.set(issueNo, orderId);
    const { holder, issuedAtMs } = row;
    const confirmation = { couponId, issueNo, holder, orderId, issuedAtMs, confirmedAtMs: this.nowMs() };
    return { status: by === undefined ? 'confirmed' : 'repeated', confirmation };
  }

  stateOf(couponId: CouponId, issueNo: number): HoldState {
    const row = this.rowAt(couponId, issueNo);
    if (row !== undefined && this.isOpen(issueNo)) return { status: 'held', issueNo, holder: row.holder };
    if (row !== undefined) return { status: 'confirmed' };
    const ended = this.ended.get(issueNo);
    return ended === undefined ? { status: 'absent' } : { status: 'ended', ...ended };
  }

  revokeMany(
    couponId: CouponId,
    issuances: readonly NumberedHolder[],
    reason: TakeBackReason,
  ): { readonly taken: readonly Issuance[] } {
    const { rows, numberOf, revoked } = this.#database.ledgerOf(couponId);
    const taken = issuances.flatMap(({ issueNo, holder }) => {
      const row = rows.get(issueNo);
      return row?.holder === holder && this.isOpen(issueNo) ? [row] : [];
    });
    for (const { issueNo, holder } of taken) {
      rows.delete(issueNo);
      numberOf.delete(holder);
      revoked.set(issueNo, holder);
      this.ended.set(issueNo, { issueNo, holder, reason, revokedAtMs: this.nowMs() });
    }
    return { taken };
  }

  openRows(couponId: CouponId, afterIssueNo: number, limit: number): OpenRows {
    const rows = this.#database
      .rows(couponId, afterIssueNo, Number.MAX_SAFE_INTEGER)
      .filter(({ issueNo }) => !this.confirmed.has(issueNo));
    return { rows: rows.slice(0, limit), nowMs: this.nowMs() };
  }

  /** What neither is confirmed nor used may be taken back. */
  protected isOpen(issueNo: number): boolean {
    return !this.confirmed.has(issueNo);
  }
}
