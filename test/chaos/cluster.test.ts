/** Tests a Redis Cluster whose masters die, hand over, or lose their majority, under load. */
import t, { type Test } from 'tap';
import { setTimeout as pause } from 'node:timers/promises';
import type { CrowdRequest } from '../../src/demo/crowd.js';
import { type RedisClusterServers, startRedisCluster } from '../servers/redis-cluster.js';
import { redisClient } from '../servers/redis.js';
import { moveSlot } from '../servers/move-slot.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, type World } from './world.js';
import { ownersOf, promote, untilMaster } from './cluster-nodes.js';
import { couponKey } from '../../src/persist/redis/keys.js';

const MASTERS = 3;
/** Requests that are made while the fault lasts. */
const REQUESTS_MEANWHILE = 60;
/** A move that ends before the first member requests shows nothing. */
const MOVES_MAX = 20;
const mariadb = await sharedMariadb(t);

async function clusterWorld(
  t: Test,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ world: World; cluster: RedisClusterServers }> {
  const cluster = await startRedisCluster({ masters: MASTERS, replicas: 1, nodeTimeoutMs: 1_000 });
  t.teardown(() => cluster.stop());
  const site = await startSite(t, mariadb, { cluster, servers: 2, settings });
  return { world: await openWorld(t, site), cluster };
}

/** For the faults after which every node runs again. Slots move from those that were started as masters, so the failovers are the last. */
const sharedCluster = await startRedisCluster({ masters: MASTERS, replicas: 1, nodeTimeoutMs: 1_000 });
t.teardown(() => sharedCluster.stop());
const sharedSite = await startSite(t, mariadb, { cluster: sharedCluster, servers: 2 });

async function sharedWorld(t: Test): Promise<{ world: World; cluster: RedisClusterServers }> {
  return { world: await openWorld(t, sharedSite), cluster: sharedCluster };
}

fault(
  23,
  'a master dies and its replica takes over: rows stay within the quantity, losses are counted',
  async (t) => {
    const { world, cluster } = await clusterWorld(t);
    const { master, replica } = await ownersOf(cluster, world.couponId);
    const burst = world.burst();
    await world.crowd.winners(100);
    await master.kill('SIGKILL');
    world.storeLost();
    await untilMaster(replica);
    await burst;
    const { lost } = await world.verdict(t);
    t.comment(`${lost} issuances were lost with the master`);
  },
);

fault(23, 'at level replica a master dies: no acknowledged issuance is lost with it', async (t) => {
  const { world, cluster } = await clusterWorld(t, { DURABILITY: 'replica', REPLICA_ACKS: '1' });
  const { master, replica } = await ownersOf(cluster, world.couponId);
  const burst = world.burst();
  await world.crowd.winners(100);
  await master.kill('SIGKILL');
  await untilMaster(replica);
  const aloneMs = performance.now();
  await world.crowd.answeredSince(aloneMs, REQUESTS_MEANWHILE);
  const joinedMs = performance.now();
  // It comes back as the replica of its replica; until then no replica can confirm anything.
  await master.restart();
  await burst;
  const alone = world.crowd.requests.filter(
    ({ invokedMs, answeredMs }) => invokedMs > aloneMs && (answeredMs ?? Infinity) < joinedMs,
  );
  t.strictSame(
    alone.filter((request) => request.issueNo !== undefined),
    [],
    'without a replica no issuance is acknowledged',
  );
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
});

fault(27, 'the majority of the Cluster is lost: never sold out, and automatic recovery', async (t) => {
  const { world, cluster } = await clusterWorld(t);
  const { master } = await ownersOf(cluster, world.couponId);
  const others = cluster.nodes.filter((node) => node.port !== master.port);
  await world.burst(0, 100);
  for (const node of others) await node.kill('SIGSTOP');
  const client = redisClient(master);
  while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:fail')) await pause(20);
  client.disconnect();
  const burst = world.burst(100);
  const member = world.members[599];
  if (member === undefined) throw new Error('there are members');
  const request = await world.crowd.requestOnce(world.couponId, member);
  t.match(request.outcome, /^(busy|not_ready|outcome_unknown)$/);
  for (const node of others) await node.kill('SIGCONT');
  await cluster.untilOk();
  await burst;
  await world.verdict(t);
});

/**
 * Moves the coupon's slot this many times while members request, more often if none did, and returns their answers
 * meanwhile.
 */
async function requestedDuringMoves(
  world: World,
  cluster: RedisClusterServers,
  moves: number,
): Promise<CrowdRequest[]> {
  const fromMs = performance.now();
  let meanwhile: CrowdRequest[] = [];
  for (let move = 0; move < moves || (meanwhile.length === 0 && move < MOVES_MAX); move += 1) {
    await moveSlot(cluster, couponKey(world.couponId, 'meta'));
    const untilMs = performance.now();
    meanwhile = world.crowd.requests.filter(({ invokedMs }) => invokedMs > fromMs && invokedMs < untilMs);
  }
  return meanwhile;
}

fault(25, 'slots move key by key under load: no split write, no lost call', async (t) => {
  const { world, cluster } = await sharedWorld(t);
  const burst = world.burst();
  await world.crowd.winners(50);
  const meanwhile = await requestedDuringMoves(world, cluster, 3);
  await burst;
  t.not(meanwhile.length, 0, 'members pressed meanwhile');
  t.strictSame(
    world.crowd.requests.filter(({ outcome }) => outcome === 'lost' || outcome === 'outcome_unknown'),
    [],
    'no call was lost',
  );
  await world.verdict(t);
  t.equal(await world.version(), 1, 'verified on its new master, not rebuilt');
});

fault(26, 'slots move while the queue is empty: admission goes on', async (t) => {
  const { world, cluster } = await sharedWorld(t);
  await world.burst(0, 100);
  // The verdict waits until queue and claims are empty: only their sentinels move with the coupon.
  await world.verdict(t);
  const burst = world.burst(100);
  const meanwhile = await requestedDuringMoves(world, cluster, 1);
  await burst;
  t.not(meanwhile.length, 0, 'members pressed meanwhile');
  await world.verdict(t);
  t.equal(await world.version(), 1, 'verified on its new master, not rebuilt');
});

fault(24, 'a planned failover under load loses nothing', async (t) => {
  const { world, cluster } = await sharedWorld(t);
  const { replica } = await ownersOf(cluster, world.couponId);
  const burst = world.burst();
  await world.crowd.winners(100);
  await promote(replica);
  await burst;
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
  t.equal(await world.version(), 1, 'verified on its new master, not rebuilt');
});
