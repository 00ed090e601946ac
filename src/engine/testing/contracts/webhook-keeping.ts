/** Tests how webhooks are kept, their secrets, and which relay has which. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { FEED_START } from '../../domain/events.js';
import { Relay } from '../../feed/relay.js';
import type { SendMessage } from '../../feed/webhook-delivery.js';
import { WEBHOOKS_PER_SELLER_MAX, type Webhooks } from '../../ports/webhooks.js';
import {
  type WebhooksUnderTest,
  LEASE_MS,
  clock,
  entry,
  Receiver,
  newWebhook,
  created,
  issued,
  until,
} from './webhook-receiver.js';

export function aboutKeeping(t: Test, under: WebhooksUnderTest): void {
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

export function aboutSecrets(t: Test, under: WebhooksUnderTest): void {
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

export function aboutLeases(t: Test, under: WebhooksUnderTest): void {
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

export function aboutPasses(t: Test, under: WebhooksUnderTest): void {
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
