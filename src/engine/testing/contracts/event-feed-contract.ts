/** Tests what a follower of a seller's events is promised over every back end (I11). */
import { randomInt, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { Clock } from '../../domain/clock.js';
import type { CouponId } from '../../domain/coupon.js';
import { FEED_START, type FeedEvent, type FeedPosition } from '../../domain/events.js';
import { parseOrderId } from '../../domain/redemption.js';
import { EventFeed } from '../../feed/event-feed.js';
import type { EventFilter } from '../../feed/read-events.js';
import { SettledRows } from '../../feed/settled-rows.js';
import type { AuditActor } from '../../ports/audit-log.js';
import type { EventLog } from '../../ports/event-log.js';
import type { RedemptionLedger } from '../../ports/redemption-ledger.js';
import { CouponWarmer } from '../../recovery/coupon-warmer.js';
import { members } from './admission-contract.js';
import type { FrontierUnderTest } from './frontier-contract.js';
import { oneByOne } from './one-by-one.js';

export interface EventsUnderTest extends FrontierUnderTest {
  readonly events: EventLog;
  readonly redemptions: RedemptionLedger;
  /** A planted bug: how settled rows are read instead. */
  readonly readInstead?: SettledRows['read'];
}

const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
const LEASE_MS = 60_000;
/** Above the pauses between two rounds of placing, and between two searches for one number. */
const TICK_MS = 10_000;
const RANDOM_ROUNDS = 40;
const actor: AuditActor = { kind: 'operator', id: 'test', address: '-' };

export function eventFeedContract(t: Test, name: string, open: (t: Test) => Promise<EventsUnderTest>): void {
  t.test(`${name}: event feed contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutOrder(t, under);
    aboutPages(t, under);
    aboutTerms(t, under);
    aboutRemoving(t, under);
    t.test('random deeds, recorders and readers: nothing missing, twice, or out of order', async (t) => {
      t.same(await randomFollowing(under, RANDOM_ROUNDS), []);
    });
  });
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
  feed(): EventFeed {
    let nowMs = 0;
    const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => (nowMs += TICK_MS) };
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

  async coupon(quantity = 10_000, closesAtMs?: number): Promise<CouponId> {
    const { couponId } = await this.#under.catalogue.insert({
      ...{
        sellerId: this.sellerId,
        name: 'followed',
        quantity,
        discount: undefined,
        createdAtMs: Date.now(),
      },
      ...{ opensAtMs: undefined, closesAtMs, paused: false, closed: false },
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

const lineOf = ({ kind, fields }: FeedEvent): string =>
  [kind, fields['issueNo'], fields['orderId']].filter((part) => part !== undefined).join(' ');

const recorded = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, place) => `issuance.recorded ${first + place}`);

function aboutOrder(t: Test, under: EventsUnderTest): void {
  t.test('what happens to a number comes after the number, as it happened', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon();
    await shop.issue(couponId, 3);
    await shop.redeem(couponId, 2, 'A-1');
    await shop.cancel(couponId, 2, 'A-1');
    await shop.redeem(couponId, 2, 'A-2');
    await shop.revoke(couponId, 3);
    const feed = shop.feed();
    const { lines, position, events } = await shop.follow(feed);
    t.same(lines, [
      ...recorded(1, 3),
      'redemption.made 2 A-1',
      'redemption.cancelled 2 A-1',
      'redemption.made 2 A-2',
      'issuance.revoked 3',
    ]);
    t.equal(new Set(events.map(({ id }) => id)).size, events.length, 'every event has an id of its own');
    t.same((await shop.follow(feed, position)).lines, [], 'and comes once');
    t.same((await shop.follow(shop.feed())).events, events, 'another process reads the same');
  });

  t.test('an order that redeems again, is refused or cancelled again is no event', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon();
    await shop.issue(couponId, 1);
    for (const order of ['A-1', 'A-1', 'A-2']) await shop.redeem(couponId, 1, order);
    for (let times = 0; times < 3; times += 1) await shop.cancel(couponId, 1, 'A-1');
    await shop.redeem(couponId, 1, 'A-1');
    await shop.revoke(couponId, 1);
    await shop.revoke(couponId, 1);
    const { lines } = await shop.follow(shop.feed());
    t.same(lines, [
      ...recorded(1, 1),
      'redemption.made 1 A-1',
      'redemption.cancelled 1 A-1',
      'issuance.revoked 1',
    ]);
  });

  t.test('events of other sellers are not read', async (t) => {
    const [one, other] = [new FollowedShop(under), new FollowedShop(under)];
    await one.issue(await one.coupon(), 2);
    await other.issue(await other.coupon(), 1);
    t.same((await one.follow(one.feed())).lines, recorded(1, 2));
    t.same((await other.follow(other.feed())).lines, recorded(1, 1));
  });

  const { distributed, ledger } = under;
  if (distributed === undefined) return;

  t.test(
    'a number that another recorder still has holds back those above it, and what happened to them',
    async (t) => {
      const shop = new FollowedShop(under);
      const [couponId, free] = [await shop.coupon(), await shop.coupon()];
      await shop.admit(couponId, 6);
      const dying = await oneByOne(distributed.queue).claim(couponId, randomUUID(), 2, LEASE_MS);
      await shop.record(couponId, 10);
      await shop.redeem(couponId, 5, 'A-1');
      await shop.issue(free, 1);
      await shop.redeem(free, 1, 'B-1');
      const feed = shop.feed();
      const before = await shop.follow(feed);
      t.same(before.lines, [...recorded(1, 1), 'redemption.made 1 B-1'], 'the other coupon goes on');
      if (dying === undefined || dying === 'not_ready') throw new Error('nothing was claimed');
      await ledger.record(dying);
      const after = await shop.follow(feed, before.position);
      t.same(after.lines, [...recorded(1, 6), 'redemption.made 5 A-1']);
    },
  );

  t.test('a number revoked before it was recorded has one event, also where it is the last', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon();
    await shop.issue(couponId, 1);
    await shop.admit(couponId, 1);
    await shop.revoke(couponId, 2);
    await shop.record(couponId, 10);
    t.same((await shop.follow(shop.feed())).lines, [...recorded(1, 1), 'issuance.revoked 2']);
  });
}

function aboutPages(t: Test, under: EventsUnderTest): void {
  t.test('any limit and any position inside give the same events', async (t) => {
    const shop = new FollowedShop(under);
    const [one, other] = [await shop.coupon(), await shop.coupon()];
    const feed = shop.feed();
    for (let round = 0; round < 4; round += 1) {
      await shop.issue(one, 5);
      await shop.issue(other, 3);
      await shop.redeem(one, round * 5 + 1, `R-${round}`);
      if (round === 2) await shop.revoke(other, 2);
      await feed.read(shop.sellerId, FEED_START, {}, 1);
    }
    const whole = await shop.follow(feed);
    t.equal(whole.events.length, 4 * 9 + 1);
    for (const limit of [1, 2, 7]) {
      t.same((await shop.follow(feed, FEED_START, limit)).events, whole.events, `${limit} at a time`);
    }
    const made = await shop.follow(feed, FEED_START, 2, { kinds: new Set(['redemption.made'] as const) });
    t.same(made.lines, [
      'redemption.made 1 R-0',
      'redemption.made 6 R-1',
      'redemption.made 11 R-2',
      'redemption.made 16 R-3',
    ]);
    const ofOne = await shop.follow(feed, FEED_START, 1_000, { couponIds: new Set([other]) });
    t.same(ofOne.lines, [...recorded(1, 9), 'issuance.revoked 2', ...recorded(10, 12)]);
  });

  t.test(
    'two positions enclose the same events for ever, whatever is revoked or added meanwhile',
    async (t) => {
      const shop = new FollowedShop(under);
      const couponId = await shop.coupon();
      const feed = shop.feed();
      await shop.issue(couponId, 10);
      const filter = { oneCoupon: true };
      const first = await feed.read(shop.sellerId, FEED_START, filter, 4);
      if (first === 'removed') throw new Error('removed');
      const second = await feed.read(shop.sellerId, first.position, filter, 100);
      if (second === 'removed') throw new Error('removed');
      await shop.revoke(couponId, 3);
      await shop.revoke(couponId, 7);
      await shop.issue(couponId, 5);
      const again = async (after: FeedPosition, until: FeedPosition, limit: number) =>
        feed.read(shop.sellerId, after, { ...filter, until }, limit);
      t.match(await again(FEED_START, first.position, 4), { events: first.events, position: first.position });
      t.match(await again(first.position, second.position, 100), {
        events: second.events,
        position: second.position,
      });
    },
  );
}

function aboutTerms(t: Test, under: EventsUnderTest): void {
  t.test('a coupon is sold out behind its last number, and again after its stock has grown', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon(2);
    const feed = shop.feed();
    await shop.issue(couponId, 2);
    t.same((await shop.follow(feed)).lines, [...recorded(1, 2), 'coupon.sold_out']);
    await shop.revoke(couponId, 1);
    const { position } = await shop.follow(feed);
    await shop.issue(couponId, 1);
    t.same((await shop.follow(feed, position)).lines, [...recorded(3, 3), 'coupon.sold_out']);
    t.same((await shop.follow(shop.feed(), position)).lines.length, 2, 'once each');
  });

  t.test('a coupon whose window has ended is closed, behind its last number', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon(10, Date.now() + 400);
    await shop.issue(couponId, 2);
    const feed = shop.feed();
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.same((await shop.follow(feed)).lines, [...recorded(1, 2), 'coupon.closed']);
    t.same((await shop.follow(shop.feed())).lines.length, 3, 'once');
  });
}

function aboutRemoving(t: Test, under: EventsUnderTest): void {
  t.test('old events are removed, and a follower behind them gets `removed`', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon();
    const feed = shop.feed();
    await shop.issue(couponId, 2);
    const { position } = await shop.follow(feed);
    await shop.redeem(couponId, 1, 'A-1');
    await shop.redeem(couponId, 2, 'A-2');
    await shop.follow(feed);
    await under.events.removeOld(Date.now() + 60_000, 100_000);
    t.equal(await feed.read(shop.sellerId, position, {}, 10), 'removed');
    await shop.issue(couponId, 1);
    t.same(
      (await shop.follow(feed)).lines,
      recorded(3, 3),
      'without a position the feed begins with what is kept',
    );
  });

  t.test('a follower within a range of numbers that was removed gets `removed`', async (t) => {
    const shop = new FollowedShop(under);
    await shop.issue(await shop.coupon(), 5);
    const feed = shop.feed();
    const page = await feed.read(shop.sellerId, FEED_START, {}, 2);
    if (page === 'removed') throw new Error('removed');
    await under.events.removeOld(Date.now() + 60_000, 100_000);
    t.equal(await feed.read(shop.sellerId, page.position, {}, 10), 'removed');
  });

  t.test('a follower that was away while events had no place yet gets `removed`', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon();
    await shop.issue(couponId, 2);
    const { position } = await shop.follow(shop.feed());
    await shop.redeem(couponId, 1, 'A-1');
    await under.events.removeOld(Date.now() + 60_000, 100_000);
    t.equal(await shop.feed().read(shop.sellerId, position, {}, 10), 'removed');
    await shop.redeem(couponId, 2, 'A-2');
    t.same((await shop.follow(shop.feed())).lines, ['redemption.made 2 A-2']);
  });

  t.test('events that are removed between two readings of one request are not passed over', async (t) => {
    const shop = new FollowedShop(under);
    const couponId = await shop.coupon();
    await shop.issue(couponId, 1);
    const { position } = await shop.follow(shop.feed());
    await shop.redeem(couponId, 1, 'A-1');
    await shop.follow(shop.feed());
    const { events } = under;
    const removing = new Proxy(events, {
      get(log, name: keyof EventLog) {
        if (name !== 'bounds') return log[name].bind(log);
        return async (sellerId: string) => {
          const bounds = await log.bounds(sellerId);
          await log.removeOld(Date.now() + 60_000, 100_000);
          return bounds;
        };
      },
    });
    const page = await new FollowedShop({ ...under, events: removing })
      .feed()
      .read(shop.sellerId, position, {}, 10);
    t.same(page === 'removed' ? page : page.events.map(lineOf), ['redemption.made 1 A-1']);
  });
}

/** Two coupons of a shop, and deeds at random. */
export class RandomDeeds {
  readonly coupons: readonly CouponId[];
  readonly #shop: FollowedShop;
  readonly #issued: Map<CouponId, number>;
  readonly #slow: (() => Promise<void>)[] = [];

  private constructor(shop: FollowedShop, coupons: readonly CouponId[]) {
    this.#shop = shop;
    this.coupons = coupons;
    this.#issued = new Map(coupons.map((couponId) => [couponId, 0]));
  }

  static async open(shop: FollowedShop): Promise<RandomDeeds> {
    return new RandomDeeds(shop, [await shop.coupon(), await shop.coupon()]);
  }

  async round(round: number): Promise<void> {
    const [couponId] = this.#pick();
    const count = 1 + randomInt(8);
    await this.#shop.admit(couponId, count);
    this.#issued.set(couponId, (this.#issued.get(couponId) ?? 0) + count);
    await Promise.all([this.#record(couponId), this.#deed(round), this.#deed(round)]);
  }

  /** Some recorders are slow, and others overtake them. */
  async #record(couponId: CouponId): Promise<void> {
    const finish = await this.#shop.claim(couponId, 1 + randomInt(10));
    if (finish !== undefined && randomInt(3) === 0) this.#slow.push(finish);
    else await finish?.();
    if (randomInt(4) === 0) await this.#slow.shift()?.();
  }

  async recordRest(): Promise<void> {
    for (const finish of this.#slow.splice(0)) await finish();
    for (const couponId of this.coupons) await this.#shop.recordAll(couponId);
  }

  #pick(): readonly [CouponId, number] {
    const couponId = this.coupons[randomInt(this.coupons.length)];
    if (couponId === undefined) throw new Error('no coupons');
    return [couponId, 1 + randomInt(Math.max(1, this.#issued.get(couponId) ?? 1))];
  }

  async #deed(round: number): Promise<void> {
    const [couponId, issueNo] = this.#pick();
    const choice = randomInt(5);
    if (choice === 0) await this.#shop.revoke(couponId, issueNo);
    else if (choice === 1) await this.#shop.cancel(couponId, issueNo, `R-${randomInt(round + 1)}`);
    else await this.#shop.redeem(couponId, issueNo, `R-${round}`);
  }
}

/** Deeds, recorders that overtake each other, and two readers, at random. @returns what a follower was not given as promised. */
export async function randomFollowing(under: EventsUnderTest, rounds: number): Promise<string[]> {
  const shop = new FollowedShop(under);
  const deeds = await RandomDeeds.open(shop);
  const feeds = [shop.feed(), shop.feed()];
  const got: FeedEvent[] = [];
  let position = FEED_START;
  const read = async (): Promise<void> => {
    const feed = feeds[randomInt(feeds.length)];
    const page = await feed?.read(shop.sellerId, position, {}, 1 + randomInt(20));
    if (page === undefined || page === 'removed') throw new Error('removed');
    got.push(...page.events);
    ({ position } = page);
  };
  for (let round = 0; round < rounds; round += 1) await Promise.all([deeds.round(round), read()]);
  await deeds.recordRest();
  for (let quiet = 0; quiet < 3;) {
    const before = got.length;
    await read();
    quiet = got.length === before ? quiet + 1 : 0;
  }
  return checkEvents(got, await truthOf(under, deeds.coupons));
}

/** What the tables say has happened. */
export async function truthOf(under: EventsUnderTest, coupons: readonly CouponId[]): Promise<Set<string>> {
  const truth = new Set<string>();
  for (const couponId of coupons) {
    const revocations = await under.audit.revocations(couponId, 0, 10_000);
    for (const { issueNo } of revocations) truth.add(`${couponId} issuance.revoked ${issueNo}`);
    for (const { issueNo } of await under.events.issuances(couponId, 0, 1_000_000, 100_000)) {
      truth.add(`${couponId} issuance.recorded ${issueNo}`);
      const history = await under.redemptions.history({ couponId, issueNo }, 1_000);
      for (const entry of history === 'absent' ? [] : history) {
        truth.add(`${couponId} redemption.made ${issueNo} ${entry.orderId}`);
        if (entry.cancelledAtMs !== undefined)
          truth.add(`${couponId} redemption.cancelled ${issueNo} ${entry.orderId}`);
      }
    }
  }
  return truth;
}

/** @returns findings: what is missing, comes twice, is no truth, or out of order. */
export function checkEvents(got: readonly FeedEvent[], truth: ReadonlySet<string>): string[] {
  const findings: string[] = [];
  const seen = new Set<string>();
  const highest = new Map<CouponId, number>();
  for (const event of got) {
    const { couponId, kind, fields } = event;
    const line = `${couponId} ${lineOf(event)}`;
    const issueNo = Number(fields['issueNo']);
    if (seen.has(line)) findings.push(`twice: ${line}`);
    seen.add(line);
    const before = highest.get(couponId) ?? 0;
    if (kind === 'issuance.recorded') {
      if (issueNo <= before) findings.push(`out of order: ${line} after ${before}`);
      highest.set(couponId, issueNo);
    } else if (kind !== 'issuance.revoked' && !seen.has(`${couponId} issuance.recorded ${issueNo}`)) {
      findings.push(`before its number: ${line}`);
    }
    if (kind === 'redemption.cancelled' && !seen.has(line.replace('cancelled', 'made')))
      findings.push(`before its redemption: ${line}`);
  }
  // Redemptions of an issuance that was revoked later have no row to ask for; what the tables have must be there.
  for (const line of truth) if (!seen.has(line)) findings.push(`missing: ${line}`);
  return findings;
}
