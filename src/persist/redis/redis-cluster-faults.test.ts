/** A Cluster whose slots and masters move while members press. Numbers in names are those of the fault list. */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { moveSlot } from '../../../test/servers/move-slot.js';
import { type RedisClusterServers, startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { redisClient } from '../../../test/servers/redis.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import {
  freshCouponId,
  member,
  outcomes,
  warmWith,
} from '../../engine/testing/contracts/admission-contract.js';
import { metaKey } from './keys.js';
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

/** Presses one member after the other, as an actor does, until `done`; every number must follow the one before. */
async function pressUntil(
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

    const full = await pressUntil(backEnd, couponId, moveSlot(cluster, metaKey(couponId)));
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

t.test('a coupon whose slot is half moved does not hold up the round of its node', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  const { backEnd, couponId: moving } = await open(t, cluster);
  const { admission } = backEnd;
  const others: CouponId[] = [];
  while (others.length < 3) {
    const couponId = freshCouponId();
    if (admission.shardOf(couponId) !== admission.shardOf(moving)) continue;
    const terms = { quantity: 5, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    await warmWith(admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
    others.push(couponId);
  }
  // After the first key and before the last, every command for the coupon is refused with TRYAGAIN.
  const moved = moveSlot(cluster, metaKey(moving), BETWEEN_KEYS_MS);
  await delay(1.5 * BETWEEN_KEYS_MS);
  const batches = [moving, ...others].map((couponId) => ({
    couponId,
    epoch: 1,
    holders: [member('a'), member('b')],
    notAfterMs: FAR_FUTURE_MS,
  }));
  const answers = new Map<number, string[]>();
  await new Promise<void>((resolve, reject) => {
    const round = admission.admitRound(batches, (place, reply) => {
      if (reply.status === 'fault') reject(new Error('a fault', { cause: reply.fault }));
      else answers.set(place, outcomes(reply, 2));
      if (answers.size === batches.length) resolve();
    });
    round.then(() => {
      t.same([...answers.keys()].sort(), [1, 2, 3], 'the next round may leave before that one is answered');
    }, reject);
  });
  await moved;
  for (const place of batches.keys()) t.same(answers.get(place), ['issued 1', 'issued 2']);
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
  const answers = await pressUntil(backEnd, couponId, failOver());
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
    const press = async (name: string): Promise<string> => {
      try {
        const batch = { couponId, epoch: 1, holders: [member(name)], notAfterMs: FAR_FUTURE_MS };
        return outcomes(await backEnd.admission.admit(batch), 1)[0] ?? '';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    t.equal(await press('a'), 'issued 1');
    await Promise.all(cluster.nodes.slice(0, 2).map((node) => node.kill('SIGKILL')));
    const seen = new Set<string>();
    while (!seen.has('store_unavailable')) seen.add(await press('b'));
    for (const word of seen) t.match(word, /^(issued 2|already 2|store_unavailable|store_outcome_unknown)$/);
    await Promise.all(cluster.nodes.slice(0, 2).map((node) => node.restart()));
    await cluster.untilOk();
    let word = await press('a');
    while (word.startsWith('store_')) word = await press('a');
    t.equal(word, 'already 1');
  },
);
