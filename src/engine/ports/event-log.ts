/**
 * Stores the events of each seller in one order that never changes (feed/event-feed.ts).
 *
 * Issuances have no event of their own in the store: an entry names a range of numbers, and the rows are the events. So it is with numbers
 * that were taken back together, whose revocations are the events. What else happens is written by its own transaction. All but issuances
 * wait until they get their places. An event about a number comes after the number itself.
 * `testing/contracts/event-feed-contract.ts` tests every back end.
 */
import type { CouponId, Issuance } from '../domain/coupon.js';
import type { EventFields, EventKind } from '../domain/events.js';
import type { TakeBackReason } from './hold-ledger.js';

/** What the log knows of a coupon whose events may be ready to be placed. */
export interface FollowedCoupon {
  readonly couponId: CouponId;
  /** Every number up to this one has its place. */
  readonly placedNo: number;
  /** The highest number of a row; 0 without one. */
  readonly highestRowNo: number;
  /** The highest number that a waiting event is about; 0 without one. */
  readonly awaitedNo: number;
  /** At this number the coupon was last reported sold out; 0: never. */
  readonly soldOutNo: number;
  /** Whether the coupon was last reported closed. */
  readonly reportedClosed: boolean;
  readonly closedBySeller: boolean;
  readonly closesAtMs: number | undefined;
}

export interface FollowedPage {
  readonly coupons: readonly FollowedCoupon[];
  /** Ask for those below this id; `undefined` on the last page. */
  readonly next: number | undefined;
}

/** What is to be placed of one coupon, in this order: its numbers, sold out, closed. */
export interface Placement {
  readonly couponId: CouponId;
  /** As it was read; where it has changed since, nothing of this coupon is placed. */
  readonly placedNo: number;
  /** Every number up to this one is explained. */
  readonly settledNo: number;
  /** Time of the last row that was read; `undefined` where no number has a row. */
  readonly lastIssuedAtMs: number | undefined;
  readonly soldOut: EventFields | undefined;
  readonly closed: EventFields | undefined;
  /** The coupon was reported closed and is open again, which is not an event. */
  readonly reopened: boolean;
}

export type FeedEntry =
  | {
      readonly kind: 'issuances';
      readonly seq: number;
      readonly couponId: CouponId;
      readonly firstNo: number;
      readonly lastNo: number;
      readonly lastIssuedAtMs: number | undefined;
    }
  | {
      readonly kind: 'taken_back';
      readonly seq: number;
      readonly couponId: CouponId;
      readonly id: number;
      /** The lowest of those that were taken back together; between them may be others. */
      readonly firstNo: number;
      readonly lastNo: number;
      readonly reason: TakeBackReason;
      readonly holdMs: number;
      readonly takenAtMs: number;
    }
  | {
      readonly kind: Exclude<EventKind, 'issuance.recorded'>;
      readonly seq: number;
      readonly couponId: CouponId;
      readonly id: number;
      readonly fields: EventFields;
    };

export interface FeedBounds {
  /** Sequence number of the last entry; 0 without entries. */
  readonly lastSeq: number;
  /** Entries up to this one have been removed. */
  readonly removedSeq: number;
}

/** @throws StoreUnavailableError: nothing was written. StoreOutcomeUnknownError: it may have been; every method may be repeated. */
export interface EventLog {
  /** Coupons of this seller with ids below `beforeCouponId`, the highest first. */
  followed(sellerId: string, beforeCouponId: number, limit: number): Promise<FollowedPage>;
  /** The same for single coupons; those of other sellers are left out. */
  followedOf(sellerId: string, couponIds: readonly CouponId[]): Promise<FollowedCoupon[]>;
  /** Coupons of this seller that waiting events are about, whose numbers have no place yet. */
  awaited(sellerId: string): Promise<CouponId[]>;
  /**
   * Gives places, in one transaction: to these, then to waiting events whose numbers have theirs, up to `limit`.
   * @returns whether as many as `limit` got their places, so that more may wait.
   */
  place(sellerId: string, placements: readonly Placement[], atMs: number, limit: number): Promise<boolean>;
  /** Ascending, those above `afterSeq`. An entry is never seen before one with a lower `seq`. */
  entries(sellerId: string, afterSeq: number, limit: number): Promise<FeedEntry[]>;
  bounds(sellerId: string): Promise<FeedBounds>;
  /** Everything that was ever a row, revoked ones included: ascending, above `afterNo` and up to `lastNo`. */
  issuances(couponId: CouponId, afterNo: number, lastNo: number, limit: number): Promise<Issuance[]>;
  /** Those that were taken back together with `firstNo`, the lowest of them: ascending, above `afterNo` and up to `lastNo`. */
  takenBack(
    couponId: CouponId,
    firstNo: number,
    afterNo: number,
    lastNo: number,
    limit: number,
  ): Promise<Issuance[]>;
  /**
   * Removes events from before `beforeMs`, up to `limit`, except those that a webhook has still to deliver. A disabled webhook that has failed
   * since before then keeps none. @returns how many.
   */
  removeOld(beforeMs: number, limit: number): Promise<number>;
}
