/** Creates a seller with coupons, and does what the seller and its members do. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../domain/clock.js';
import type { CouponId } from '../../domain/coupon.js';
import { FEED_START, type FeedEvent, type FeedPosition } from '../../domain/events.js';
import { defaultRedemptionRules, parseOrderId } from '../../domain/redemption.js';
import { EventFeed } from '../../feed/event-feed.js';
import type { EventFilter } from '../../feed/read-events.js';
import { SettledRows } from '../../feed/settled-rows.js';
import type { AuditActor } from '../../ports/audit-log.js';
import type { EventLog } from '../../ports/event-log.js';
import type { RedemptionLedger } from '../../ports/redemption-ledger.js';
import { CouponWarmer } from '../../recovery/coupon-warmer.js';
import { members } from './ids.js';
import type { FrontierUnderTest } from './settled-line.js';
import { oneByOne } from './one-by-one.js';

export interface EventsUnderTest extends FrontierUnderTest {
  readonly events: EventLog;
  readonly redemptions: RedemptionLedger;
  /** A planted bug: how settled rows are read instead. */
  readonly readInstead?: SettledRows['read'];
}

const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);

export const LEASE_MS = 60_000;

/** Above the pauses between two rounds of placing, and between two searches for one number. */
const TICK_MS = 10_000;

const actor: AuditActor = { kind: 'operator', id: 'test', address: '-' };

function tickingClock(): Clock {
  let nowMs = 0;
  return { nowMs: () => Date.now(), monotonicMs: () => (nowMs += TICK_MS) };
}

/** A seller with coupons, and what the seller and its members do. */
export class FollowedShop {
  readonly sellerId = `feed-${randomUUID()}`;
  readonly #under: EventsUnderTest;
  readonly #warmer: CouponWarmer;

  constructor(under: EventsUnderTest) {
    this.#under = under;
    this.#warmer = new CouponWarmer(under);
  }

  /** As another process would have it. */
  feed(clock: Clock = tickingClock()): EventFeed {
    const { readInstead } = this.#under;
    const sound = new SettledRows({
      ...this.#under,
      admitted: this.#under.distributed?.admitted,
      warmer: this.#warmer,
      clock,
    });
    const settledRows = readInstead === undefined ? sound : { read: readInstead };
    return new EventFeed({ ...this.#under, settledRows, clock });
  }

  async coupon(quantity = 10_000, closesAtMs?: number, holdSeconds?: number): Promise<CouponId> {
    const { couponId } = await this.#under.catalogue.insert({
      ...{
        sellerId: this.sellerId,
        name: 'followed',
        quantity,
        discount: undefined,
        createdAtMs: Date.now(),
      },
      ...{ opensAtMs: undefined, closesAtMs, paused: false, closed: false },
      ...(holdSeconds === undefined ? {} : { redemption: { ...defaultRedemptionRules, holdSeconds } }),
    });
    await this.#warmer.warm(couponId);
    return couponId;
  }

  async admit(couponId: CouponId, count: number, prefix = randomUUID().slice(0, 8)): Promise<void> {
    const { admission } = this.#under;
    const [snapshot] = await admission.snapshots([couponId]);
    const memberIds = members(count, prefix);
    const epoch = snapshot?.epoch ?? 0;
    const reply = await admission.admit({ couponId, epoch, holders: memberIds, notAfterMs: FAR_FUTURE_MS });
    if (reply.status !== 'decided' || reply.issuedCount !== count) throw new Error('not all issued');
  }

  /** Issues and records. */
  async issue(couponId: CouponId, count: number): Promise<void> {
    await this.admit(couponId, count);
    await this.record(couponId, count);
  }

  /** One recorder: a claim, and its rows. */
  async record(couponId: CouponId, limit: number): Promise<boolean> {
    const finish = await this.claim(couponId, limit);
    await finish?.();
    return finish !== undefined;
  }

  /** A recorder that has claimed; what is returned writes its rows. */
  async claim(couponId: CouponId, limit: number): Promise<(() => Promise<void>) | undefined> {
    const { distributed, ledger } = this.#under;
    if (distributed === undefined) return undefined;
    const claim = await oneByOne(distributed.queue).claim(couponId, randomUUID(), limit, LEASE_MS);
    if (claim === undefined || claim === 'not_ready') return undefined;
    return async () => {
      await ledger.record(claim);
      await oneByOne(distributed.queue).ack(couponId, claim.token);
    };
  }

  async recordAll(couponId: CouponId): Promise<void> {
    while (await this.record(couponId, 1_000));
  }

  async revoke(couponId: CouponId, issueNo: number): Promise<void> {
    const { catalogue, ledger, admission } = this.#under;
    const [record] = await catalogue.find([couponId]);
    const row = await ledger.rowAt(couponId, issueNo);
    const holder = row ?? (await admission.unrecordedHolder(couponId, issueNo));
    if (holder === undefined) return;
    const done = await ledger.revoke(couponId, record?.epoch ?? 0, issueNo, holder.holder, Date.now());
    if (done === 'revoked') await admission.revoke(couponId, issueNo, holder.holder);
  }

  redeem(couponId: CouponId, issueNo: number, order: string) {
    return this.#under.redemptions.redeem({ couponId, issueNo }, orderOf(order), actor);
  }

  cancel(couponId: CouponId, issueNo: number, order: string) {
    return this.#under.redemptions.cancel({ couponId, issueNo }, orderOf(order), actor);
  }

  /** Everything above the position, page by page. */
  async follow(
    feed: EventFeed,
    after: FeedPosition = FEED_START,
    limit = 1_000,
    filter: EventFilter = {},
  ): Promise<{ readonly lines: string[]; readonly position: FeedPosition; readonly events: FeedEvent[] }> {
    const events: FeedEvent[] = [];
    for (let position = after; ;) {
      const page = await feed.read(this.sellerId, position, filter, limit);
      if (page === 'removed') throw new Error('events were removed');
      events.push(...page.events);
      ({ position } = page);
      if (!page.more) return { lines: events.map(lineOf), position, events };
    }
  }
}

function orderOf(text: string) {
  const orderId = parseOrderId(text);
  if (orderId === undefined) throw new Error(`${text} is no order id`);
  return orderId;
}

export const lineOf = ({ kind, fields }: FeedEvent): string =>
  [kind, fields['issueNo'], fields['orderId']].filter((part) => part !== undefined).join(' ');

export const recorded = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, place) => `issuance.recorded ${first + place}`);
