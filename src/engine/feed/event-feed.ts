/**
 * Gives a seller's events one order and reads them in it, for followers that must miss none (I11).
 *
 * Placing is done for sellers whose feed is read, by the reader: the feed of a seller without followers costs nothing. A range of numbers gets
 * its place when all of it is settled (settled-rows.ts), so 100,000 issuances are a few entries and the recorder writes what it wrote before.
 * Readers of all processes place at the same time; the log lets one of two win.
 *
 * Rejected: a cursor of one number per coupon (a seller has 100,000), and a cursor over an auto-increment id, whose values commit out of order.
 */
import { chunksOf } from '../domain/chunks.js';
import type { Clock } from '../domain/clock.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import { FEED_START, type FeedPosition } from '../domain/events.js';
import {
  FEED_COUPONS_MAX,
  FEED_END_WITHIN_MS,
  FEED_HOT_MS,
  FEED_PLACE_EVERY_MS,
  FEED_PLACE_WITHIN_MS,
  FEED_PLACED_ROWS_MAX,
  FEED_SELLERS_MAX,
  FEED_WAITING_MAX,
  STEP_ISSUANCES_MAX,
  LOAD_BATCH_MAX,
} from '../domain/limits.js';
import type { Admission } from '../ports/admission.js';
import type { EventLog, FollowedCoupon, Placement } from '../ports/event-log.js';
import { type EventFilter, type EventPage, readEvents } from './read-events.js';
import type { SettledRows } from './settled-rows.js';

export interface EventFeedPorts {
  readonly events: EventLog;
  readonly admission: Pick<Admission, 'snapshots'>;
  readonly settledRows: Pick<SettledRows, 'read'>;
  readonly clock: Clock;
}

/** What this process keeps about a seller whose feed is read. Dropping an entry costs a longer scan. */
interface FollowedSeller {
  placing: Promise<void> | undefined;
  placedAtMs: number;
  /** Where the scan of a seller with very many coupons continues; `Infinity`: from the newest. */
  scanBelow: number;
  /** Coupons that had events lately: placed each time, wherever the scan is. */
  readonly hotUntilMs: Map<CouponId, number>;
}

/** @throws StoreUnavailableError, StoreOutcomeUnknownError: read again. */
export class EventFeed {
  readonly #ports: EventFeedPorts;
  readonly #sellers = new Map<string, FollowedSeller>();

  constructor(ports: EventFeedPorts) {
    this.#ports = ports;
  }

  /** Places what is settled by now, then reads. @returns `removed` where events above the position are no longer kept. */
  async read(
    sellerId: string,
    after: FeedPosition,
    filter: EventFilter,
    limit: number,
  ): Promise<EventPage | 'removed'> {
    await this.place(sellerId);
    const page = await readEvents(this.#ports.events, sellerId, after, filter, limit);
    // Asked afterwards: events may be removed meanwhile. Of an entry that was read in part, the rest must still be there.
    const { removedSeq } = await this.#ports.events.bounds(sellerId);
    const readWhole = after.no === undefined ? after.seq : after.seq - 1;
    return readWhole < removedSeq && after.seq !== FEED_START.seq ? 'removed' : page;
  }

  /**
   * The position after what has happened by now: places it first, as far as it is settled. Of a seller with more history than can be placed
   * in time, some old events come after this position.
   */
  async end(sellerId: string): Promise<FeedPosition> {
    const seller = this.#sellerOf(sellerId);
    await seller.placing?.catch(() => undefined);
    seller.scanBelow = Infinity;
    const untilMs = this.#ports.clock.monotonicMs() + FEED_END_WITHIN_MS;
    do await this.#place(sellerId, seller);
    while (seller.scanBelow !== Infinity && this.#ports.clock.monotonicMs() < untilMs);
    const { lastSeq } = await this.#ports.events.bounds(sellerId);
    return { seq: lastSeq };
  }

  /** Gives places to what is settled. Callers meanwhile share the work. */
  place(sellerId: string): Promise<void> {
    const seller = this.#sellerOf(sellerId);
    const nowMs = this.#ports.clock.monotonicMs();
    if (seller.placing === undefined && nowMs - seller.placedAtMs < FEED_PLACE_EVERY_MS) {
      return Promise.resolve();
    }
    seller.placing ??= this.#place(sellerId, seller).finally(() => {
      seller.placing = undefined;
      seller.placedAtMs = this.#ports.clock.monotonicMs();
    });
    return seller.placing;
  }

  async #place(sellerId: string, seller: FollowedSeller): Promise<void> {
    const { events, admission, clock } = this.#ports;
    const nowMs = clock.nowMs();
    const ready = (await this.#coupons(sellerId, seller)).filter((coupon) => hasNews(coupon, nowMs));
    const placements: Placement[] = [];
    for (const coupons of chunksOf(ready, LOAD_BATCH_MAX)) {
      const snapshots = await admission.snapshots(coupons.map(({ couponId }) => couponId));
      for (const [place, coupon] of coupons.entries()) {
        const placement = await this.#placementOf(coupon, snapshots[place], nowMs);
        if (placement === undefined) continue;
        placements.push(placement);
        seller.hotUntilMs.set(coupon.couponId, clock.monotonicMs() + FEED_HOT_MS);
      }
    }
    const untilMs = clock.monotonicMs() + FEED_PLACE_WITHIN_MS;
    let more = await events.place(sellerId, placements, nowMs, FEED_WAITING_MAX);
    // A sweep of holds or a sale writes thousands a second. The seller's lock is free between two of these.
    while (more && clock.monotonicMs() < untilMs)
      more = await events.place(sellerId, [], nowMs, FEED_WAITING_MAX);
  }

  /** The part of the seller's coupons whose turn it is, those with waiting events, and the hot ones. */
  async #coupons(sellerId: string, seller: FollowedSeller): Promise<FollowedCoupon[]> {
    const { events, clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    const { coupons, next } = await events.followed(sellerId, seller.scanBelow, FEED_COUPONS_MAX);
    seller.scanBelow = next ?? Infinity;
    const found = new Set(coupons.map(({ couponId }) => couponId));
    for (const [couponId, untilMs] of seller.hotUntilMs)
      if (untilMs < nowMs) seller.hotUntilMs.delete(couponId);
    const others = new Set([...seller.hotUntilMs.keys(), ...(await events.awaited(sellerId))]);
    const missing = [...others].filter((couponId) => !found.has(couponId));
    return missing.length === 0
      ? [...coupons]
      : [...coupons, ...(await events.followedOf(sellerId, missing))];
  }

  async #placementOf(
    coupon: FollowedCoupon,
    snapshot: CouponSnapshot | undefined,
    nowMs: number,
  ): Promise<Placement | undefined> {
    const { couponId, placedNo, awaitedNo, soldOutNo, reportedClosed } = coupon;
    const isFull = snapshot !== undefined && snapshot.issued >= snapshot.quantity;
    const isClosed = closedBy(coupon, nowMs);
    // Closed and sold out come after the last number, so the frontier has to reach it, also where it was revoked.
    const lastNo = (isFull || isClosed) && snapshot !== undefined ? snapshot.lastIssueNo : 0;
    const { settledNo, lastIssuedAtMs } = await this.#settle(couponId, placedNo, Math.max(awaitedNo, lastNo));
    const isComplete = settledNo >= lastNo;
    const soldOut =
      isFull && isComplete && settledNo > soldOutNo
        ? { quantity: snapshot.quantity, at: new Date(nowMs).toISOString() }
        : undefined;
    const closesNow = isClosed && isComplete && !reportedClosed;
    const closedAtMs = Math.min(nowMs, coupon.closesAtMs ?? nowMs);
    const closed = closesNow ? { at: new Date(closedAtMs).toISOString() } : undefined;
    const reopened = reportedClosed && !isClosed;
    if (settledNo === placedNo && soldOut === undefined && closed === undefined && !reopened)
      return undefined;
    return { couponId, placedNo, settledNo, lastIssuedAtMs, soldOut, closed, reopened };
  }

  async #settle(
    couponId: CouponId,
    placedNo: number,
    upTo: number,
  ): Promise<Pick<Placement, 'settledNo' | 'lastIssuedAtMs'>> {
    let settledNo = placedNo;
    let lastIssuedAtMs: number | undefined;
    for (let rows = 0; rows < FEED_PLACED_ROWS_MAX; rows += STEP_ISSUANCES_MAX) {
      const page = await this.#ports.settledRows.read(couponId, settledNo, STEP_ISSUANCES_MAX, upTo);
      lastIssuedAtMs = page.rows.at(-1)?.issuedAtMs ?? lastIssuedAtMs;
      settledNo = page.frontier;
      if (!page.more) break;
    }
    return { settledNo, lastIssuedAtMs };
  }

  #sellerOf(sellerId: string): FollowedSeller {
    const seller = this.#sellers.get(sellerId) ?? {
      placing: undefined,
      placedAtMs: -Infinity,
      scanBelow: Infinity,
      hotUntilMs: new Map<CouponId, number>(),
    };
    this.#sellers.delete(sellerId);
    this.#sellers.set(sellerId, seller);
    if (this.#sellers.size > FEED_SELLERS_MAX) {
      const [oldest] = this.#sellers.keys();
      if (oldest !== undefined) this.#sellers.delete(oldest);
    }
    return seller;
  }
}

function hasNews(coupon: FollowedCoupon, nowMs: number): boolean {
  return (
    Math.max(coupon.highestRowNo, coupon.awaitedNo) > coupon.placedNo ||
    closedBy(coupon, nowMs) !== coupon.reportedClosed
  );
}

function closedBy({ closedBySeller, closesAtMs }: FollowedCoupon, nowMs: number): boolean {
  return closedBySeller || (closesAtMs !== undefined && closesAtMs <= nowMs);
}
