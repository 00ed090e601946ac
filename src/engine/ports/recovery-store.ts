/**
 * Defines the steps that verify a coupon, or rebuild it, after Redis may have lost data.
 *
 * One process rebuilds while the others wait. Out of service means that `admit`, `amend` and `revoke` answer
 * `not_ready`, and that there is no snapshot.
 */
import type { CouponId, CouponTerms, Issuance } from '../domain/coupon.js';
import type { LastChange } from './admission.js';

/** The lowest state that can be verified: what the store has of a coupon, whether it is in service or not. */
export interface Inspection {
  /**
   * - `unverified`: not in service until {@link RecoveryStore.markVerified}; the store's server is not the one it was last verified on.
   * - `damaged`: not in service until it is rebuilt; the store has lost a part of it, or another part has taken its name.
   * - `earlier_life`: another coupon of this installation, which had the same id before the database lost it. Out of service.
   * - `foreign`: keys of another installation, or of another application.
   */
  readonly status: 'serving' | 'unverified' | 'damaged' | 'earlier_life' | 'foreign';
  readonly epoch: number;
  readonly version: number;
  readonly lastIssueNo: number;
  /** The highest number that any caller on this server had received. */
  readonly seenIssueNo: number;
  readonly storeNowMs: number;
  /** When the first one asked on this server. */
  readonly sinceMs: number;
  /** The run id of the server on which this was read; '' where the store has none. */
  readonly server: string;
}

export interface RecoveryLock {
  /** Names this recovery; never used before. The same token again renews the lock. */
  readonly token: string;
  /** How long the recovering process may be silent before another one takes over. */
  readonly lockMs: number;
}

export interface SuspendRequest extends RecoveryLock {
  /** The epoch found to have lost data; `undefined` when the coupon was not there. */
  readonly epoch: number | undefined;
  readonly seenIssueNo: number;
  /** Birth of the catalogue's coupon. Parts of another coupon are not taken into the rebuild. */
  readonly birth?: string | undefined;
}

/** What the catalogue knows of a coupon, so that the store can compare it with its own. */
export interface ExpectedCoupon {
  readonly birth?: string | undefined;
  /** The catalogue has never put the coupon in: a key with its name belongs to another coupon. */
  readonly neverWarmed?: boolean;
}

export type SuspendReply =
  /** `serving`: another epoch is in service by now. `busy`: another process is recovering it. */
  | { readonly status: 'serving' | 'busy' }
  | {
      readonly status: 'begun';
      readonly storeNowMs: number;
      /** When the first process noticed. */
      readonly sinceMs: number;
      readonly lastIssueNo: number;
      /** The coupon was in service and has lost a part, and what a recorder holds in memory is in another part: no claim is waited for. */
      readonly claimsKnown: boolean;
      /** Where the store still knew them. */
      readonly terms: (CouponTerms & { readonly version: number }) | undefined;
    };

/**
 * - `recorded`: rows of the ledger; they are kept, whatever the store held.
 * - `unrecorded`: queued, claimed or dead-lettered; taken unless the member holds as high a number.
 * - `revoked`: taken out where the member still holds that very number.
 */
export type MergeSource = 'recorded' | 'unrecorded' | 'revoked';

export interface ResumeCoupon extends CouponTerms {
  readonly couponId: CouponId;
  readonly version: number;
  readonly epoch: number;
  readonly lastIssueNo: number;
  /** None when absent. */
  readonly lastChange?: LastChange;
}

/** @throws like {@link Admission}: StoreUnavailableError, StoreOutcomeUnknownError. Every step may be repeated. */
export interface RecoveryStore {
  /** `absent`: never warmed, lost, or being recovered. */
  inspect(couponId: CouponId, seenIssueNo: number, expected?: ExpectedCoupon): Promise<Inspection | 'absent'>;
  /**
   * Puts a coupon that still has the epoch that was found (back) into service, under `raiseTo` where that is higher.
   * Nothing happens on another server than the one it was found on: a late command may reach an older copy of the
   * coupon.
   */
  markVerified(
    couponId: CouponId,
    found: Pick<Inspection, 'epoch' | 'server'>,
    raiseTo: number,
  ): Promise<void>;
  suspend(couponId: CouponId, request: SuspendRequest): Promise<SuspendReply>;
  /**
   * Takes up to {@link STEP_ISSUANCES_MAX} issuances into those of a suspended coupon, and renews the lock.
   * Answers with issuances of the store that a row displaced.
   */
  merge(
    couponId: CouponId,
    lock: RecoveryLock,
    source: MergeSource,
    issuances: readonly Issuance[],
  ): Promise<readonly Issuance[] | 'taken_over'>;
  /** Puts it back into service; the next number is above `lastIssueNo` and above all that was merged. */
  resume(token: string, coupon: ResumeCoupon): Promise<'resumed' | 'taken_over'>;
}
