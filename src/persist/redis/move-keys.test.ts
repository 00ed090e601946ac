/** Tests moving keys from the earlier layout, with a kill at every step. */
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Cluster, Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { redisClientOf, toEarlierLayout } from '../../../test/servers/earlier-layout.js';
import { startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { startRedis } from '../../../test/servers/redis.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { holder, members } from '../../engine/testing/contracts/ids.js';
import { inChunks, outcomes, warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { issuancesOf, oneByOne } from '../../engine/testing/contracts/one-by-one.js';
import { Belonging } from './belonging.js';
import { connectRedis } from './connect.js';
import {
  BELL_CHANNEL,
  couponKeys,
  earlierCouponKeys,
  INSTALLATION_KEY,
  metaKey,
  winnersKey,
} from './keys.js';
import { moveKeys } from './move-keys.js';
import { openRedisBackEnd, type RedisBackEnd } from './redis-back-end.js';
import { RedisCalls } from './redis-calls.js';

const CALL_DEADLINE_MS = 5_000;
const POLL_MS = 5;
const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
const TABLES = { name: 'here', highestCouponId: 19, stamp: '0.' };
const tables = {
  read: () => Promise.resolve(TABLES),
  renewStamp: () => Promise.resolve(false),
  raiseChanges: () => Promise.resolve(),
};
/** The first two share a bucket. */
const [HOT, BESIDE, WITHOUT_META, FOREIGN] = [1, 17, 2, 3] as CouponId[] as [
  CouponId,
  CouponId,
  CouponId,
  CouponId,
];
const OURS = [HOT, BESIDE, WITHOUT_META];
/** More than one chunk of a copy. */
const RECORDED = 1_500;
const QUEUED = 1_050;
const CLAIMED = 40;
const TERMS = { quantity: 10_000, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };

interface Place {
  readonly urls: readonly string[];
  readonly client: Redis | Cluster;
  readonly calls: RedisCalls;
  readonly backEnd: RedisBackEnd;
  readonly isCluster: boolean;
}

const openBackEnd = (redisUrls: readonly string[]): Promise<RedisBackEnd> =>
  openRedisBackEnd({ redisUrls, callDeadlineMs: CALL_DEADLINE_MS, durability: undefined, replicaAcks: 1 });

async function openPlace(t: Test, urls: readonly string[]): Promise<Place> {
  const client = redisClientOf(urls);
  const nodes = await connectRedis({ redisUrls: urls, callDeadlineMs: CALL_DEADLINE_MS });
  const calls = new RedisCalls(nodes, { callDeadlineMs: CALL_DEADLINE_MS, replicaAcks: 0 });
  const backEnd = await openBackEnd(urls);
  t.teardown(() => {
    client.disconnect();
    nodes.close();
    backEnd.close();
  });
  return { urls, client, calls, backEnd, isCluster: nodes.isCluster };
}

/** Winners in rows, a backlog, an outstanding claim, a coupon that has lost a key, and a key of another application. */
async function fill({ backEnd, client }: Place): Promise<void> {
  const { admission } = backEnd;
  for (const couponId of OURS) {
    const issued = members(RECORDED).map((one, at) => ({ holder: one, issueNo: at + 1, issuedAtMs: 1_000 }));
    const coupon = { couponId, ...TERMS, version: 3, epoch: 2, lastIssueNo: RECORDED };
    await warmWith(admission, coupon, inChunks(couponId === HOT ? issued : []));
    const queued = couponId === HOT ? QUEUED : 1;
    const holders = members(queued + CLAIMED).map((one) => holder(`${one}~2`));
    await admission.admit({ couponId, epoch: 2, holders, notAfterMs: FAR_FUTURE_MS });
    await oneByOne(backEnd.queue).claim(couponId, 'claim', CLAIMED, 3_600_000);
  }
  await client.del(metaKey(WITHOUT_META));
  await client.set(earlierCouponKeys(FOREIGN)[1] ?? '', 'of another application');
  await client.zadd(INSTALLATION_KEY, TABLES.highestCouponId, `layout-2 ${TABLES.name}`);
}

/** By name, comparable. */
async function contentOf({ client }: Place, keys: readonly string[]): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {};
  for (const key of keys) {
    const type = await client.type(key);
    if (type === 'hash') content[key] = await client.hgetall(key);
    if (type === 'zset') content[key] = await client.zrange(key, 0, '-1', 'WITHSCORES');
  }
  return content;
}

async function allKeys({ urls }: Place): Promise<string[]> {
  const found = urls.map(async (url) => {
    const client = redisClientOf([url]) as Redis;
    const keys = await client.keys('*');
    client.disconnect();
    return keys;
  });
  return (await Promise.all(found)).flat().sort();
}

async function emptied({ urls }: Place): Promise<void> {
  for (const url of urls) {
    const client = redisClientOf([url]) as Redis;
    await client.flushall();
    client.disconnect();
  }
}

/** What was dumped, so that every kill begins with the same content. */
async function dumped(place: Place): Promise<() => Promise<void>> {
  const { client } = place;
  const dumps = new Map<string, Buffer>();
  for (const key of await allKeys(place)) dumps.set(key, await client.dumpBuffer(key));
  return async () => {
    await emptied(place);
    for (const [key, content] of dumps) await client.restore(key, 0, content);
  };
}

const KILLED = new Error('killed');
const WRITES: ReadonlySet<unknown> = new Set(['hset', 'zadd']);

/** Ends like a process that is killed at its n-th write, before Redis has it or before the reply arrives. */
function killedAt(
  calls: RedisCalls,
  at: number,
  when: 'before' | 'after',
): { calls: RedisCalls; writes(): number } {
  let writes = 0;
  const step = async (act: () => Promise<unknown>): Promise<unknown> => {
    writes += 1;
    if (writes > at || (writes === at && when === 'before')) throw KILLED;
    const reply = await act();
    if (writes === at) throw KILLED;
    return reply;
  };
  const killable = {
    run: (...args: Parameters<RedisCalls['run']>) => step(() => calls.run(...args)),
    unlink: (keys: readonly string[]) => step(() => calls.unlink(keys)),
    countProcesses: () => calls.countProcesses(),
    command: (...args: Parameters<RedisCalls['command']>) =>
      WRITES.has(args[0]) ? step(() => calls.command(...args)) : calls.command(...args),
  };
  return { calls: killable as unknown as RedisCalls, writes: () => writes };
}

function aboutMoving(t: Test, place: () => Place): void {
  t.test('a new Redis gets the present layout', async (t) => {
    const { calls, client, isCluster } = place();
    await emptied(place());
    t.equal(await moveKeys(calls, TABLES, isCluster), 0);
    await new Belonging().compare(calls, tables);
    t.same(await client.zrange(INSTALLATION_KEY, 0, '-1'), ['layout-2 here']);
  });

  t.test('keys of the layout before are refused, with or without the name of the installation', async (t) => {
    const { calls, client } = place();
    await emptied(place());
    await fill(place());
    await toEarlierLayout(client, OURS);
    const compare = (): Promise<boolean> => new Belonging().compare(calls, tables);
    const refused = { code: 'layout_mismatch', message: /Stop every process.*seonchak migrate/ };
    await t.rejects(compare(), refused);
    await client.del(INSTALLATION_KEY);
    await t.rejects(compare(), refused);
    await client.zadd(INSTALLATION_KEY, 19, 'moving here');
    await t.rejects(compare(), { code: 'layout_mismatch', message: /`seonchak migrate` again/ });
    await client.zrem(INSTALLATION_KEY, 'moving here');
    await client.zadd(INSTALLATION_KEY, 19, 'layout-3 here');
    await t.rejects(compare(), { code: 'layout_mismatch', message: /later version.*layout-3/ });
    await t.rejects(moveKeys(calls, TABLES, place().isCluster), { code: 'layout_mismatch' });
    await client.zrem(INSTALLATION_KEY, 'layout-3 here');
    await client.zadd(INSTALLATION_KEY, 19, 'there');
    await t.rejects(compare(), { code: 'stores_mixed_up' });
    const before = await allKeys(place());
    t.equal(await moveKeys(calls, TABLES, place().isCluster), 0, 'the keys of another installation stay');
    t.same(await allKeys(place()), before);
  });

  t.test('a move waits for no process to run', async (t) => {
    const { calls, client, isCluster } = place();
    await emptied(place());
    await fill(place());
    await toEarlierLayout(client, OURS);
    const before = await allKeys(place());
    const running = await openBackEnd(place().urls);
    await running.bell.listen(() => undefined);
    await t.rejects(moveKeys(calls, TABLES, isCluster), { code: 'layout_mismatch', message: /are running/ });
    t.same(
      (await allKeys(place())).filter((key) => key !== 'seonchak:processes'),
      before,
    );
    running.close();
    while ((await calls.countListeners(BELL_CHANNEL)) > 0) await delay(POLL_MS);
  });

  t.test('a move that is killed at any step continues, and everything is there', async (t) => {
    const { calls, client, isCluster, backEnd } = place();
    await emptied(place());
    await fill(place());
    const names = OURS.flatMap((couponId) => couponKeys(couponId));
    const expected = await contentOf(place(), names);
    t.equal(Object.keys(expected).length, 14);
    await toEarlierLayout(client, OURS);
    const restore = await dumped(place());
    const whole = killedAt(calls, Infinity, 'after');
    t.equal(await moveKeys(whole.calls, TABLES, isCluster), OURS.length);
    const keys = await allKeys(place());
    for (let at = 1; at <= whole.writes(); at += 1) {
      for (const when of ['before', 'after'] as const) {
        await restore();
        await t.rejects(moveKeys(killedAt(calls, at, when).calls, TABLES, isCluster), KILLED);
        // What is there under the names of the present layout is whole.
        const halfway = await contentOf(place(), names);
        for (const [name, content] of Object.entries(halfway)) {
          sameContent(t, content, expected[name], `killed ${when} write ${at}: ${name} is whole`);
        }
        if (at < whole.writes() || when === 'before') {
          const compare = new Belonging().compare(calls, tables);
          await t.rejects(compare, { code: 'layout_mismatch' }, `killed ${when} write ${at}: no start`);
        }
        await moveKeys(calls, TABLES, isCluster);
        sameContent(t, await contentOf(place(), names), expected, `killed ${when} write ${at}`);
        t.strictSame(await allKeys(place()), keys, 'no other key is left');
      }
    }
    t.equal(await client.get(earlierCouponKeys(FOREIGN)[1] ?? ''), 'of another application');
    t.equal(await moveKeys(calls, TABLES, isCluster), 0, 'once more');
    await new Belonging().compare(calls, tables);

    // The coupon serves on as if nothing had been.
    const holders = [holder('m1'), holder('m1~2'), holder('new')];
    const reply = await backEnd.admission.admit({
      couponId: HOT,
      epoch: 2,
      holders,
      notAfterMs: FAR_FUTURE_MS,
    });
    const last = RECORDED + QUEUED + CLAIMED + 1;
    t.same(outcomes(reply, 3), ['already 1', `already ${RECORDED + 1}`, `issued ${last}`]);
    t.equal(await oneByOne(backEnd.queue).ack(HOT, 'claim'), true, 'the claim of before is known');
    const rest = await oneByOne(backEnd.queue).claim(HOT, 'next', 3_000, 60_000);
    t.equal(issuancesOf(rest).length, QUEUED + 1);
  });

  t.test('content that differs is kept twice, and named', async (t) => {
    const { calls, client, isCluster } = place();
    await emptied(place());
    await fill(place());
    await toEarlierLayout(client, OURS);
    await client.hset(winnersKey(HOT), '', '#w.1.late', 'x', '1:1');
    const before = await contentOf(place(), earlierCouponKeys(HOT));
    await t.rejects(moveKeys(calls, TABLES, isCluster), {
      code: 'layout_mismatch',
      message: /coupon 1 twice/,
    });
    t.strictSame(await contentOf(place(), earlierCouponKeys(HOT)), before);
    t.equal(await client.hget(winnersKey(HOT), 'x'), '1:1');
    await client.del(winnersKey(HOT));
    t.equal(await moveKeys(calls, TABLES, isCluster), OURS.length);
  });
}

t.test('single Redis', async (t) => {
  const server = await startRedis({ appendfsync: 'always' });
  t.teardown(() => server.stop());
  const place = await openPlace(t, [server.url]);
  aboutMoving(t, () => place);
});

t.test('Cluster of three masters', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  const place = await openPlace(t, cluster.urls);
  aboutMoving(t, () => place);
});

/** tap writes both sides out before it compares them: a third of this file's processor time for thousands of entries. */
function sameContent(t: Test, found: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(found, expected)) t.pass(what);
  else t.strictSame(found, expected, what);
}
