/** Simulates redemptions of the ledger, transaction by transaction, as `persist/sql/sql-redemptions.ts` decides them. */
import type { CouponId } from '../../domain/coupon.js';
import type { CancelEffect, OrderId } from '../../domain/redemption.js';
import type { SimulatedDatabase } from './simulated-database.js';

export interface RedemptionRow {
  cancelled: boolean;
}

export class SimulatedRedemptions {
  readonly #database: SimulatedDatabase;
  readonly #nowMs: () => number;
  readonly #rows = new Map<string, Map<OrderId, RedemptionRow>>();
  protected readonly onCancel: CancelEffect;
  protected readonly expiresAtMs: number;

  constructor(
    database: SimulatedDatabase,
    nowMs: () => number,
    rules: { readonly onCancel: CancelEffect; readonly expiresAtMs: number },
  ) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.onCancel = rules.onCancel;
    this.expiresAtMs = rules.expiresAtMs;
  }

  redeem(couponId: CouponId, issueNo: number, orderId: OrderId): string {
    const row = this.#database.ledgerOf(couponId).rows.get(issueNo);
    if (row === undefined) return 'absent';
    const earlier = this.ordersOf(couponId, issueNo).get(orderId);
    const known = this.answerToKnown(earlier);
    if (known !== undefined) return known;
    if (row.usedAtMs !== undefined) return 'already_used';
    if (this.isExpired()) return 'coupon_expired';
    this.setUsed(couponId, issueNo, this.#nowMs());
    this.ordersOf(couponId, issueNo).set(orderId, { cancelled: false });
    return 'redeemed';
  }

  cancel(couponId: CouponId, issueNo: number, orderId: OrderId): string {
    if (!this.#database.ledgerOf(couponId).rows.has(issueNo)) return 'absent';
    const redemption = this.ordersOf(couponId, issueNo).get(orderId);
    if (redemption === undefined) return 'not_redeemed';
    if (redemption.cancelled) return 'cancelled';
    this.markCancelled(redemption);
    if (this.onCancel === 'restore') this.setUsed(couponId, issueNo, undefined);
    return 'cancelled';
  }

  revoke(couponId: CouponId, issueNo: number): string {
    const { rows, revoked } = this.#database.ledgerOf(couponId);
    const holder = rows.get(issueNo)?.holder ?? revoked.get(issueNo);
    return holder === undefined ? 'absent' : this.#database.revoke(couponId, 0, issueNo, holder);
  }

  ordersOf(couponId: CouponId, issueNo: number): Map<OrderId, RedemptionRow> {
    const name = `${couponId}/${issueNo}`;
    const orders = this.#rows.get(name) ?? new Map<OrderId, RedemptionRow>();
    this.#rows.set(name, orders);
    return orders;
  }

  /** Before use and expiry: an order that redeemed in time gets its answer also afterwards. */
  protected answerToKnown(earlier: RedemptionRow | undefined): string | undefined {
    if (earlier === undefined) return undefined;
    return earlier.cancelled ? 'redemption_cancelled' : 'repeated';
  }

  protected markCancelled(redemption: RedemptionRow): void {
    redemption.cancelled = true;
  }

  protected isExpired(): boolean {
    return this.#nowMs() >= this.expiresAtMs;
  }

  protected setUsed(couponId: CouponId, issueNo: number, usedAtMs: number | undefined): void {
    const { rows } = this.#database.ledgerOf(couponId);
    const row = rows.get(issueNo);
    if (row !== undefined) rows.set(issueNo, { ...row, usedAtMs });
  }
}
