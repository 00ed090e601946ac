/** Defines the findings of a comparison and derives what they require. */
import type { CouponId, Issuance } from '../domain/coupon.js';
import type { DeadLetter } from '../ports/ledger-audit.js';

/** How many there are, and the first of them (FINDINGS_MAX in limits.ts). */
export interface Findings<Item> {
  readonly count: number;
  readonly first: readonly Item[];
}

export interface CouponReconciliation {
  readonly couponId: CouponId;
  readonly quantity: number;
  /** `false`: only the ledger was read. */
  readonly inService: boolean;
  /** It was in service once and is not: lost, or being recovered. `--repair` waits until it serves again. */
  readonly outOfService: boolean;
  readonly admitted: number;
  readonly recorded: number;
  readonly queued: number;
  readonly claimed: number;
  readonly revoked: number;
  /** Held by a member and neither queued, claimed, recorded nor dead-lettered. `--repair` queues them. */
  readonly unrecorded: Findings<Issuance>;
  /** Rows whose member holds no such issuance: the store has lost data. `--repair` rebuilds the coupon. */
  readonly orphanedRows: Findings<Issuance>;
  /** Numbers held by two members. `--repair` rebuilds the coupon, which makes one of them a dead letter. */
  readonly duplicateNumbers: Findings<number>;
  /** Revoked in the ledger and still held. `--repair` finishes the revoke. */
  readonly unfinishedRevocations: Findings<Issuance>;
  /** Rows under a number that is revoked: a contradiction in the database. */
  readonly revokedRows: Findings<number>;
  /**
   * Issued numbers that no member holds and that were not revoked: lost issuances. Finding their members needs a manual
   * decision.
   */
  readonly gaps: Findings<number>;
  /** In the table `dead_letter`: these need a manual decision. */
  readonly deadLetters: Findings<DeadLetter>;
  /** Claims whose lease has ended and which no recorder takes over. */
  readonly stuckClaims: number;
  /** More rows than the quantity. */
  readonly excess: number;
  /** The highest number in the ledger is above the highest the store has issued: the store has lost data. */
  readonly storeBehindLedger: boolean;
  /** The catalogue has older terms than the store. `--repair` saves them. */
  readonly catalogueBehindStore: boolean;
}

/** Whether anything differs at all. */
export function isClean(found: CouponReconciliation): boolean {
  const lists = [
    ...[found.unrecorded, found.orphanedRows, found.duplicateNumbers, found.unfinishedRevocations],
    ...[found.revokedRows, found.gaps, found.deadLetters],
  ];
  const differs =
    found.outOfService ||
    found.storeBehindLedger ||
    found.catalogueBehindStore ||
    found.stuckClaims > 0 ||
    found.excess > 0;
  return !differs && lists.every((list) => list.count === 0);
}

/** Whether only a rebuild repairs the coupon. */
export function needsRebuild(found: CouponReconciliation): boolean {
  return (
    found.inService &&
    (found.orphanedRows.count > 0 || found.duplicateNumbers.count > 0 || found.storeBehindLedger)
  );
}
