/**
 * Defines the queue with leases that moves issuances from the admission store to the ledger.
 *
 * `testing/contracts/issuance-queue-contract.ts` tests every back end. The embedded back end has no queue, because its
 * decision and row are one transaction (docs/adr/0003).
 */
import type { CouponId, Issuance } from '../domain/coupon.js';

/**
 * A batch taken out of the queue under a lease. No other recorder sees it until it is acked or released, or the lease
 * ends.
 */
export interface Claim {
  readonly couponId: CouponId;
  /** The coupon's epoch when the batch was taken: the ledger refuses what was taken before a rebuild. */
  readonly epoch: number;
  /** Names the claim in `ack` and `release`. Opaque; a claim taken over after its lease has ended has a new one. */
  readonly token: string;
  /** The quantity that the store enforces, where the store reports it: the last guard of the ledger. */
  readonly quantity?: number;
  /** Ascending by issueNo, at least one. */
  readonly issuances: readonly Issuance[];
  /** What the store's clock showed when the claim was taken, where the store reports it. */
  readonly storeNowMs?: number;
  readonly backlog: Backlog;
}

/**
 * What could be claimed right after a claim: nothing, less than was asked for, or another whole batch. A claim that was
 * taken over is reported as `full`, since nothing has counted how many more of its kind there are.
 */
export type Backlog = 'empty' | 'partial' | 'full';

/** For those who watch over the recording. */
export interface BacklogAge {
  /**
   * How long the oldest issuance without a row has waited, for each coupon asked for; 0 where everything is recorded, `undefined`
   * where the store has lost the queue or the claims.
   */
  oldestAgesMs(couponIds: readonly CouponId[]): Promise<(number | undefined)[]>;
}

export interface QueueDepth {
  /** Admitted and waiting. */
  readonly queued: number;
  /** Taken and not yet acked, expired leases included. */
  readonly claimed: number;
}

/** @throws like {@link Admission}: StoreUnavailableError, StoreOutcomeUnknownError. */
export interface IssuanceQueue {
  /**
   * Takes a batch: a claim whose lease has ended first (whole), else up to `limit` of the lowest numbers of the queue.
   * `undefined` when there is neither; `not_ready` when the coupon is out of service, or the store has lost a part of it.
   * `freshToken` must never have been used.
   */
  claim(
    couponId: CouponId,
    freshToken: string,
    limit: number,
    leaseMs: number,
  ): Promise<Claim | 'not_ready' | undefined>;

  /**
   * Ends the claim: its issuances are recorded. `false` when the token is stale (the lease ended and another recorder
   * took over).
   */
  ack(couponId: CouponId, token: string): Promise<boolean>;

  /** Gives the claim back: its issuances return to the queue under their numbers. `false` when the token is stale. */
  release(couponId: CouponId, token: string): Promise<boolean>;

  /**
   * One for each coupon asked for, in that order; `undefined` where the coupon is out of service, or the store has lost
   * its queue or its claims: then the number of issuances to record is unknown.
   */
  depths(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]>;
}

/**
 * How a recorder learns which coupons have something to record.
 *
 * `mark-pending` leaves a lasting mark before the first admission, so that a coupon whose process died right after deciding is still
 * found; `ring` is the quick, lossy part.
 */
export interface RecorderBell {
  /** Durable: until `clearPending` removes the mark, `pendingCoupons` lists this coupon. */
  markPending(couponIds: readonly CouponId[]): Promise<void>;
  /** Best effort, never throws, cheap enough for every batch. */
  ring(couponId: CouponId): void;
  /** Coupons marked pending and not cleared, the longest ago marked first. */
  pendingCoupons(limit: number): Promise<CouponId[]>;
  /** Removes marks that were last set at least `idleMs` ago (store's clock). Only for coupons seen empty. */
  clearPending(couponIds: readonly CouponId[], idleMs: number): Promise<void>;
  /** Calls back with each coupon rung anywhere; returns how to stop listening. */
  listen(onRing: (couponId: CouponId) => void): Promise<() => Promise<void>>;
}

/** What was claimed; empty where nothing was. */
export function issuancesOf(claim: Claim | 'not_ready' | undefined): readonly Issuance[] {
  return typeof claim === 'object' ? claim.issuances : [];
}
