/** Tests what receivers of webhooks are promised over every back end (I11). */
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Clock } from '../../domain/clock.js';
import type { CouponId, MemberId } from '../../domain/coupon.js';
import {
  eventKinds,
  FEED_START,
  type EventFields,
  type EventKind,
  type FeedEvent,
} from '../../domain/events.js';
import { Relay } from '../../feed/relay.js';
import { RelayCounters } from '../../feed/relay-counters.js';
import { type Message, type SendMessage, WebhookDelivery } from '../../feed/webhook-delivery.js';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.js';
import { WEBHOOKS_PER_SELLER_MAX } from '../../ports/webhooks.js';
import type { LeasedWebhook, NewWebhook, Webhook, Webhooks } from '../../ports/webhooks.js';
import {
  checkEvents,
  type EventsUnderTest,
  FollowedShop,
  RandomDeeds,
  truthOf,
} from './event-feed-contract.js';

export interface WebhooksUnderTest extends EventsUnderTest {
  readonly webhooks: Webhooks;
  readonly auditLog: AuditLog;
}

const LEASE_MS = 60_000;
const RANDOM_ROUNDS = 60;
const HOUR_MS = 3_600_000;
/** Each some 20 ms: far more than a loaded machine needs. */
const TRIES_MAX = 500;

const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const actor = { kind: 'seller', id: 's', address: '127.0.0.1' } as const;
const entry =
  (action: AuditEntry['action']) =>
  (id: number): AuditEntry => ({ atMs: 1, actor, action, target: `webhook ${id}`, detail: {} });

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

/** A shop with a webhook, and relays that deliver to it. */
class Receiver {
  readonly shop: FollowedShop;
  readonly webhook: Webhook;
  readonly got: Message[] = [];
  readonly counters = new RelayCounters();
  readonly disabled: number[] = [];
  readonly #under: WebhooksUnderTest;

  private constructor(under: WebhooksUnderTest, shop: FollowedShop, webhook: Webhook) {
    this.#under = under;
    this.shop = shop;
    this.webhook = webhook;
  }

  static async open(under: WebhooksUnderTest, fields: Partial<NewWebhook> = {}): Promise<Receiver> {
    const shop = new FollowedShop(under);
    return new Receiver(
      under,
      shop,
      await created(under, newWebhook({ sellerId: shop.sellerId as MemberId, ...fields })),
    );
  }

  readonly arrive: SendMessage = (_webhook, message) => {
    this.got.push(message);
    return Promise.resolve({ status: 200, result: 'delivered' });
  };

  readonly refuse =
    (status: number): SendMessage =>
    (_webhook, message) => {
      this.got.push(message);
      return Promise.resolve({ status, result: 'status' });
    };

  /** Every webhook that this relay gets is delivered to, once through. */
  async relay(
    owner: string,
    send: SendMessage = this.arrive,
    retryDelaysMs: readonly number[] = [0],
  ): Promise<void> {
    const webhook = await this.lease(owner);
    if (webhook === undefined) return;
    const delivery = new WebhookDelivery(
      {
        ...this.#under,
        ...{ clock, lessee: { owner, leaseMs: LEASE_MS }, counters: this.counters, retryDelaysMs, send },
        feed: this.shop.feed(),
        onDisabled: ({ id }) => this.disabled.push(id),
      },
      () => false,
    );
    await delivery.deliver(webhook);
  }

  async lease(owner: string, leaseMs = LEASE_MS): Promise<LeasedWebhook | undefined> {
    const leased = await this.#under.webhooks.lease({ owner, leaseMs }, 1_000);
    return leased.find(({ id }) => id === this.webhook.id);
  }

  /** As when the relay is silent for longer than its lease. */
  lapse(owner: string): Promise<void> {
    return this.#under.webhooks.release(owner);
  }

  /** Event ids, message by message. */
  ids(): string[][] {
    return this.got.map((message) => eventsOf(message).map(({ id }) => id));
  }
}

interface SentEvent {
  readonly id: string;
  readonly type: EventKind;
}

function eventsOf({ body }: Message): (SentEvent & EventFields)[] {
  return (JSON.parse(body) as { events: (SentEvent & EventFields)[] }).events;
}

function couponOf({ body }: Message): CouponId {
  return (JSON.parse(body) as { couponId: CouponId }).couponId;
}

function newWebhook(fields: Partial<NewWebhook> = {}): NewWebhook {
  return {
    ...{ sellerId: `hooks-${randomUUID()}` as MemberId, url: 'https://shop.example/hook', kinds: eventKinds },
    ...{ couponIds: undefined, secret: 'whsec_c2VjcmV0', createdAtMs: Date.now() },
    ...fields,
  };
}

async function created({ webhooks }: WebhooksUnderTest, webhook: NewWebhook): Promise<Webhook> {
  const reply = await webhooks.create(webhook, FEED_START, entry('webhook_created'));
  if (reply.status !== 'created') throw new Error(reply.status);
  return reply.webhook;
}

const issued = (couponId: CouponId, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, place) => `iss_${couponId}_${first + place}`);

function aboutKeeping(t: Test, under: WebhooksUnderTest): void {
  const { webhooks, auditLog } = under;

  t.test('a webhook is found by its seller until the seller removes it', async (t) => {
    const wanted = newWebhook({ couponIds: [4, 2] as CouponId[], kinds: ['issuance.recorded'] });
    const webhook = await created(under, wanted);
    t.match(webhook, {
      ...wanted,
      state: 'enabled',
      attempts: 0,
      position: FEED_START,
      sendingTo: undefined,
    });
    t.same(await webhooks.find(webhook.id, wanted.sellerId), webhook);
    t.same(await webhooks.list(wanted.sellerId), [webhook]);
    t.equal(await webhooks.find(webhook.id, 'another' as MemberId), undefined);
    t.equal(
      await webhooks.remove(webhook.id, 'another' as MemberId, entry('webhook_removed')(webhook.id)),
      'unknown',
    );
    t.equal(
      await webhooks.remove(webhook.id, wanted.sellerId, entry('webhook_removed')(webhook.id)),
      'removed',
    );
    t.equal(await webhooks.find(webhook.id, undefined), undefined);
    const entries = await auditLog.entries(Number.MAX_SAFE_INTEGER, 2);
    t.same(
      entries.map(({ action, target }) => [action, target]),
      [
        ['webhook_created', `webhook ${webhook.id}`],
        ['webhook_removed', `webhook ${webhook.id}`],
      ],
    );
  });

  t.test('a key makes one webhook, and another request is refused', async (t) => {
    const webhook = newWebhook();
    const keyed = {
      sellerId: webhook.sellerId,
      key: 'k',
      route: 'POST /v1/webhooks',
      bodyHash: 'h',
      atMs: Date.now(),
    };
    const create = (bodyHash: string) =>
      webhooks.create(webhook, FEED_START, entry('webhook_created'), { ...keyed, bodyHash });
    const replies = await Promise.all(Array.from({ length: 5 }, () => create('h')));
    t.same(replies.map(({ status }) => status).sort(), ['created', ...Array<string>(4).fill('repeated')]);
    t.equal((await create('other')).status, 'key_reused');
    t.equal((await webhooks.list(webhook.sellerId)).length, 1);
  });

  t.test('a seller has no more than the limit', async (t) => {
    const webhook = newWebhook();
    for (let made = 0; made < WEBHOOKS_PER_SELLER_MAX; made += 1) await created(under, webhook);
    t.same(await webhooks.create(webhook, FEED_START, entry('webhook_created')), { status: 'too_many' });
    for (const { id } of await webhooks.list(webhook.sellerId))
      await webhooks.remove(id, webhook.sellerId, entry('webhook_removed')(id));
  });
}

function aboutSecrets(t: Test, under: WebhooksUnderTest): void {
  const { webhooks, auditLog } = under;

  t.test(
    'a rotated secret keeps the one before, and a repeat with the same key rotates nothing',
    async (t) => {
      const { id, sellerId, secret } = await created(under, newWebhook());
      const keyed = { sellerId, key: 'r', route: 'rotate', bodyHash: '', atMs: Date.now() };
      const rotate = (next: string, ofSeller = sellerId) =>
        webhooks.rotateSecret(
          { id, sellerId: ofSeller, secret: next, previousUntilMs: 5 },
          entry('webhook_secret_rotated')(id),
          keyed,
        );
      const after = { secret: 'whsec_bmV3', previousSecret: { secret, untilMs: 5 } };
      const replies = await Promise.all(['whsec_bmV3', 'whsec_bmV3'].map((next) => rotate(next)));
      t.same(replies.map(({ status }) => status).sort(), ['repeated', 'rotated']);
      t.match(await rotate('whsec_bGF0ZXI='), { status: 'repeated', webhook: after });
      t.match(await webhooks.find(id, sellerId), after);
      t.same(await rotate('whsec_bGF0ZXI=', 'another' as MemberId), { status: 'unknown' });
      const entries = await auditLog.entries(Number.MAX_SAFE_INTEGER, 2);
      t.same(
        entries.map(({ action }) => action),
        ['webhook_created', 'webhook_secret_rotated'],
      );
    },
  );
}

function aboutLeases(t: Test, under: WebhooksUnderTest): void {
  const { webhooks } = under;

  t.test('a relay holds as many webhooks as it may, and leaves the others to another relay', async (t) => {
    for (let made = 0; made < 5; made += 1) await created(under, newWebhook());
    const all = (await webhooks.list(undefined)).filter(({ state }) => state === 'enabled').length;
    const lease = async (owner: string, limit: number) =>
      (await webhooks.lease({ owner, leaseMs: LEASE_MS }, limit)).map(({ id }) => id);
    const few = await lease('few', 2);
    t.equal(few.length, 2);
    t.same((await lease('few', 2)).sort(), [...few].sort(), 'no others are taken beside them');
    t.equal((await lease('many', all)).length, all - 2);
    t.same(await lease('late', all), []);
    for (const owner of ['few', 'many']) await webhooks.release(owner);
  });

  t.test('one relay at a time has a webhook, and a relay without it changes nothing', async (t) => {
    const receiver = await Receiver.open(under);
    const { id } = receiver.webhook;
    const found = await Promise.all(['one', 'two', 'three'].map((owner) => receiver.lease(owner)));
    t.equal(found.filter((webhook) => webhook !== undefined).length, 1);
    const owner = ['one', 'two', 'three'][found.findIndex((webhook) => webhook !== undefined)] ?? '';
    t.ok(await receiver.lease(owner), 'who has it keeps it');
    t.equal(await receiver.lease('another'), undefined);
    await receiver.lapse(owner);
    t.ok(await receiver.lease('another'));
    const late = { owner, leaseMs: LEASE_MS };
    const delivery = {
      ...{ messageId: 'm', couponId: 1 as CouponId, events: 1, atMs: 1, durationMs: 1 },
      ...{ status: 500, result: 'status' as const },
    };
    t.notOk(await webhooks.begin(id, late, { seq: 9 }));
    t.notOk(await webhooks.advance(id, late, { seq: 9 }, delivery));
    t.notOk(await webhooks.fail(id, late, delivery, 1));
    t.match(await webhooks.find(id, undefined), { position: FEED_START, sendingTo: undefined, attempts: 0 });
    t.same(await webhooks.deliveries(id, 10), []);
    await receiver.lapse('another');
  });

  t.test('a lease ends without a call', async (t) => {
    const receiver = await Receiver.open(under);
    t.ok(await receiver.lease('short', 200));
    await new Promise((resolve) => setTimeout(resolve, 300));
    t.ok(await receiver.lease('other'));
    await receiver.lapse('other');
  });
}

/** A relay whose passes the test begins. */
function relayBy(
  t: Test,
  under: WebhooksUnderTest,
  { shop, webhook: { url } }: Receiver,
  send: SendMessage,
): { readonly relay: Relay; readonly pass: () => void } {
  let pass: () => void = () => undefined;
  const relay = new Relay({
    ...under,
    ...{ clock, owner: `relay-${randomUUID()}`, feed: shop.feed(), onDisabled: () => undefined },
    scheduler: {
      every(_everyMs, run) {
        pass = run;
        return () => undefined;
      },
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
    // The store has webhooks of other tests as well.
    send: (webhook, message) =>
      webhook.url === url ? send(webhook, message) : Promise.resolve({ status: 200, result: 'delivered' }),
    onFault: (fault) => t.error(fault),
  });
  relay.start();
  return { relay, pass };
}

async function until(isTrue: () => boolean | Promise<boolean>, meanwhile = (): void => undefined) {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (await isTrue()) return;
    meanwhile();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function aboutPasses(t: Test, under: WebhooksUnderTest): void {
  const { webhooks } = under;

  t.test('a delivery that ends while a pass reads the webhooks is not made again', async (t) => {
    const receiver = await Receiver.open(under, { url: `https://shop.example/${randomUUID()}` });
    const { shop, webhook, got } = receiver;
    const couponId = await shop.coupon();
    await shop.issue(couponId, 1);
    let arrives: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrives = resolve;
    });
    const slowly: SendMessage = async (...request) => {
      const answer = await receiver.arrive(...request);
      await arrived;
      return answer;
    };
    let readings = 0;
    const reading = new Proxy(webhooks, {
      get(target, name: keyof Webhooks) {
        if (name !== 'lease') return target[name].bind(target);
        return async (...request: Parameters<Webhooks['lease']>) => {
          const leased = await target.lease(...request);
          if (got.length === 0) return leased;
          arrives();
          await until(async () => (await target.find(webhook.id, undefined))?.position.seq !== 0);
          await new Promise((resolve) => setTimeout(resolve, 50));
          readings += 1;
          return leased;
        };
      },
    });
    const { relay, pass } = relayBy(t, { ...under, webhooks: reading }, receiver, slowly);
    await until(() => got.length > 0, pass);
    await until(() => readings > 1, pass);
    await relay.stop();
    t.same(receiver.ids(), [issued(couponId, 1, 1)]);
  });
}

function aboutDelivering(t: Test, under: WebhooksUnderTest): void {
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

function aboutFailing(t: Test, under: WebhooksUnderTest): void {
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

function aboutRemoving(t: Test, under: WebhooksUnderTest): void {
  t.test('old events are held back for a webhook, and those of other sellers are not', async (t) => {
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

function aboutReplay(t: Test, under: WebhooksUnderTest): void {
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

/** Deeds at random, and relays that fail and die at random. @returns what a receiver was not given as promised. */
export async function randomRelaying(under: WebhooksUnderTest, rounds: number): Promise<string[]> {
  const receiver = await Receiver.open(under);
  const { shop } = receiver;
  const deeds = await RandomDeeds.open(shop);
  for (let round = 0; round < rounds; round += 1) {
    const owner = `relay-${randomInt(3)}-${round}`;
    const died = new Promise<void>((resolve) => {
      const send: SendMessage = (webhook, message) => {
        const luck = randomInt(10);
        // It died before the request arrived, or before it learned that it had.
        if (luck < 2) {
          if (luck === 0) void receiver.arrive(webhook, message);
          resolve();
          return new Promise(() => undefined);
        }
        if (luck === 2) return Promise.resolve({ status: undefined, result: 'timeout' });
        return luck === 3 ? receiver.refuse(500)(webhook, message) : receiver.arrive(webhook, message);
      };
      void receiver.relay(owner, send).then(resolve);
    });
    await Promise.all([deeds.round(round), died]);
    await receiver.lapse(owner);
  }
  await deeds.recordRest();
  for (let quiet = 0; quiet < 3; quiet += 1) await receiver.relay('healthy');
  return [
    ...checkMessages(receiver.got),
    ...checkEvents(eventsGot(receiver.got), await truthOf(under, deeds.coupons)),
  ];
}

/** The events of the messages as they came first. */
export function eventsGot(got: readonly Message[]): FeedEvent[] {
  const first = new Map(got.map((message) => [message.id, message]));
  for (const message of got.toReversed()) first.set(message.id, message);
  return [...first.values()].flatMap((message) =>
    eventsOf(message).map(({ id, type, ...fields }) => ({
      ...{ id, kind: type, couponId: couponOf(message), fields: fields },
    })),
  );
}

/** @returns messages that came again under their id with other bytes. */
export function checkMessages(got: readonly Message[]): string[] {
  const bodies = new Map<string, string>();
  return got.flatMap(({ id, body }) => {
    const before = bodies.get(id);
    bodies.set(id, before ?? body);
    return before === undefined || before === body ? [] : [`${id} came again with other bytes`];
  });
}
