/** Removes each key of a coupon in turn, under load and with real processes. */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Member } from '../../src/demo/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { runSeonchak } from '../clients/seonchak-command.js';
import { signToken } from '../clients/tokens.js';
import { redisClient } from '../servers/redis.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, startWorld, type World } from './world.js';
import { couponKey } from '../../src/persist/redis/keys.js';

type Client = ReturnType<typeof redisClient>;

const mariadb = await sharedMariadb(t);
/** Shared by the coupons that lose a key: a rebuild concerns one coupon, and waits for its lease. */
const site = await startSite(t, mariadb, { servers: 2 });
const KEYS = ['meta', 'winners', 'issuable_coupon_queue', 'claims', 'claimed'] as const;
const POLL_MS = 20;
const REBUILT_WITHIN_MS = 20_000;

/** Ways in which a key can vanish. Two of them leave another under its name: of another type, or of another coupon. */
const WAYS: Readonly<Record<string, (client: Client, key: string, foreign: string) => Promise<unknown>>> = {
  DEL: (client, key) => client.del(key),
  'a string in its place': (client, key) => client.set(key, 'of another application'),
  RENAME: (client, key) => client.rename(key, `${key}:elsewhere`),
  'RENAME of another coupon onto it': (client, key, foreign) => client.rename(foreign, key),
};

async function lose(world: World, other: number, key: string, way: string): Promise<void> {
  const client = redisClient(world.redis);
  await WAYS[way]?.(client, couponKey(world.couponId, key), couponKey(other, key));
  client.disconnect();
}

async function rebuilt(world: World, before: number): Promise<number> {
  const sinceMs = performance.now();
  while ((await world.version()) === before) {
    if (performance.now() - sinceMs > REBUILT_WITHIN_MS) throw new Error('the coupon was not rebuilt');
    await pause(POLL_MS);
  }
  return performance.now() - sinceMs;
}

async function requestsAgain(t: Test, world: World, holders: readonly Member[]): Promise<void> {
  const wonBefore = new Map(
    world.crowd.requests.flatMap(({ memberId, issueNo }) =>
      issueNo === undefined ? [] : [[memberId, issueNo]],
    ),
  );
  for (const member of holders) {
    const again = await world.crowd.requestOnce(world.couponId, member);
    t.equal(again.issueNo, wonBefore.get(again.memberId), 'a holder keeps its number');
  }
}

async function losesKey(t: Test, key: string, way: string): Promise<void> {
  const other = await openWorld(t, site, { quantity: 20, members: 10 });
  await other.burst();
  const world = await openWorld(t, site, { quantity: 150, members: 250 });
  const burst = world.burst();
  await world.crowd.winners(80);
  await lose(world, other.couponId, key, way);
  await burst;
  const { lost } = await world.verdict(t);
  t.equal(lost, 0, 'what one key held is in the others');
  t.ok((await world.version()) > 1, 'the coupon was rebuilt');
  t.equal(await world.rows(), 150);
}

// Concurrently: each has a coupon of its own, and mostly waits for the end of its lease.
t.jobs = KEYS.length;
for (const way of Object.keys(WAYS)) {
  for (const key of KEYS) {
    fault(37, `${key} is lost by ${way} while a crowd downloads`, (t) => losesKey(t, key, way));
  }
}

fault(
  37,
  'a sold out coupon of ten loses its winners: none is issued anew, and all keep theirs',
  async (t) => {
    const world = await startWorld(t, mariadb, { servers: 2, quantity: 10, members: 30 });
    await world.burst();
    while ((await world.rows()) < 10) await pause(POLL_MS);
    const wins = world.crowd.requests.filter(({ issueNo }) => issueNo !== undefined);
    const holders = world.members.filter(({ memberId }) => wins.some((win) => win.memberId === memberId));
    await lose(world, 0, 'winners', 'DEL');
    const tookMs = await rebuilt(world, await world.version());
    t.comment(`rebuilt after ${Math.round(tookMs)} ms without a press`);
    await world.burst();
    await requestsAgain(t, world, holders);
    t.equal(await world.rows(), 10);
    const { lost } = await world.verdict(t);
    t.equal(lost, 0);
  },
);

fault(
  37,
  'the marks of pending coupons are lost with a backlog: recorders find it nevertheless',
  async (t) => {
    const world = await startWorld(t, mariadb, { loneRecorder: true, quantity: 50, members: 50 });
    await world.recorder?.kill('SIGKILL');
    await world.burst();
    // No process is left that would ring or mark again.
    await world.servers[0]?.kill('SIGKILL');
    const client = redisClient(world.redis);
    t.teardown(() => client.disconnect());
    t.equal(await world.rows(), 0);
    t.equal(await client.del('seonchak:announced'), 1);
    await world.recorder?.restart();
    while ((await world.rows()) < 50) await pause(POLL_MS);
    await world.verdict(t);
  },
);

fault(
  37,
  'meta and queue are lost together, and no process knows a number: none is given twice',
  async (t) => {
    const world = await startWorld(t, mariadb, { loneRecorder: true, quantity: 40, members: 60 });
    await world.recorder?.kill('SIGKILL');
    for (const member of world.members.slice(0, 20)) await world.crowd.requestOnce(world.couponId, member);
    await world.servers[0]?.kill('SIGKILL');
    t.equal(await world.rows(), 0, 'only the winners in Redis know the numbers');
    const before = await world.version();
    for (const key of ['meta', 'issuable_coupon_queue']) await lose(world, 0, key, 'DEL');
    await world.servers[0]?.restart();
    await world.recorder?.restart();
    await rebuilt(world, before);
    await world.burst();
    const { lost } = await world.verdict(t);
    t.equal(lost, 0, 'all that was in the queue was also in the winners');
    t.equal(await world.rows(), 40);
  },
);

fault(37, 'stats, status and reconcile never call a coupon in order that has lost a key', async (t) => {
  const world = await startWorld(t, mariadb, { servers: 1, quantity: 10, members: 12 });
  await world.burst();
  while ((await world.rows()) < 10) await pause(POLL_MS);
  const [server] = world.servers;
  const settings = { ...world.settings, JWT_SECRET: TEST_SECRET };
  const client = new HttpClient(server?.origin ?? '', 1);
  t.teardown(() => client.close());
  const token = await signToken('900001', 'seller');
  for (const key of KEYS) {
    const before = await world.version();
    // Frozen, it rebuilds nothing, and `status` rebuilds nothing either.
    await server?.kill('SIGSTOP');
    await lose(world, 0, key, 'DEL');
    const status = await runSeonchak(['status', String(world.couponId), '--json'], settings);
    t.match(JSON.parse(status.stdout), { state: 'not_ready' }, key);
    await server?.kill('SIGCONT');
    const stats = await client.call(`/v1/coupons/${world.couponId}/stats`, { token });
    if (stats.status !== 503)
      t.ok((await world.version()) > before, `${key}: figures only once it is rebuilt`);
    const reconciled = await runSeonchak(['reconcile', String(world.couponId), '--json'], settings);
    if (reconciled.exitCode === 0)
      t.ok((await world.version()) > before, `${key}: clean only once it is rebuilt`);
    await rebuilt(world, before);
  }

  const before = await world.version();
  const redis = redisClient(world.redis);
  await redis.flushall();
  redis.disconnect();
  world.storeLost();
  t.equal((await client.call(`/v1/coupons/${world.couponId}/stats`, { token })).status, 503);
  await rebuilt(world, before);
  const figures = await client.call(`/v1/coupons/${world.couponId}/stats`, { token });
  t.match(figures, { status: 200, body: { issued: 10 } }, 'without a press: the question began the rebuild');
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
});
