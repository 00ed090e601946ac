/**
 * Defines the durable record: one row per live issuance.
 *
 * The keys of the database are the last guard of I1 and I2. `testing/contracts/issuance-ledger-contract.ts` tests every
 * back end.
 */
import type { AuditEntry } from './audit-log.js';
import type { CouponId, HolderId, Issuance, MemberId } from '../domain/coupon.js';

/** What became of one batch. The five add up to its length. */
export interface RecordResult {
  readonly inserted: number;
  /** The same row (number, holder) already existed: a replay. */
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

/** Issuances of one coupon, and the epoch under which they were claimed. */
export interface ClaimedBatch {
  readonly couponId: CouponId;
  /** The coupon's epoch when the batch was taken: the ledger refuses what was taken before a rebuild. */
  readonly epoch: number;
  readonly issuances: readonly Issuance[];
  /** The quantity that the admission store enforced then; absent where it is unknown. */
  readonly quantity?: number | undefined;
}

export interface LedgerRow extends Issuance {
  readonly couponId: CouponId;
  readonly usedAtMs: number | undefined;
}

export interface LedgerCounts {
  readonly recorded: number;
  /** Recorded, and an order has confirmed the hold. */
  readonly confirmed: number;
  /** Recorded, and used. */
  readonly redeemed: number;
  readonly deadLettered: number;
}

export interface IssuanceLedger {
  /**
   * Writes a batch durably, in one transaction; safe to repeat any number of times. Deadlocks and lock waits are repeated
   * whole inside; a row the schema refuses is found by halving and the others proceed.
   *
   * The batch's epoch is compared with the catalogue's in the same transaction: once {@link CouponCatalogue.nextEpoch}
   * has answered, nothing of an earlier epoch becomes a row. A coupon that is not in the catalogue has none.
   *
   * There are never more rows than the batch's quantity or, where that is higher (a change of terms may have reached only
   * one of the two stores), the catalogue's; the highest numbers of the batch that would be beyond it are dead-lettered.
   *
   * @throws StoreUnavailableError | StoreOutcomeUnknownError when the database did not answer: the caller keeps the claim.
   */
  record(batch: ClaimedBatch): Promise<RecordResult>;

  /**
   * Writes batches of several coupons in one transaction, all of their rows or none. Only rows without any conflict are
   * written this way. Otherwise a batch holds a replay, a row that the schema refuses, a revoked number or another epoch,
   * or encounters a lock, and nothing was written.
   *
   * @returns `recorded`, or for each batch whether it is `stale` (its coupon was rebuilt since, so that it never becomes
   *   rows) or is to be recorded alone.
   * @throws like {@link record}, for all batches.
   */
  recordTogether(batches: readonly ClaimedBatch[]): Promise<'recorded' | readonly ('stale' | 'contested')[]>;

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
    holder: HolderId,
    atMs: number,
    audit?: AuditEntry,
  ): Promise<'revoked' | 'again' | 'used' | 'stale'>;

  /** The former holder of a revoked number, or `undefined` when the number was never revoked. */
  revokedHolder(couponId: CouponId, issueNo: number): Promise<HolderId | undefined>;

  rowOf(couponId: CouponId, holder: HolderId): Promise<LedgerRow | undefined>;
  rowAt(couponId: CouponId, issueNo: number): Promise<LedgerRow | undefined>;
  /** Ascending by issueNo, those above `afterIssueNo`, up to `limit`. */
  rows(couponId: CouponId, afterIssueNo: number, limit: number): Promise<LedgerRow[]>;
  /** All units of the member, ascending. */
  rowsOfMember(couponId: CouponId, memberId: MemberId): Promise<LedgerRow[]>;
  /** Uses it once. `absent`: no such row (not issued, or not recorded yet). */
  use(couponId: CouponId, holder: HolderId, atMs: number): Promise<LedgerRow | 'already_used' | 'absent'>;

  /** Reads every row of the coupons, so its cost grows with them. */
  counts(couponIds: readonly CouponId[]): Promise<LedgerCounts[]>;
  /** The highest number in rows, revocations and dead letters of each coupon, of at most 500; 0 when there is none. */
  highestIssueNos(couponIds: readonly CouponId[]): Promise<number[]>;
}
