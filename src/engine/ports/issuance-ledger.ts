/**
 * Defines the durable record: one row per live issuance.
 *
 * The keys of the database are the last guard of I1 and I2. `testing/contracts/issuance-ledger-contract.ts` tests every
 * back end.
 */
import type { AuditEntry } from './audit-log.js';
import type { CouponId, Issuance, MemberId } from '../domain/coupon.js';

/** What became of one batch. The five add up to its length. */
export interface RecordResult {
  readonly inserted: number;
  /** The same row (number, member) already existed: a replay. */
  readonly replayed: number;
  /** Revoked before it was recorded: no row, and none later. */
  readonly revoked: number;
  /**
   * Contradicts an existing row, is beyond the quantity, or is refused by the schema: kept in `dead_letter` with its
   * reason.
   */
  readonly deadLettered: number;
  /** Claimed before the coupon was rebuilt: nothing was written, since the numbers may be given to others by now. */
  readonly stale: number;
}

export interface LedgerRow extends Issuance {
  readonly couponId: CouponId;
  readonly usedAtMs: number | undefined;
}

export interface LedgerCounts {
  readonly recorded: number;
  readonly deadLettered: number;
}

export interface IssuanceLedger {
  /**
   * Writes a batch durably, in one transaction; safe to repeat any number of times. Deadlocks and lock waits are repeated
   * whole inside; a row the schema refuses is found by halving and the others proceed.
   *
   * @param epoch under which the issuances were claimed. Compared with the catalogue's in the same transaction: once
   *   {@link CouponCatalogue.nextEpoch} has answered, nothing of an earlier epoch becomes a row. A coupon that is not in the catalogue has none.
   *
   * @param quantity that the admission store obeyed when they were claimed. There are never more rows than this or, where that is
   *   higher (a change of terms may have reached only one of the two), the catalogue's quantity; the highest numbers of the batch that
   *   would be beyond it are dead-lettered. Absent: the catalogue's alone.
   *
   * @throws StoreUnavailableError | StoreOutcomeUnknownError when the database did not answer: the caller keeps the claim.
   */
  record(
    couponId: CouponId,
    epoch: number,
    issuances: readonly Issuance[],
    quantity?: number,
  ): Promise<RecordResult>;

  /**
   * Forbids a number for ever and removes its row if there is one, in one transaction with the record of who did it.
   * - `used`: the member has used it already; nothing changed.
   * - `again`: revoked before; nothing changed.
   * - `stale`: the coupon was rebuilt since, and the number may be another member's by now; nothing changed.
   *
   * @param epoch of the catalogue, read before the holder of the number was; compared as in {@link record}.
   */
  revoke(
    couponId: CouponId,
    epoch: number,
    issueNo: number,
    memberId: MemberId,
    atMs: number,
    audit?: AuditEntry,
  ): Promise<'revoked' | 'again' | 'used' | 'stale'>;

  /** The former holder of a revoked number, or `undefined` when the number was never revoked. */
  revokedHolder(couponId: CouponId, issueNo: number): Promise<MemberId | undefined>;

  rowOf(couponId: CouponId, memberId: MemberId): Promise<LedgerRow | undefined>;
  rowAt(couponId: CouponId, issueNo: number): Promise<LedgerRow | undefined>;
  /** Ascending by issueNo, those above `afterIssueNo`, up to `limit`. */
  rows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<LedgerRow[]>;
  /** Ascending by coupon id, those above `afterCouponId`, up to `limit`. */
  rowsOfMember(memberId: MemberId, afterCouponId: number, limit: number): Promise<LedgerRow[]>;
  /** Uses it once. `absent`: no such row (not issued, or not recorded yet). */
  use(couponId: CouponId, memberId: MemberId, atMs: number): Promise<LedgerRow | 'already_used' | 'absent'>;

  counts(couponIds: readonly CouponId[]): Promise<LedgerCounts[]>;
  /** The highest number in rows, revocations and dead letters; 0 when there is none. */
  highestIssueNo(couponId: CouponId): Promise<number>;
}
