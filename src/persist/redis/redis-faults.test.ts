/** What the Redis back end says while Redis or the way to it is broken. Numbers in names are those of the fault list. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { redisClient, type RedisServer, startRedis } from '../../../test/servers/redis.js';
import { startTcpProxy, type TcpProxy } from '../../../test/servers/tcp-proxy.js';
import type { AdmitReply } from '../../engine/ports/admission.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import {
  askRound,
  freshCouponId,
  inChunks,
  member,
  members,
  outcomes,
  warmWith,
} from '../../engine/testing/contracts/admission-contract.js';
import { metaKey, queueKey, winnersKey } from './keys.js';
import { openRedisBackEnd, type RedisBackEnd } from './redis-back-end.js';
import { issuancesOf, oneByOne } from '../../engine/testing/contracts/one-by-one.js';

const CALL_DEADLINE_MS = 400;
/** A deadline is kept when the call ends within this much of it, on a machine that is busy with other tests. */
const SLACK_MS = 1_500;
const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
const UNKNOWN = { code: 'store_outcome_unknown' };
const UNAVAILABLE = { code: 'store_unavailable' };

async function backEndAt(
  t: Test,
  port: number,
  more: { replicaAcks?: number; callDeadlineMs?: number; checkServer?: boolean } = {},
): Promise<RedisBackEnd> {
  const backEnd = await openRedisBackEnd({
    redisUrls: [`redis://127.0.0.1:${port}`],
    callDeadlineMs: more.callDeadlineMs ?? CALL_DEADLINE_MS,
    durability: more.replicaAcks === undefined ? undefined : 'replica',
    replicaAcks: more.replicaAcks ?? 1,
    checkServer: more.checkServer ?? false,
  });
  t.teardown(() => {
    backEnd.close();
  });
  return backEnd;
}

async function single(t: Test): Promise<{ server: RedisServer; client: Redis; backEnd: RedisBackEnd }> {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const client = redisClient(server);
  t.teardown(() => {
    client.disconnect();
  });
  return { server, client, backEnd: await backEndAt(t, server.port) };
}

/** A back end whose way to Redis leads over a proxy, and another one that goes there directly. */
async function proxied(t: Test): Promise<{ proxy: TcpProxy; direct: RedisBackEnd; backEnd: RedisBackEnd }> {
  const { server, backEnd: direct } = await single(t);
  const proxy = await startTcpProxy(server.port);
  t.teardown(() => proxy.stop());
  return { proxy, direct, backEnd: await backEndAt(t, proxy.port) };
}

async function warmed(backEnd: RedisBackEnd, quantity = 10): Promise<CouponId> {
  const couponId = freshCouponId();
  const terms = { quantity, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  await warmWith(backEnd.admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 });
  return couponId;
}

const admit = (
  backEnd: RedisBackEnd,
  couponId: CouponId,
  names: readonly string[],
  notAfterMs = FAR_FUTURE_MS,
): Promise<AdmitReply> =>
  backEnd.admission.admit({ couponId, epoch: 1, holders: names.map(member), notAfterMs });

const press = async (backEnd: RedisBackEnd, couponId: CouponId, ...names: string[]): Promise<string[]> =>
  outcomes(await admit(backEnd, couponId, names), names.length);

/** Repeats refused calls and calls of unknown outcome, as the engine does, until the store answers. */
async function untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await delay(10);
    }
  }
}

t.test('13: an emptied script cache costs one reload and no double issue', async (t) => {
  const { client, backEnd } = await single(t);
  const couponId = await warmed(backEnd);
  t.same(await press(backEnd, couponId, 'a'), ['issued 1']);
  await client.script('FLUSH');
  t.same(await press(backEnd, couponId, 'a', 'b'), ['already 1', 'issued 2']);
  await client.script('FLUSH');
  const replies = await Promise.all(members(5).map((memberId) => press(backEnd, couponId, memberId)));
  t.same(replies.flat().sort(), ['issued 3', 'issued 4', 'issued 5', 'issued 6', 'issued 7']);
});

t.test('a coupon whose keys are broken fails alone, and the others of its call are decided', async (t) => {
  const { client, backEnd } = await single(t);
  const couponIds: CouponId[] = [];
  for (let made = 0; made < 5; made += 1) couponIds.push(await warmed(backEnd));
  const [, wrongType, noNumber, noWinner] = couponIds;
  if (wrongType === undefined || noNumber === undefined || noWinner === undefined)
    throw new Error('no coupon');
  await client.set(winnersKey(wrongType), 'a text');
  await client.hset(metaKey(noNumber), 'seq', 'a text');
  await client.hset(winnersKey(noWinner), 'a', 'a text');
  const holders = [member('a'), member('b')];
  const batches = couponIds.map((couponId) => ({ couponId, epoch: 1, holders, notAfterMs: FAR_FUTURE_MS }));
  for (const told of [
    ['issued 1', 'issued 2'],
    ['already 1', 'already 2'],
  ]) {
    const replies = await askRound(backEnd.admission, batches);
    const corrupt = 'store_corrupt';
    t.same(
      replies.map((reply) =>
        reply.status === 'fault' ? (reply.fault as { code?: unknown }).code : outcomes(reply, 2),
      ),
      [told, ['not_ready', 'not_ready'], corrupt, corrupt, told],
    );
  }
});

t.test('16: a reply lost after the script ran leaves one issuance, found by a retry', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct);
  // The script must be in the cache, or the lost reply would be the one that says it is not.
  await press(direct, await warmed(direct), 'another');
  proxy.behave({ replies: 'drop' });
  const replied = proxy.nextReply();
  const lost = admit(backEnd, couponId, ['a']);
  void replied.then(() => {
    proxy.cut();
  });
  await t.rejects(lost, UNKNOWN);
  proxy.behave({});
  t.equal((await direct.admission.snapshots([couponId]))[0]?.issued, 1);
  t.same(await untilAnswered(() => press(backEnd, couponId, 'a')), ['already 1']);
  t.equal((await direct.admission.snapshots([couponId]))[0]?.issued, 1, 'nothing was sent twice');
});

t.test('17: a request that was lost is issued once when it is repeated', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct);
  proxy.behave({ requests: 'drop' });
  const requested = proxy.nextRequest();
  const lost = admit(backEnd, couponId, ['a']);
  void requested.then(() => {
    proxy.cut();
  });
  await t.rejects(lost, UNKNOWN);
  proxy.behave({});
  t.same(await untilAnswered(() => press(backEnd, couponId, 'a')), ['issued 1']);
});

t.test('18: into a black hole every call ends at its deadline, and all is well afterwards', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct);
  proxy.behave({ requests: 'hold', replies: 'hold' });
  const started = performance.now();
  const calls = [
    admit(backEnd, couponId, ['a']),
    backEnd.admission.snapshots([couponId]),
    backEnd.admission.winners(couponId, 1, 10),
    oneByOne(backEnd.queue).claim(couponId, 'token', 10, 1_000),
    backEnd.bell.pendingMarks(10),
  ];
  const ended = await Promise.allSettled(calls);
  t.ok(performance.now() - started < CALL_DEADLINE_MS + SLACK_MS);
  for (const end of ended) t.match(end, { status: 'rejected', reason: UNKNOWN });
  t.equal(
    await backEnd.bell.pendingMarks(10).catch((error: unknown) => (error as { code: string }).code),
    'store_unavailable',
    'the silent connection was cut: nothing more is sent into it',
  );
  proxy.behave({});
  t.match(await untilAnswered(() => press(backEnd, couponId, 'a')), [/^(issued|already) 1$/]);
});

t.test('19: bytes that come one by one change nothing', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct, 3);
  await press(backEnd, couponId, 'first');
  proxy.behave({ chopBytes: 1 });
  t.same(await press(backEnd, couponId, 'a', 'b', 'a', 'c'), [
    'issued 2',
    'issued 3',
    'already 2',
    'sold_out',
  ]);
});

t.test('a reply nested without end costs its connection and not the process', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct);
  await press(direct, await warmed(direct), 'another');
  proxy.behave({ forgedReply: Buffer.from('*1\r\n'.repeat(100_000)) });
  await t.rejects(admit(backEnd, couponId, ['a']), UNKNOWN);
  proxy.behave({});
  t.same(await untilAnswered(() => press(backEnd, couponId, 'a')), ['already 1']);
});

t.test('20: a frozen Redis issues nothing late and nothing twice', async (t) => {
  const { server, backEnd } = await single(t);
  const couponId = await warmed(backEnd);
  const storeNowMs = (await admit(backEnd, couponId, ['a'])).storeNowMs;
  await server.kill('SIGSTOP');
  const late = admit(backEnd, couponId, ['b'], storeNowMs + CALL_DEADLINE_MS / 4);
  await t.rejects(late, UNKNOWN);
  await t.rejects(admit(backEnd, couponId, ['c']), UNAVAILABLE, 'cut off: nothing is attempted any more');
  await server.kill('SIGCONT');
  t.same(await untilAnswered(() => press(backEnd, couponId, 'c', 'a')), ['issued 2', 'already 1']);
  t.equal(
    await backEnd.admission.issuanceOf(couponId, member('b')),
    undefined,
    'the late command had expired',
  );
});

t.test(
  '6: a killed Redis is unavailable at once, and back with every winner after its restart',
  async (t) => {
    const { server, backEnd } = await single(t);
    const couponId = await warmed(backEnd, 100);
    const before = await press(backEnd, couponId, ...members(50));
    await server.kill('SIGKILL');
    const started = performance.now();
    await t.rejects(
      untilUnavailable(() => admit(backEnd, couponId, ['late'])),
      UNAVAILABLE,
    );
    t.ok(performance.now() - started < SLACK_MS, 'without waiting for a deadline');
    while (backEnd.isServing()) await delay(1); // Readiness follows as soon as the socket's end is noticed.
    await server.restart();
    const after = await untilAnswered(() => press(backEnd, couponId, ...members(50)));
    t.same(
      after,
      before.map((word) => word.replace('issued', 'already')),
    );
    t.ok(backEnd.isServing());
  },
);

/** The first calls after a death may still have been in flight. */
async function untilUnavailable(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt();
    } catch (error) {
      if ((error as { code?: string }).code !== 'store_outcome_unknown') throw error;
    }
  }
}

t.test('11: an emptied Redis is not ready, never sold out', async (t) => {
  const { client, backEnd } = await single(t);
  const couponId = await warmed(backEnd, 1);
  await press(backEnd, couponId, 'a');
  await client.flushall();
  t.same(await press(backEnd, couponId, 'a', 'b'), ['not_ready', 'not_ready']);
});

t.test(
  '14: out of memory an admission is refused before its first write; recording and pausing go on',
  async (t) => {
    const { client, backEnd } = await single(t);
    const couponId = await warmed(backEnd, 100);
    await press(backEnd, couponId, ...members(20));
    await client.config('SET', 'maxmemory', '1mb');
    const state = () =>
      Promise.all([
        client.hgetall(metaKey(couponId)),
        client.hgetall(winnersKey(couponId)),
        client.zrange(queueKey(couponId), 0, '-1'),
      ]);
    const before = await state();
    await t.rejects(admit(backEnd, couponId, members(5, 'n')), UNAVAILABLE);
    t.same(await state(), before);
    await t.rejects(warmed(backEnd), UNAVAILABLE);
    const claim = await oneByOne(backEnd.queue).claim(couponId, 'token', 10, 10_000);
    t.equal(issuancesOf(claim).length, 10);
    t.equal(await oneByOne(backEnd.queue).ack(couponId, 'token'), true);
    t.equal((await backEnd.admission.amend(couponId, { paused: true })).status, 'amended');
    await client.config('SET', 'maxmemory', '0');
    await backEnd.admission.amend(couponId, { paused: false });
    t.same(await press(backEnd, couponId, 'n1'), ['issued 21']);
  },
);

t.test('10: what a warm read before the store lost everything is not put in afterwards', async (t) => {
  const { client, backEnd } = await single(t);
  const slow = freshCouponId();
  const terms = { quantity: 1, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const coupon = { couponId: slow, ...terms, version: 1, epoch: 1, lastIssueNo: 0 };
  const warming = backEnd.admission.warm(slow, async () => {
    // Another process is quicker, and gives away what there is.
    t.equal(await warmWith(backEnd.admission, { ...coupon, epoch: 2 }), 'warmed');
    await backEnd.admission.admit({
      couponId: slow,
      epoch: 2,
      holders: [member('a')],
      notAfterMs: FAR_FUTURE_MS,
    });
    await client.flushall();
    return { coupon, issued: inChunks([]) };
  });
  await t.rejects(warming, UNAVAILABLE);
  t.same(await backEnd.admission.snapshots([slow]), [undefined]);
});

t.test('9: nor what it read before another server took over with its temporary key', async (t) => {
  const { client, server } = await single(t);
  const backEnd = await backEndAt(t, server.port, { checkServer: true });
  const couponId = freshCouponId();
  const terms = { quantity: 1, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const coupon = { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 1 };
  const issued = inChunks([{ holder: member('a'), issueNo: 1, issuedAtMs: 1 }]);
  const warming = backEnd.admission.warm(couponId, async () => {
    const [key = ''] = await client.keys(`coupon:{${couponId}}:warming:*`);
    const runId = /^run_id:(\S+)/m.exec(await client.info('server'))?.[1];
    t.equal(await client.hget(key, ''), runId?.slice(0, 20), 'the key says where it was begun');
    await client.hset(key, '', 'another server');
    return { coupon, issued };
  });
  await t.rejects(warming, UNAVAILABLE);
  t.same(await backEnd.admission.snapshots([couponId]), [undefined]);
});

t.test('9: nor is a coupon marked verified on another server than the one it was compared on', async (t) => {
  const { client, server } = await single(t);
  const backEnd = await backEndAt(t, server.port, { checkServer: true });
  const couponId = await warmed(backEnd);
  const found = await backEnd.recovery.inspect(couponId, 0);
  if (found === 'absent') throw new Error('it is there');
  t.match(found, { status: 'serving', epoch: 1, server: /^\w{20}$/ });
  // The same content on another server: an older copy of it, for all that is known.
  await client.hset(metaKey(couponId), 'server', 'another server');
  await backEnd.recovery.markVerified(couponId, { ...found, server: 'another server' }, 2);
  t.match(await backEnd.recovery.inspect(couponId, 0), { status: 'unverified', epoch: 1 });
  await backEnd.recovery.markVerified(couponId, found, 2);
  t.match(await backEnd.recovery.inspect(couponId, 0), { status: 'serving', epoch: 2 });
});

t.test('22: with fewer replicas than Redis demands nothing is written', async (t) => {
  const { client, backEnd } = await single(t);
  const couponId = await warmed(backEnd);
  await client.config('SET', 'min-replicas-to-write', '1');
  await t.rejects(admit(backEnd, couponId, ['a']), UNAVAILABLE);
  await client.config('SET', 'min-replicas-to-write', '0');
  t.same(await press(backEnd, couponId, 'a'), ['issued 1']);
});

t.test(
  '21: at level replica a frozen replica makes the outcome unknown, for winners of before too',
  async (t) => {
    const master = await startRedis();
    t.teardown(() => master.stop());
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    t.teardown(() => replica.stop());
    const client = redisClient(master);
    t.teardown(() => {
      client.disconnect();
    });
    while (!(await client.info('replication')).includes('state=online')) await delay(20);
    // An idle Redis checks ten times a second whether a WAIT is over: the deadline must leave time for that.
    const backEnd = await backEndAt(t, master.port, { replicaAcks: 1, callDeadlineMs: 1_500 });
    t.equal(backEnd.durability(), 'replica');
    const couponId = await warmed(backEnd);
    t.same(await press(backEnd, couponId, 'a'), ['issued 1']);
    await replica.kill('SIGSTOP');
    await t.rejects(admit(backEnd, couponId, ['b']), UNKNOWN);
    await t.rejects(admit(backEnd, couponId, ['b']), UNKNOWN, 'a retry must not pass for free');
    await replica.kill('SIGCONT');
    t.same(await untilAnswered(() => press(backEnd, couponId, 'b', 'a')), ['already 2', 'already 1']);
  },
);
