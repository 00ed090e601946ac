/** Tests what a follower of a seller's events is promised over every back end (I11). */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { FEED_START, type FeedPosition } from '../../domain/events.js';
import type { EventLog } from '../../ports/event-log.js';
import { oneByOne } from './one-by-one.js';
import { type EventsUnderTest, LEASE_MS, FollowedShop, lineOf, recorded } from './followed-shop.js';
import { randomFollowing } from './event-random.js';

const RANDOM_ROUNDS = 40;

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
