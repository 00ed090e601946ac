/**
 * Decides between the confirmation of a hold and its end, by the lock of its row.
 *
 * I12: of confirmation and expiry exactly one happens, and a confirmation that was answered is never taken back. No clock refuses a
 * confirmation: as long as the row exists it succeeds. `testing/contracts/hold-ledger-contract.ts` tests every back end.
 */
import type { CouponId, HolderId, Issuance, MemberId } from '../domain/coupon.js';
import type { OrderId } from '../domain/redemption.js';
import type { NumberedHolder } from './admission.js';
import type { AuditActor, AuditEntry } from './audit-log.js';
import type { IssuanceName } from './redemption-ledger.js';

export const takeBackReasons = ['hold_expired', 'hold_released', 'recalled'] as const;
/** Why an issuance was taken back without being used: its hold ran out, was released, or its coupon was recalled. */
export type TakeBackReason = (typeof takeBackReasons)[number];

export interface Confirmation {
  readonly couponId: CouponId;
  readonly issueNo: number;
  readonly holder: HolderId;
  readonly orderId: OrderId;
  readonly issuedAtMs: number;
  readonly confirmedAtMs: number;
}

/** In the order in which they are checked. */
export type ConfirmResult =
  /** The coupon has no holds. */
  | { readonly status: 'no_hold' }
  /** Neither a row nor a hold that has ended: not issued, or not recorded yet. */
  | { readonly status: 'absent' }
  /** The same order had confirmed it before. */
  | { readonly status: 'repeated'; readonly confirmation: Confirmation }
  | { readonly status: 'confirmed_by_other_order' }
  | { readonly status: 'hold_expired'; readonly ended: EndedHold }
  | { readonly status: 'redeem_at_shop' }
  | { readonly status: 'confirmed'; readonly confirmation: Confirmation };

/** What is left of a hold that was taken back. */
export interface EndedHold extends NumberedHolder {
  readonly reason: TakeBackReason;
}

/** An issuance as its hold sees it. */
export type HoldState =
  | { readonly status: 'no_hold' | 'absent' | 'confirmed' }
  | ({ readonly status: 'held' } & NumberedHolder)
  | ({ readonly status: 'ended' } & EndedHold);

/** A coupon whose issuances are held until they are confirmed. */
export interface HoldingCoupon {
  readonly couponId: CouponId;
  /** The catalogue's epoch. */
  readonly epoch: number;
  readonly holdMs: number;
}

/** Rows that are neither confirmed nor used, ascending by number, and the database's clock. */
export interface OpenRows {
  readonly rows: readonly Issuance[];
  readonly nowMs: number;
}

/** What a sweep needs of the first open rows. */
export interface OpenHead {
  readonly count: number;
  readonly firstNo: number;
  readonly lastNo: number;
  /** From the database's now until the first of them is due; 0 or below: it is. */
  readonly dueInMs: number;
  readonly due: DueHolds | undefined;
}

/** Open rows within a range of numbers that were issued at this instant or before. */
export interface DueHolds {
  readonly firstNo: number;
  readonly lastNo: number;
  readonly issuedUpToMs: number;
}

export interface TakenBack {
  /** Those whose rows were removed, ascending by number; the others were confirmed, used, taken back or never recorded. */
  readonly taken: readonly NumberedHolder[];
}

export type TakenBackCounts = Readonly<Record<TakeBackReason, number>>;

/**
 * Instants are the database's.
 *
 * @throws StoreUnavailableError, StoreOutcomeUnknownError: repeat it.
 */
export interface HoldLedger {
  /**
   * Confirms a hold for one order, which gets the same answer ever after. Of a member's units without one named: the one that the order
   * has confirmed, else the first one that is open.
   * `actor.kind` `member`: the rule `redeemBy` applies.
   */
  confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<ConfirmResult>;

  /** Reads without a lock: what {@link revokeMany} then does decides. */
  stateOf(issuance: IssuanceName): Promise<HoldState>;

  /**
   * Takes back those of many issuances that have a row that is neither confirmed nor used: forbids their numbers for ever and removes
   * their rows, in one transaction with an event for each and, where any was taken, the audit entry. A confirmation at the same
   * moment either finds its row removed, or keeps it out of the taken. Safe to repeat.
   *
   * An issuance without a row is passed over, because its row may be on its way: the caller has to call again.
   *
   * @param epoch of the catalogue, read before the issuances were; `stale`: the coupon was rebuilt since, and nothing changed.
   * @param which up to {@link STEP_ISSUANCES_MAX} by their names, or up to {@link TRANSACTION_HOLDS_MAX} numbers of a range: those that are due need not be
   *   read before.
   */
  revokeMany(
    couponId: CouponId,
    epoch: number,
    which: readonly NumberedHolder[] | DueHolds,
    reason: TakeBackReason,
    audit?: (taken: readonly NumberedHolder[]) => AuditEntry,
  ): Promise<TakenBack | 'stale'>;

  /** Ascending by id, those above `afterCouponId`, up to `limit`. */
  holdingCoupons(afterCouponId: number, limit: number): Promise<HoldingCoupon[]>;

  /** Above `afterIssueNo`, up to `limit`. */
  openRows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<OpenRows>;

  /**
   * Describes the first `limit` open rows above `afterIssueNo`; `undefined`: there is none.
   *
   * @param dueAfterMs a row is due so long after its issue.
   */
  openHead(
    couponId: CouponId,
    afterIssueNo: number,
    limit: number,
    dueAfterMs: number,
  ): Promise<OpenHead | undefined>;

  /** Numbers of the member's open rows. */
  openNumbersOf(couponId: CouponId, memberId: MemberId): Promise<number[]>;

  /** How many open rows there are above `afterIssueNo`. */
  openCount(couponId: CouponId, afterIssueNo: number): Promise<number>;

  /** What recalls have taken back, ascending by number: those above `afterIssueNo`, up to `limit`. */
  recalled(couponId: CouponId, afterIssueNo: number, limit: number): Promise<readonly NumberedHolder[]>;

  /** How many were taken back so far, by reason. What a seller revoked is not among them. */
  takenBackCounts(couponId: CouponId): Promise<TakenBackCounts>;
}
