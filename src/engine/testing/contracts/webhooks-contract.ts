/** Tests what receivers of webhooks are promised over every back end (I11). */
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { FollowedShop } from './followed-shop.js';
import { type WebhooksUnderTest, HOUR_MS, entry, Receiver, eventsOf, issued } from './webhook-receiver.js';
import { aboutKeeping, aboutSecrets, aboutLeases, aboutPasses } from './webhook-keeping.js';
import { aboutDelivering, aboutFailing, aboutReplay } from './webhook-delivering.js';
import { randomRelaying } from './webhook-random.js';

const RANDOM_ROUNDS = 60;

export function webhooksContract(t: Test, name: string, open: (t: Test) => Promise<WebhooksUnderTest>): void {
  t.test(`${name}: webhooks contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutKeeping(t, under);
    aboutSecrets(t, under);
    aboutLeases(t, under);
    aboutPasses(t, under);
    aboutDelivering(t, under);
    aboutFailing(t, under);
    aboutReplay(t, under);
    aboutRemoving(t, under);
    t.test(
      'random deeds and failures, relays that die at any step: nothing missing, out of order, or changed',
      async (t) => {
        t.same(await randomRelaying(under, RANDOM_ROUNDS), []);
      },
    );
  });
}

function aboutRemoving(t: Test, under: WebhooksUnderTest): void {
  t.test('old events are held back for a webhook, and those of other sellers are not', async (t) => {
    // The contracts before share the tables and left events there.
    await under.events.removeOld(Date.now() + HOUR_MS, 100_000);
    const receiver = await Receiver.open(under);
    const free = new FollowedShop(under);
    for (const shop of [receiver.shop, free]) {
      await shop.issue(await shop.coupon(), 3);
      await shop.follow(shop.feed());
    }
    for (let times = 0; times < 20; times += 1) await under.events.removeOld(Date.now() + HOUR_MS, 5);
    await free.issue(await free.coupon(), 1);
    t.same(
      (await free.follow(free.feed())).lines,
      ['issuance.recorded 1'],
      'the first three are kept no more',
    );
    await receiver.relay('r');
    t.equal(receiver.ids().flat().length, 3);
    for (let times = 0; times < 20; times += 1) await under.events.removeOld(Date.now() + HOUR_MS, 5);
    t.ok((await under.events.bounds(receiver.shop.sellerId)).removedSeq > 0, 'what has arrived is removed');
    await receiver.lapse('r');
  });

  t.test(
    'a disabled webhook holds old events back, and no longer once it has failed as long as they are kept',
    async (t) => {
      const receiver = await Receiver.open(under);
      const { shop, webhook } = receiver;
      const couponId = await shop.coupon();
      await shop.issue(couponId, 2);
      await shop.follow(shop.feed());
      const afterEventsMs = Date.now() + 1;
      await delay(5);
      await receiver.relay('r', receiver.refuse(410));
      t.match(await under.webhooks.find(webhook.id, undefined), { state: 'disabled' });
      await under.events.removeOld(afterEventsMs, 100_000);
      t.equal((await under.events.bounds(shop.sellerId)).removedSeq, 0);
      await under.events.removeOld(Date.now() + HOUR_MS, 100_000);
      t.ok((await under.events.bounds(shop.sellerId)).removedSeq > 0);
      await shop.issue(couponId, 1);
      await under.webhooks.enable(webhook.id, entry('webhook_enabled')(webhook.id));
      await receiver.relay('r');
      t.same(receiver.ids().at(-1), issued(couponId, 3, 3), 'enabled again it goes on with what is kept');
      await receiver.lapse('r');
    },
  );

  t.test('old events without a place are kept for a webhook', async (t) => {
    const receiver = await Receiver.open(under);
    const { shop } = receiver;
    const couponId = await shop.coupon();
    await shop.issue(couponId, 1);
    await receiver.relay('r');
    await shop.redeem(couponId, 1, 'A-1');
    await under.events.removeOld(Date.now() + HOUR_MS, 100_000);
    await receiver.relay('r');
    t.same(
      receiver.got.flatMap((message) => eventsOf(message).map(({ type }) => type)),
      ['issuance.recorded', 'redemption.made'],
    );
    await receiver.lapse('r');
  });
}
