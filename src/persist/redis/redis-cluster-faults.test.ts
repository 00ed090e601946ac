/** Tests a Cluster whose slots and masters move during downloads. Numbers in names are those of the fault list. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { moveSlot } from '../../../test/servers/move-slot.js';
import { type RedisClusterServers, startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { redisClient } from '../../../test/servers/redis.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { freshCouponId, member } from '../../engine/testing/contracts/ids.js';
import { outcomes, warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { bucketOf, BUCKETS, metaKey } from './keys.js';
import { openRedisBackEnd, type RedisBackEnd } from './redis-back-end.js';
import { oneByOne } from '../../engine/testing/contracts/one-by-one.js';

const CALL_DEADLINE_MS = 5_000;
const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
/** A move slow enough that a round falls into the middle of it. */
const BETWEEN_KEYS_MS = 400;
/** Between two reads. */
const READ_COOLDOWN_MS = 20;
/** Reads of a replica between two requests to take over. */
const FAILOVER_ASK_EVERY = 50;

async function open(
  t: Test,
  cluster: RedisClusterServers,
): Promise<{ backEnd: RedisBackEnd; couponId: CouponId }> {
  const backEnd = await openRedisBackEnd({
    redisUrls: cluster.urls,
    callDeadlineMs: CALL_DEADLINE_MS,
    durability: undefined,
    replicaAcks: 1,
  });
  t.teardown(() => {
    backEnd.close();
  });
  const couponId = freshCouponId();
  const terms = {
    quantity: 1_000_000,
    opensAtMs: undefined,
    closesAtMs: undefined,
    paused: false,
    closed: false,
  };
  await warmWith(backEnd.admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
  return { backEnd, couponId };
}

/** Requests one member after the other, as an actor does, until `done`; every number must follow the previous one. */
async function requestUntil(
  backEnd: RedisBackEnd,
  couponId: CouponId,
  done: Promise<unknown>,
): Promise<string[]> {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  void done.then(end, end);
  const answers: string[] = [];
  while (!state.ended) {
    const holders = [member(`m${answers.length}`)];
    for (;;) {
      try {
        const batch = { couponId, epoch: 1, holders, notAfterMs: FAR_FUTURE_MS };
        answers.push(...outcomes(await backEnd.admission.admit(batch), 1));
        break;
      } catch (error) {
        if (!/^store_(unavailable|outcome_unknown)$/.test((error as { code: string }).code)) throw error;
        await delay(10);
      }
    }
  }
  await done;
  return answers;
}

const numbered = (answers: readonly string[]): string[] =>
  answers.map((word) => word.replace(/^(issued|already) /, ''));
const oneTo = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

t.test(
  '25, 26: a slot that moves under load, with an empty queue or a full one, loses and splits nothing',
  async (t) => {
    const cluster = await startRedisCluster({ masters: 3 });
    t.teardown(() => cluster.stop());
    const { backEnd, couponId } = await open(t, cluster);

    const full = await requestUntil(backEnd, couponId, moveSlot(cluster, metaKey(couponId)));
    t.same(numbered(full), oneTo(full.length), 'queue full');

    while ((await oneByOne(backEnd.queue).claim(couponId, 'token', 3_000, 60_000)) !== undefined) {
      t.equal(await oneByOne(backEnd.queue).ack(couponId, 'token'), true);
    }
    const moved = moveSlot(cluster, metaKey(couponId));
    t.equal(
      await oneByOne(backEnd.queue).claim(couponId, 'token', 10, 60_000),
      undefined,
      'empty, and not an error',
    );
    await moved;
    const again = await backEnd.admission.admit({
      couponId,
      epoch: 1,
      holders: [member('last')],
      notAfterMs: FAR_FUTURE_MS,
    });
    t.same(outcomes(again, 1), [`issued ${full.length + 1}`]);
  },
);

t.test('a coupon that is half moved holds up neither its bucket nor the round of its node', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  const { backEnd, couponId } = await open(t, cluster);
  const { admission, queue } = backEnd;
  const terms = { quantity: 500, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  // They move one after the other, so in the middle some are here and some there.
  const bucket = [1, 2, 3, 4, 5].map((place) => (couponId + place * BUCKETS) as CouponId);
  const beside: CouponId[] = [];
  for (let id = couponId + 1; beside.length < 3; id += 1) {
    if (admission.shardOf(id as CouponId) === admission.shardOf(couponId)) beside.push(id as CouponId);
  }
  const couponIds = [couponId, ...bucket, ...beside].sort((one, other) => one - other);
  for (const id of [...bucket, ...beside]) {
    await warmWith(admission, { couponId: id, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
  }
  const move = { ended: false };
  const isOver = (): boolean => move.ended;
  const moved = moveSlot(cluster, metaKey(couponId), BETWEEN_KEYS_MS / 4).finally(() => (move.ended = true));

  const numbers = couponIds.map((): string[] => []);
  const pending = new Set<number>();
  let [rounds, divided] = [0, 0];
  while (!isOver()) {
    rounds += 1;
    const asked = [...couponIds.keys()].filter((place) => !pending.has(place));
    const batches = asked.map((place) => ({
      couponId: couponIds[place] as CouponId,
      epoch: 1,
      holders: [member(`m${rounds}`)],
      notAfterMs: FAR_FUTURE_MS,
    }));
    for (const place of asked) pending.add(place);
    await admission.admitRound(batches, (at, reply) => {
      if (reply.status === 'fault') throw new Error('a fault', { cause: reply.fault });
      const place = asked[at] ?? -1;
      pending.delete(place);
      numbers[place]?.push(...outcomes(reply, 1));
    });
    // One that has moved already is answered by the other node, a moment later.
    while (pending.size > 1 && !isOver()) await delay(1);
    if (pending.size === 1) divided += 1;
    await delay(READ_COOLDOWN_MS);
  }
  await moved;
  while (pending.size > 0) await delay(READ_COOLDOWN_MS);
  t.not(divided, 0, 'the one that is between the nodes waits, and the others have their answers');
  for (const words of numbers)
    t.same(
      words,
      words.map((_, index) => `issued ${index + 1}`),
    );
  // Reads and drains of the bucket meet the same.
  const movedBack = moveSlot(cluster, metaKey(couponId), BETWEEN_KEYS_MS / 4);
  await delay(BETWEEN_KEYS_MS);
  const inBucket = couponIds.filter((id) => bucketOf(id) === bucketOf(couponId));
  const known = await admission.snapshots(inBucket);
  const depths = await queue.depths(inBucket);
  const claimed: number[] = [];
  await new Promise<void>((resolve) => {
    void queue.claimRound(
      { couponIds: inBucket, token: 'drain', limit: 3_000, leaseMs: 60_000 },
      (place, reply) => {
        claimed[place] = typeof reply === 'object' && 'issuances' in reply ? reply.issuances.length : -1;
        if (claimed.filter((count) => count > 0).length === inBucket.length) resolve();
      },
    );
  });
  await movedBack;
  const issued = inBucket.map((id) => numbers[couponIds.indexOf(id)]?.length);
  t.same(
    known.map((snapshot) => snapshot?.issued),
    issued,
  );
  t.same(
    depths.map((depth) => depth?.queued),
    issued,
  );
  t.same(claimed, issued);
});

t.test('24: a planned failover under load loses nothing', async (t) => {
  const cluster = await startRedisCluster({ masters: 3, replicas: 1 });
  t.teardown(() => cluster.stop());
  const { backEnd, couponId } = await open(t, cluster);
  const failOver = async (): Promise<void> => {
    for (const replica of cluster.nodes.slice(3)) {
      const client = redisClient(replica);
      // Redis gives a planned failover up when its nodes have had no contact lately; an operator repeats the request.
      for (let tries = 0; !(await client.info('replication')).includes('role:master'); tries++) {
        if (tries % FAILOVER_ASK_EVERY === 0) await client.call('CLUSTER', 'FAILOVER');
        await delay(READ_COOLDOWN_MS);
      }
      client.disconnect();
    }
    await delay(READ_COOLDOWN_MS);
  };
  const answers = await requestUntil(backEnd, couponId, failOver());
  t.same(numbered(answers), oneTo(answers.length));
  t.equal((await backEnd.admission.snapshots([couponId]))[0]?.issued, answers.length);
});

t.test(
  '27: a Cluster without its majority is unavailable, never sold out, and serves again when it is back',
  async (t) => {
    const cluster = await startRedisCluster({ masters: 3, nodeTimeoutMs: 500 });
    t.teardown(() => cluster.stop());
    const backEnd = await openRedisBackEnd({
      redisUrls: cluster.urls,
      callDeadlineMs: 400,
      durability: undefined,
      replicaAcks: 1,
    });
    t.teardown(() => {
      backEnd.close();
    });
    const couponId = freshCouponId();
    const terms = { quantity: 9, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    await warmWith(backEnd.admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
    const request = async (name: string): Promise<string> => {
      try {
        const batch = { couponId, epoch: 1, holders: [member(name)], notAfterMs: FAR_FUTURE_MS };
        return outcomes(await backEnd.admission.admit(batch), 1)[0] ?? '';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    t.equal(await request('a'), 'issued 1');
    await Promise.all(cluster.nodes.slice(0, 2).map((node) => node.kill('SIGKILL')));
    const seen = new Set<string>();
    while (!seen.has('store_unavailable')) seen.add(await request('b'));
    for (const word of seen) t.match(word, /^(issued 2|already 2|store_unavailable|store_outcome_unknown)$/);
    await Promise.all(cluster.nodes.slice(0, 2).map((node) => node.restart()));
    await cluster.untilOk();
    let word = await request('a');
    while (word.startsWith('store_')) word = await request('a');
    t.equal(word, 'already 1');
  },
);

t.test(
  'without any node of the Cluster connections are tried some times a second, and not without end',
  async (t) => {
    const cluster = await startRedisCluster({ masters: 3 });
    t.teardown(() => cluster.stop());
    const { backEnd, couponId } = await open(t, cluster);
    const stop = await backEnd.bell.listen(() => undefined);
    t.teardown(stop);
    let sockets = 0;
    const count = (): void => void (sockets += 1);
    subscribe('net.client.socket', count);
    t.teardown(() => void unsubscribe('net.client.socket', count));
    for (const node of cluster.nodes) await node.kill('SIGKILL');
    await delay(1_000);
    sockets = 0;
    await delay(3_000);
    t.ok(sockets > 0, 'they are tried');
    t.ok(sockets < 600, `${sockets} connections in three seconds; 1,600 a second before`);

    // A first subscription that meets no node waits for one, as that of a process which starts meanwhile.
    const listening = backEnd.versions.listen(() => undefined);
    for (const node of cluster.nodes) await node.restart();
    t.teardown(await listening);
    const rung = new Promise<CouponId>((resolve) => void backEnd.bell.listen(resolve));
    while ((await Promise.race([rung, delay(200)])) === undefined) backEnd.bell.ring(couponId);
    t.equal(await rung, couponId, 'and messages arrive again once the nodes are back');
  },
);
