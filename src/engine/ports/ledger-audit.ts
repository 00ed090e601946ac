/** Reads what the ledger has besides rows: dead letters and revoked numbers. */
import type { CouponId, Issuance, MemberId } from '../domain/coupon.js';

export interface DeadLetter {
  readonly issueNo: number;
  /** As it came: not always a valid member id. */
  readonly memberId: string;
  readonly issuedAtMs: number;
  readonly reason: string;
}

export interface Revocation {
  readonly issueNo: number;
  readonly memberId: MemberId;
  readonly revokedAtMs: number;
}

/** @throws StoreUnavailableError: it only reads. */
export interface LedgerAudit {
  /** Ascending by number and member, those after `after`, up to `limit`. */
  deadLetters(
    couponId: CouponId,
    after: Pick<DeadLetter, 'issueNo' | 'memberId'> | undefined,
    limit: number,
  ): Promise<DeadLetter[]>;
  /** Ascending by number, those above `afterIssueNo`, up to `limit`. */
  revocations(couponId: CouponId, afterIssueNo: number, limit: number): Promise<Revocation[]>;
  /** The rows of up to {@link ISSUANCES_MAX} members, in no order. */
  rowsOf(couponId: CouponId, memberIds: readonly MemberId[]): Promise<Issuance[]>;
}
