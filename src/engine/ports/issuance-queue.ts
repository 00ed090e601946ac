/**
 * Defines the queue with leases that moves issuances from the admission store to the ledger.
 *
 * `testing/contracts/issuance-queue-contract.ts` tests every back end. The embedded back end has no queue, because its
 * decision and row are one transaction (docs/adr/0003).
 */
import type { CouponId } from '../domain/coupon.js';
import type { ClaimedBatch } from './issuance-ledger.js';

/** Names a claim in `ackRound` and `releaseRound`. */
export interface ClaimName {
  readonly couponId: CouponId;
  /**
   * Opaque, and unique within its coupon: the claims of one round share it. A claim taken over after its lease has ended
   * has a new one.
   */
  readonly token: string;
}

/**
 * A batch taken out of the queue under a lease. No other recorder sees it until it is acked or released, or the lease
 * ends. Its issuances ascend by issueNo, at least one.
 */
export interface Claim extends ClaimName, ClaimedBatch {
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

/** The store did not answer for one coupon: the fault is one that {@link Admission} throws. */
export interface QueueFault {
  readonly status: 'fault';
  readonly fault: unknown;
}

export interface ClaimRound {
  readonly couponIds: readonly CouponId[];
  /** Never used before, by any process. */
  readonly token: string;
  /** Issuances taken from all queues together, approximately. */
  readonly limit: number;
  readonly leaseMs: number;
}

/**
 * - `empty`: there is nothing to claim
 * - `later`: the other coupons of the round have used up the limit
 * - `not_ready`: the coupon is out of service, or the store has lost a part of it
 */
export type ClaimReply = Claim | 'empty' | 'later' | 'not_ready' | QueueFault;

/** Takes the answer for the coupon at `place` of the round. */
export type AnswerClaim = (place: number, reply: ClaimReply) => void;
/** `false`: the token is stale, because the lease ended and another recorder took over. */
export type AnswerEnding = (place: number, reply: boolean | QueueFault) => void;

/**
 * A round is an atomic step for each of its coupons, and not for all of them together. Each coupon is answered once. The
 * promise resolves when all are answered, or as soon as the remaining ones turn out to take long: their answers come
 * later. It never rejects.
 */
export interface IssuanceQueue {
  /**
   * Takes a batch of each coupon: a claim whose lease has ended first (whole), else the lowest numbers of the queue, in
   * the order of the coupons until the limit is used up.
   */
  claimRound(round: ClaimRound, answer: AnswerClaim): Promise<void>;

  /** Ends claims: their issuances are recorded. */
  ackRound(claims: readonly ClaimName[], answer: AnswerEnding): Promise<void>;

  /** Releases claims: their issuances return to the queues under their numbers. */
  releaseRound(claims: readonly ClaimName[], answer: AnswerEnding): Promise<void>;

  /** A small whole number, the same for all coupons that one node of the store serves. */
  shardOf(couponId: CouponId): number;

  /**
   * One for each coupon asked for, in that order; `undefined` where the coupon is out of service, or the store has lost
   * its queue or its claims: then the number of issuances to record is unknown.
   */
  depths(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]>;

  /**
   * Those that may have something queued or claimed, in the order asked for: all but those that are surely empty. Costs a fraction of
   * {@link depths}.
   */
  withBacklog(couponIds: readonly CouponId[]): Promise<CouponId[]>;
}

export interface PendingMark {
  readonly couponId: CouponId;
  /** When it was last set, by the store's clock. */
  readonly markedAtMs: number;
}

/** Whether the marks of pending coupons are all there; they are one key of the store, which can be lost alone. */
export interface PendingMarks {
  /**
   * Names the loss of the marks, the same for all processes until the marks are whole, or lost again. They were lost too where no process has
   * restored them yet.
   *
   * @param restored the loss after which the caller has marked every coupon that has something to record: with it the marks are whole, unless they
   *   were lost again since.
   * @returns `undefined`: the marks are whole.
   */
  lossOfMarks(restored?: string): Promise<string | undefined>;
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
  /**
   * Coupons marked pending and not cleared, the longest ago marked first.
   *
   * @param sinceMs only those whose mark was last set then or later, by the store's clock.
   */
  pendingMarks(limit: number, sinceMs?: number): Promise<PendingMark[]>;
  /** Removes marks that were last set at least `idleMs` ago (store's clock). Only for coupons seen empty. */
  clearPending(couponIds: readonly CouponId[], idleMs: number): Promise<void>;
  /** Calls back with each coupon rung anywhere; returns how to stop listening. */
  listen(onRing: (couponId: CouponId) => void): Promise<() => Promise<void>>;
}
