/** Tests what is delivered, what a failure leads to, and what a replay repeats. */
import type { Test } from 'tap';
import type { MemberId } from '../../domain/coupon.js';
import { FEED_START } from '../../domain/events.js';
import { WebhookDelivery } from '../../feed/webhook-delivery.js';
import type { NewWebhook } from '../../ports/webhooks.js';
import { FollowedShop } from './followed-shop.js';
import {
  type WebhooksUnderTest,
  LEASE_MS,
  HOUR_MS,
  clock,
  entry,
  Receiver,
  eventsOf,
  couponOf,
  issued,
} from './webhook-receiver.js';

export function aboutDelivering(t: Test, under: WebhooksUnderTest): void {
  const { webhooks } = under;

  t.test('events come in order, at most a hundred of one coupon in a message', async (t) => {
    const receiver = await Receiver.open(under);
    const { shop } = receiver;
    const [one, other] = [await shop.coupon(), await shop.coupon()];
    await shop.issue(one, 230);
    await receiver.relay('r');
    await shop.issue(other, 1);
    await receiver.relay('r');
    await shop.issue(one, 1);
    await receiver.relay('r');
    t.same(receiver.ids(), [
      issued(one, 1, 100),
      issued(one, 101, 200),
      issued(one, 201, 230),
      issued(other, 1, 1),
      issued(one, 231, 231),
    ]);
    t.same(receiver.got.map(couponOf), [one, one, one, other, one]);
    t.equal(new Set(receiver.got.map(({ id }) => id)).size, 5);
    t.equal(receiver.counters.deliveries.delivered, 5);
    const [latest] = await webhooks.deliveries(receiver.webhook.id, 10);
    t.match(latest, {
      messageId: receiver.got[4]?.id,
      couponId: one,
      events: 1,
      status: 200,
      result: 'delivered',
    });
    await receiver.lapse('r');
  });

  t.test('only wanted kinds and coupons are sent, and nothing issued long before the webhook', async (t) => {
    const shop = new FollowedShop(under);
    const sellerId = shop.sellerId as MemberId;
    const [one, other] = [await shop.coupon(), await shop.coupon()];
    await shop.issue(one, 3);
    await shop.issue(other, 3);
    await shop.redeem(one, 2, 'A-1');
    await shop.revoke(one, 3);
    const open = async (fields: Partial<NewWebhook>): Promise<string[]> => {
      const receiver = await Receiver.open(under, { sellerId, ...fields });
      const relay = new WebhookDelivery(
        {
          ...under,
          ...{
            clock,
            lessee: { owner: 'f', leaseMs: LEASE_MS },
            counters: receiver.counters,
            send: receiver.arrive,
          },
          feed: shop.feed(),
          onDisabled: () => undefined,
        },
        () => false,
      );
      const webhook = await receiver.lease('f');
      if (webhook !== undefined) await relay.deliver(webhook);
      return receiver.got.flatMap((message) => eventsOf(message).map(({ type }) => type));
    };
    t.same(await open({ kinds: ['redemption.made', 'issuance.revoked'] }), [
      'redemption.made',
      'issuance.revoked',
    ]);
    t.same(
      await open({ kinds: ['issuance.recorded'], couponIds: [other] }),
      Array(3).fill('issuance.recorded'),
    );
    t.same(await open({ kinds: ['issuance.recorded'], createdAtMs: Date.now() + HOUR_MS }), []);
    await under.webhooks.release('f');
  });

  t.test(
    'a relay that dies after its request is followed by the same message, though more has happened',
    async (t) => {
      const receiver = await Receiver.open(under);
      const { shop } = receiver;
      const couponId = await shop.coupon();
      await shop.issue(couponId, 5);
      const dying = new Promise<void>((resolve) => {
        void receiver.relay('dying', (_webhook, message) => {
          receiver.got.push(message);
          resolve();
          return new Promise(() => undefined);
        });
      });
      await dying;
      await shop.revoke(couponId, 2);
      await shop.issue(couponId, 5);
      await receiver.lapse('dying');
      await receiver.relay('next');
      const [first, again, rest] = receiver.got;
      t.same(again, first, 'id and bytes');
      t.same(rest && eventsOf(rest).map(({ type }) => type), [
        'issuance.recorded',
        'issuance.recorded',
        'issuance.recorded',
        'issuance.recorded',
        'issuance.recorded',
        'issuance.revoked',
      ]);
      await receiver.lapse('next');
    },
  );
}

export function aboutFailing(t: Test, under: WebhooksUnderTest): void {
  const { webhooks } = under;

  t.test(
    'a message that was refused is sent again after a delay that grows, and nothing before it',
    async (t) => {
      const receiver = await Receiver.open(under);
      const { shop, webhook } = receiver;
      await shop.issue(await shop.coupon(), 2);
      const waits: number[] = [];
      for (const delays of [
        [100_000, 900_000],
        [100_000, 900_000],
        [100_000, 900_000],
      ]) {
        const beforeMs = Date.now();
        await receiver.relay('r', receiver.refuse(500), delays);
        const { nextAtMs = 0 } = (await webhooks.find(webhook.id, undefined)) ?? {};
        waits.push(nextAtMs - beforeMs);
      }
      const [first = 0, second = 0, third = 0] = waits;
      t.ok(first >= 100_000 && first < 130_000, 'the first delay, and jitter');
      t.ok(second >= 900_000 && second < 1_130_000 && third >= 900_000, 'the last delay again and again');
      t.match(await webhooks.find(webhook.id, undefined), {
        attempts: 3,
        state: 'enabled',
        position: FEED_START,
      });
      t.equal(new Set(receiver.got.map((message) => JSON.stringify(message))).size, 1, 'the same each time');
      await receiver.relay('r');
      t.match(await webhooks.find(webhook.id, undefined), { attempts: 0, failingSinceMs: undefined });
      await receiver.lapse('r');
    },
  );

  t.test(
    '410, or 72 hours of failures, disable a webhook; enabled again it goes on where it stopped',
    async (t) => {
      const receiver = await Receiver.open(under);
      const { shop, webhook } = receiver;
      const couponId = await shop.coupon();
      await shop.issue(couponId, 2);
      const disabledBefore = await webhooks.countDisabled();
      await receiver.relay('r', receiver.refuse(410));
      t.match(await webhooks.find(webhook.id, undefined), { state: 'disabled' });
      t.same(receiver.disabled, [webhook.id]);
      t.equal(await webhooks.countDisabled(), disabledBefore + 1);
      t.equal(await receiver.lease('r'), undefined, 'no relay gets it');
      const [latest] = await under.auditLog.entries(Number.MAX_SAFE_INTEGER, 1);
      t.match(latest, { action: 'webhook_disabled', target: `webhook ${webhook.id}` });
      await shop.issue(couponId, 1);
      t.equal(await webhooks.enable(webhook.id, entry('webhook_enabled')(webhook.id)), 'enabled');
      await receiver.relay('r');
      t.same(receiver.ids(), [issued(couponId, 1, 2), issued(couponId, 1, 2), issued(couponId, 3, 3)]);

      await shop.issue(couponId, 1);
      const leased = await receiver.lease('r');
      if (leased === undefined) throw new Error('not leased');
      const longAgo = { ...leased, failingSinceMs: Date.now() - 73 * HOUR_MS };
      const delivery = new WebhookDelivery(
        {
          ...under,
          ...{ clock, lessee: { owner: 'r', leaseMs: LEASE_MS }, counters: receiver.counters },
          ...{ send: receiver.refuse(503), feed: shop.feed(), onDisabled: () => undefined },
        },
        () => false,
      );
      await delivery.deliver(longAgo);
      t.match(await webhooks.find(webhook.id, undefined), { state: 'disabled', attempts: 1 });
      t.equal(await webhooks.enable(999_999_999, entry('webhook_enabled')(1)), 'unknown');
    },
  );
}

export function aboutReplay(t: Test, under: WebhooksUnderTest): void {
  t.test(
    'a replay delivers recorded numbers again, under their event ids, and leaves the position',
    async (t) => {
      const receiver = await Receiver.open(under);
      const { shop, webhook } = receiver;
      const couponId = await shop.coupon();
      await shop.issue(couponId, 130);
      await shop.revoke(couponId, 120);
      await receiver.relay('r');
      const { position } = (await under.webhooks.find(webhook.id, undefined)) ?? {};
      receiver.got.length = 0;
      await under.webhooks.addReplay(webhook.id, { couponId, nextNo: 11, lastNo: 130 });
      await receiver.relay('r', receiver.refuse(500));
      await receiver.relay('r');
      t.same(receiver.ids(), [
        issued(couponId, 11, 110),
        issued(couponId, 11, 110),
        issued(couponId, 111, 130),
      ]);
      t.same(receiver.got[0], receiver.got[1]);
      t.same((await under.webhooks.find(webhook.id, undefined))?.position, position);
      await shop.issue(couponId, 1);
      await receiver.relay('r');
      t.same(receiver.ids()[3], issued(couponId, 131, 131), 'what is new comes once');
      await receiver.lapse('r');
    },
  );

  t.test('a delivered replay ends the failures in a row', async (t) => {
    const receiver = await Receiver.open(under);
    const { shop, webhook } = receiver;
    const couponId = await shop.coupon();
    await shop.issue(couponId, 2);
    await receiver.relay('r');
    await under.webhooks.addReplay(webhook.id, { couponId, nextNo: 1, lastNo: 2 });
    await shop.issue(couponId, 1);
    const leased = await receiver.lease('r');
    if (leased === undefined) throw new Error('not leased');
    let sent = 0;
    const delivery = new WebhookDelivery(
      {
        ...under,
        ...{ clock, lessee: { owner: 'r', leaseMs: LEASE_MS }, counters: receiver.counters },
        send: (...request) => ((sent += 1) === 1 ? receiver.arrive : receiver.refuse(503))(...request),
        ...{ feed: shop.feed(), onDisabled: () => undefined },
      },
      () => false,
    );
    await delivery.deliver({ ...leased, failingSinceMs: Date.now() - 73 * HOUR_MS, attempts: 9 });
    t.match(await under.webhooks.find(webhook.id, undefined), { state: 'enabled', attempts: 1 });
    await receiver.lapse('r');
  });
}
