/** Tests the answers of the Redis back end while Redis or the network is broken. Numbers in names are those of the fault list. */
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { askRound, outcomes } from '../../engine/testing/contracts/admission-driver.js';
import { member, members } from '../../engine/testing/contracts/ids.js';
import { metaKey, queueKey, winnersKey } from './keys.js';
import { issuancesOf, oneByOne } from '../../engine/testing/contracts/one-by-one.js';
import {
  single,
  warmed,
  request,
  FAR_FUTURE_MS,
  proxied,
  admit,
  untilAnswered,
  CALL_DEADLINE_MS,
  backEndAt,
  UNAVAILABLE,
} from './testing/faulty-redis.js';

/** A deadline is kept when the call ends within this much of it, on a machine that is busy with other tests. */
const SLACK_MS = 1_500;
const UNKNOWN = { code: 'store_outcome_unknown' };

t.test('13: an emptied script cache costs one reload and no double issue', async (t) => {
  const { client, backEnd } = await single(t);
  const couponId = await warmed(backEnd);
  t.same(await request(backEnd, couponId, 'a'), ['issued 1']);
  await client.script('FLUSH');
  t.same(await request(backEnd, couponId, 'a', 'b'), ['already 1', 'issued 2']);
  await client.script('FLUSH');
  const replies = await Promise.all(members(5).map((memberId) => request(backEnd, couponId, memberId)));
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
  for (const reply of [
    ['issued 1', 'issued 2'],
    ['already 1', 'already 2'],
  ]) {
    const replies = await askRound(backEnd.admission, batches);
    const corrupt = 'store_corrupt';
    t.same(
      replies.map((reply) =>
        reply.status === 'fault' ? (reply.fault as { code?: unknown }).code : outcomes(reply, 2),
      ),
      [reply, ['not_ready', 'not_ready'], corrupt, corrupt, reply],
    );
  }
});

t.test('16: a reply lost after the script ran leaves one issuance, found by a retry', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct);
  // The script must be in the cache, or the lost reply would be the one that reports its absence.
  await request(direct, await warmed(direct), 'another');
  proxy.behave({ replies: 'drop' });
  const replied = proxy.nextReply();
  const lost = admit(backEnd, couponId, ['a']);
  void replied.then(() => {
    proxy.cut();
  });
  await t.rejects(lost, UNKNOWN);
  proxy.behave({});
  t.equal((await direct.admission.snapshots([couponId]))[0]?.issued, 1);
  t.same(await untilAnswered(() => request(backEnd, couponId, 'a')), ['already 1']);
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
  t.same(await untilAnswered(() => request(backEnd, couponId, 'a')), ['issued 1']);
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
  t.match(await untilAnswered(() => request(backEnd, couponId, 'a')), [/^(issued|already) 1$/]);
});

t.test('19: bytes that come one by one change nothing', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct, 3);
  await request(backEnd, couponId, 'first');
  proxy.behave({ chopBytes: 1 });
  t.same(await request(backEnd, couponId, 'a', 'b', 'a', 'c'), [
    'issued 2',
    'issued 3',
    'already 2',
    'sold_out',
  ]);
});

t.test('a reply nested without end costs its connection and not the process', async (t) => {
  const { proxy, direct, backEnd } = await proxied(t);
  const couponId = await warmed(direct);
  await request(direct, await warmed(direct), 'another');
  proxy.behave({ forgedReply: Buffer.from('*1\r\n'.repeat(100_000)) });
  await t.rejects(admit(backEnd, couponId, ['a']), UNKNOWN);
  proxy.behave({});
  t.same(await untilAnswered(() => request(backEnd, couponId, 'a')), ['already 1']);
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
  t.same(await untilAnswered(() => request(backEnd, couponId, 'c', 'a')), ['issued 2', 'already 1']);
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
    const before = await request(backEnd, couponId, ...members(50));
    await server.kill('SIGKILL');
    const started = performance.now();
    await t.rejects(
      untilUnavailable(() => admit(backEnd, couponId, ['late'])),
      UNAVAILABLE,
    );
    t.ok(performance.now() - started < SLACK_MS, 'without waiting for a deadline');
    while (backEnd.isServing()) await delay(1); // Readiness follows as soon as the socket's end is noticed.
    await server.restart();
    const after = await untilAnswered(() => request(backEnd, couponId, ...members(50)));
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

t.test(
  '14: out of memory an admission is refused before its first write; recording and pausing go on',
  async (t) => {
    const { client, backEnd } = await single(t);
    const couponId = await warmed(backEnd, 100);
    await request(backEnd, couponId, ...members(20));
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
    t.same(await request(backEnd, couponId, 'n1'), ['issued 21']);
  },
);

t.test('22: with fewer replicas than Redis demands nothing is written', async (t) => {
  const { client, backEnd } = await single(t);
  const couponId = await warmed(backEnd);
  await client.config('SET', 'min-replicas-to-write', '1');
  await t.rejects(admit(backEnd, couponId, ['a']), UNAVAILABLE);
  await client.config('SET', 'min-replicas-to-write', '0');
  t.same(await request(backEnd, couponId, 'a'), ['issued 1']);
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
    t.same(await request(backEnd, couponId, 'a'), ['issued 1']);
    await replica.kill('SIGSTOP');
    await t.rejects(admit(backEnd, couponId, ['b']), UNKNOWN);
    await t.rejects(admit(backEnd, couponId, ['b']), UNKNOWN, 'a retry must not pass for free');
    await replica.kill('SIGCONT');
    t.same(await untilAnswered(() => request(backEnd, couponId, 'b', 'a')), ['already 2', 'already 1']);
  },
);
