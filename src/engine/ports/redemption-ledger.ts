/**
 * Records redemptions: an order uses an issuance, and a cancelled order releases it or leaves it used.
 *
 * I9: an issuance has at most one live redemption, and the same order always gets the same answer.
 * `testing/contracts/redemption-ledger-contract.ts` is what every back end must satisfy.
 */
import type { CouponId, HolderId, MemberId } from '../domain/coupon.js';
import type { OrderId, Redeemer, WalletState } from '../domain/redemption.js';
import type { AuditActor } from './audit-log.js';
import type { Discount } from '../domain/discount.js';
import type { LedgerRow } from './issuance-ledger.js';

/** An issuance as its coupon's rules show it. */
export interface WalletRow extends LedgerRow {
  readonly name: string;
  readonly discount: Discount | undefined;
  readonly sellerId: string;
  readonly redeemBy: Redeemer;
  readonly expiresAtMs: number | undefined;
  /** End of a hold that is not confirmed. */
  readonly confirmByMs: number | undefined;
  /** By the database's clock. */
  readonly state: WalletState;
  /** Order of the redemption that used it; `undefined` for uses from before orders had ids. */
  readonly orderId: OrderId | undefined;
}

/**
 * By the member. Without the unit, of the member's units: the one that the order has redeemed; else the first one that can be redeemed;
 * else the first one that is not used.
 */
export interface OfMember {
  readonly couponId: CouponId;
  readonly memberId: MemberId;
  readonly unit?: number | undefined;
}

/** One issuance: by its number, or by its member. */
export type IssuanceName = { readonly couponId: CouponId; readonly issueNo: number } | OfMember;

export interface Redemption {
  readonly couponId: CouponId;
  readonly issueNo: number;
  readonly holder: HolderId;
  readonly orderId: OrderId;
  readonly redeemedAtMs: number;
  readonly expiresAtMs: number | undefined;
}

export interface CancelledRedemption extends Redemption {
  readonly cancelledAtMs: number;
  /** Present state of the issuance. */
  readonly state: WalletState;
}

export interface HistoryEntry {
  readonly orderId: OrderId;
  readonly redeemedAtMs: number;
  readonly cancelledAtMs: number | undefined;
  readonly by: Pick<AuditActor, 'kind' | 'id'>;
}

/** In the order in which they are checked. */
export type RedeemResult =
  /** No row: not issued, or not recorded yet. */
  | { readonly status: 'absent' }
  /** The same order had redeemed it before. */
  | { readonly status: 'repeated'; readonly redemption: Redemption }
  /** This order was cancelled: its id is dead, so that a late duplicate of its request cannot redeem again. */
  | { readonly status: 'redemption_cancelled' }
  | { readonly status: 'already_used' }
  | { readonly status: 'redeem_at_shop' }
  | { readonly status: 'coupon_expired'; readonly expiresAtMs: number }
  /** Held, and no order has confirmed it. */
  | { readonly status: 'not_confirmed' }
  | { readonly status: 'redeemed'; readonly redemption: Redemption };

export type CancelResult =
  | { readonly status: 'absent' }
  | { readonly status: 'not_redeemed' }
  | { readonly status: 'cancelled'; readonly redemption: CancelledRedemption };

export type WalletOrder = 'coupon' | 'newest';

export interface WalletCursor {
  readonly issuedAtMs: number;
  readonly couponId: number;
  readonly unit: number;
}

/**
 * Instants are the database's, which also judges expiry: two clocks would contradict each other in an export.
 *
 * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat it, the same order gets the same answer.
 */
export interface RedemptionLedger {
  /** `actor.kind` `member`: the rule `redeemBy` applies. */
  redeem(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<RedeemResult>;
  /** Safe to repeat. The audit log gets an entry for the first time. */
  cancel(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<CancelResult>;
  /** Up to `limit`, the latest first; `absent` where the issuance has no row. */
  history(issuance: IssuanceName, limit: number): Promise<HistoryEntry[] | 'absent'>;
  /** One issuance as a wallet shows it; `undefined` where it has no row. A member without a unit means the first unit. */
  find(issuance: IssuanceName): Promise<WalletRow | undefined>;
  /** What a member holds after `after`: ascending by coupon id and unit, or the newest first. */
  wallet(
    memberId: MemberId,
    order: WalletOrder,
    after: WalletCursor | undefined,
    limit: number,
  ): Promise<WalletRow[]>;
}
