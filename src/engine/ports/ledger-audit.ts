/** Reads what the ledger has besides rows: dead letters and revoked numbers. */
import type { CouponId, HolderId, Issuance } from '../domain/coupon.js';

export interface DeadLetter {
  readonly issueNo: number;
  /** As it came: not always a valid holder. */
  readonly holder: string;
  readonly issuedAtMs: number;
  readonly reason: string;
}

export interface Revocation {
  readonly issueNo: number;
  readonly holder: HolderId;
  readonly revokedAtMs: number;
}

/** @throws StoreUnavailableError: it only reads. */
export interface LedgerAudit {
  /** Ascending by number and holder, those after `after`, up to `limit`. */
  deadLetters(
    couponId: CouponId,
    after: Pick<DeadLetter, 'issueNo' | 'holder'> | undefined,
    limit: number,
  ): Promise<DeadLetter[]>;
  /** Ascending by number, those above `afterIssueNo`, up to `limit`. */
  revocations(couponId: CouponId, afterIssueNo: number, limit: number): Promise<Revocation[]>;
  /** The rows of up to {@link STEP_ISSUANCES_MAX} holders, in no order. */
  rowsOf(couponId: CouponId, holders: readonly HolderId[]): Promise<Issuance[]>;
}
