import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FEED_START } from '../../engine/domain/events.js';
import { RELAY_REQUESTS_MAX } from '../../engine/domain/limits.js';
import { memberIdOf } from '../../engine/domain/member-id.js';
import { Relay } from '../../engine/feed/relay.js';
import { FollowedShop } from '../../engine/testing/contracts/followed-shop.js';
import { systemClock, systemScheduler } from '../../server/system-time.js';
import { openEmbedded } from './open-embedded.js';

t.test('each of many webhooks gets its turn, and one that hangs holds up no other', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seonchak-relay-'));
  const stores = await openEmbedded({ dataDir, as: 'server' });
  t.teardown(async () => {
    await stores.close();
    await rm(dataDir, { recursive: true });
  });
  const actor = { kind: 'seller', id: 's', address: '-' } as const;
  const shops = Array.from({ length: RELAY_REQUESTS_MAX + 15 }, () => new FollowedShop(stores));
  for (const shop of shops) {
    await shop.issue(await shop.coupon(), 1);
    const sellerId = memberIdOf(shop.sellerId);
    if (sellerId === undefined) throw new Error('no seller');
    const about = {
      sellerId,
      url: shop.sellerId,
      couponIds: undefined,
      secret: 'whsec_c2VjcmV0',
      createdAtMs: 1,
    };
    await stores.webhooks.create({ ...about, kinds: ['issuance.recorded'] }, FEED_START, (id) => ({
      ...{ atMs: 1, actor, action: 'webhook_created', target: `webhook ${id}`, detail: {} },
    }));
  }
  const [hanging] = shops;
  const got = new Set<string>();
  let finish: (() => void) | undefined;
  const all = new Promise<void>((resolve) => (finish = resolve));
  const relay = new Relay({
    ...stores,
    feed: {
      place: (sellerId) =>
        shops
          .find((shop) => shop.sellerId === sellerId)
          ?.feed()
          .place(sellerId) ?? Promise.resolve(),
    },
    ...{ clock: systemClock, scheduler: systemScheduler, owner: 'r' },
    send: ({ url }) => {
      got.add(url);
      if (got.size === shops.length) finish?.();
      return url === hanging?.sellerId
        ? new Promise(() => undefined)
        : Promise.resolve({ status: 200, result: 'delivered' });
    },
    onDisabled: () => undefined,
    onFault: (fault) => t.fail('a fault', { fault }),
  });
  relay.start();
  // The relay's timer keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  await all;
  clearInterval(alive);
  t.equal(got.size, shops.length);
  const stopped = relay.stop();
  const again = setInterval(() => undefined, 1_000);
  await stopped;
  clearInterval(again);
  t.equal(
    (await stores.webhooks.lease({ owner: 'other', leaseMs: 1_000 }, 100)).length,
    shops.length,
    'given back',
  );
});

t.test('a relay without a request in flight waits for nothing when it stops', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seonchak-relay-'));
  const stores = await openEmbedded({ dataDir, as: 'server' });
  t.teardown(async () => {
    await stores.close();
    await rm(dataDir, { recursive: true });
  });
  const pausesMs: number[] = [];
  const relay = new Relay({
    ...stores,
    feed: { place: () => Promise.resolve() },
    ...{ clock: systemClock, owner: 'r' },
    scheduler: {
      ...systemScheduler,
      pause: (ms) => {
        pausesMs.push(ms);
        return systemScheduler.pause(ms);
      },
    },
    send: () => Promise.resolve({ status: 200, result: 'delivered' }),
    onDisabled: () => undefined,
    onFault: (fault) => t.fail('a fault', { fault }),
  });
  relay.start();
  await relay.stop();
  t.same(pausesMs, [], 'a pause would keep the process from ending');
});
