/** Tests a Redis Cluster with 200 hot coupons: slots that move, masters that hand over, and one that dies, under load. */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { CrowdRequest } from '../../src/demo/crowd.js';
import { forEachConcurrently } from '../../src/cli/for-each-concurrently.js';
import { bucketOf, couponKey } from '../../src/persist/redis/keys.js';
import { moveSlot } from '../servers/move-slot.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { crowdOf } from '../system/burst.js';
import { hasCoupon, nodePairs, promote, untilMaster } from './cluster-nodes.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, type World } from './world.js';

const MASTERS = 3;
/** Twelve or thirteen of each bucket. */
const HOT_COUPONS = 200;
const QUANTITY = 24;
/** More than there are units: the last of them are refused. */
const MEMBERS = 30;
const PACE_MS = 250;
/** A slot moves for more than a second. */
const MOVING_PACE_MS = 500;
/** Requests of a step. */
const STRIKES_AFTER = 1.5 * HOT_COUPONS;
const POLL_MS = 20;
/** Coupons that are registered or judged concurrently. */
const CALL_COUPONS_MAX = 10;
/**
 * One after the other: masters that move slots to each other at the same time wait for each other until Redis gives up. A slot has some sixty keys.
 */
const SLOTS = 6;
/** Long enough that calls get in between two keys of a coupon. */
const BETWEEN_KEYS_MS = 5;

// Slots move from nodes that were started as masters, so the tests with failovers come after.
const mariadb = await sharedMariadb(t);
const cluster = await startRedisCluster({ masters: MASTERS, replicas: 1, nodeTimeoutMs: 1_000 });
t.teardown(() => cluster.stop());
const site = await startSite(t, mariadb, { cluster, servers: 2 });
/** The same members request all coupons. */
const crowd = await crowdOf(MEMBERS);

async function hotCoupons(t: Test, paceMs = PACE_MS): Promise<readonly World[]> {
  const worlds: World[] = [];
  const few = { quantity: QUANTITY, crowd, connections: 2, lanes: 1, paceMs };
  const places = Array.from({ length: HOT_COUPONS });
  await forEachConcurrently(places, CALL_COUPONS_MAX, async () => {
    worlds.push(await openWorld(t, site, few));
  });
  return worlds;
}

/** One step after the other, each while its share of the members requests for every coupon. */
async function underLoad(
  t: Test,
  worlds: readonly World[],
  steps: readonly (() => Promise<void>)[],
): Promise<void> {
  const share = Math.floor(QUANTITY / steps.length);
  for (const [place, step] of steps.entries()) {
    const startedMs = performance.now();
    const requests = requestsOf(worlds).length;
    const bursts = worlds.map(async (world, at) => {
      // Evenly over the pace: in waves the step would fall between two of them.
      await pause((at * PACE_MS) / HOT_COUPONS);
      await world.burst(place * share, (place + 1) * share);
    });
    while (requestsOf(worlds).length < requests + STRIKES_AFTER) await pause(POLL_MS);
    const fromMs = performance.now();
    await step();
    const untilMs = performance.now();
    await Promise.all(bursts);
    const issued = requestsOf(worlds).filter(
      ({ outcome, invokedMs }) => outcome === 'issued' && invokedMs > startedMs,
    );
    const before = issued.filter(({ answeredMs = Infinity }) => answeredMs < fromMs).length;
    const after = issued.filter(({ answeredMs = 0 }) => answeredMs > untilMs).length;
    t.not(before, 0, 'units were issued before the step');
    t.not(issued.length - before, 0, 'and since');
    t.comment(
      `issued before, in and after step ${place + 1}: ${before}, ${issued.length - before - after}, ${after}`,
    );
  }
  await Promise.all(worlds.map((world) => world.burst()));
}

const requestsOf = (worlds: readonly World[]): CrowdRequest[] =>
  worlds.flatMap(({ crowd }) => crowd.requests);

/**
 * No promise to any member of any coupon is broken, and every coupon is sold out.
 *
 * Of many coupons that are verified together some may be rebuilt: a process that finds the epoch raised by another one waits only a moment for it.
 *
 * @returns how many issuances were lost.
 */
async function lostOf(t: Test, worlds: readonly World[]): Promise<number> {
  let rebuilt = 0;
  let lostTotal = 0;
  await forEachConcurrently(worlds, CALL_COUPONS_MAX, async (world) => {
    const { lost } = await world.verdict(t);
    lostTotal += lost;
    if ((await world.version()) > 1) rebuilt += 1;
    t.equal(await world.rows(), QUANTITY, 'every unit has its row');
  });
  t.comment(`${lostTotal} lost; ${rebuilt} of ${worlds.length} were rebuilt`);
  return lostTotal;
}

fault(25, 'slots move while 200 coupons are hot: no split write, no lost call', async (t) => {
  const worlds = await hotCoupons(t, MOVING_PACE_MS);
  const keyIn = (bucket: number): string => {
    const one = worlds.find(({ couponId }) => bucketOf(couponId) === bucket);
    if (one === undefined) throw new Error('every bucket has coupons');
    return couponKey(one.couponId, 'meta');
  };
  const steps = Array.from(
    { length: SLOTS },
    (_, bucket) => () => moveSlot(cluster, keyIn(bucket), BETWEEN_KEYS_MS),
  );
  await underLoad(t, worlds, steps);
  t.strictSame(
    requestsOf(worlds).filter(({ outcome }) => outcome === 'lost' || outcome === 'outcome_unknown'),
    [],
    'no call was lost',
  );
  t.equal(await lostOf(t, worlds), 0);
});

fault(24, 'every master hands over while 200 coupons are hot: nothing is lost', async (t) => {
  const worlds = await hotCoupons(t);
  const steps = (await nodePairs(cluster)).map(
    ({ replica }) =>
      () =>
        promote(replica),
  );
  await underLoad(t, worlds, steps);
  t.equal(await lostOf(t, worlds), 0);
});

fault(23, 'a master dies while 200 coupons are hot: losses are of its coupons, and counted', async (t) => {
  const worlds = await hotCoupons(t);
  const [pair] = await nodePairs(cluster);
  if (pair === undefined) throw new Error('there are masters');
  const { master, replica } = pair;
  const held: World[] = [];
  await forEachConcurrently(worlds, CALL_COUPONS_MAX, async (world) => {
    if (await hasCoupon(master, world.couponId)) held.push(world);
  });
  t.not(held.length, 0);
  t.not(held.length, worlds.length);
  await underLoad(t, worlds, [
    async () => {
      await master.kill('SIGKILL');
      // A loss of any other coupon is a violation.
      for (const world of held) world.storeLost();
      await untilMaster(replica);
    },
    async () => {
      await master.restart();
      await cluster.untilOk();
    },
  ]);
  await lostOf(t, worlds);
});
