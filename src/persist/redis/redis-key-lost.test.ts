/** Tests each step on a coupon that lost one of its keys, and how the coupon returns to service. */
import t from 'tap';
import { startRedis, redisClient } from '../../../test/servers/redis.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import { freshCouponId, member } from '../../engine/testing/contracts/ids.js';
import { inChunks, warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { claimedKey, claimsKey, couponKeys, metaKey, queueKey, winnersKey } from './keys.js';
import { openRedisBackEnd } from './redis-back-end.js';
import { issuancesOf, oneByOne } from '../../engine/testing/contracts/one-by-one.js';

const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
const LOCK_MS = 60_000;

t.test('a coupon with a lost key', async (t) => {
  const server = await startRedis({ appendfsync: 'always' });
  const client = redisClient(server);
  const store = await openRedisBackEnd({
    ...{ redisUrls: [server.url], callDeadlineMs: 5_000, durability: undefined, replicaAcks: 1 },
  });
  t.teardown(async () => {
    client.disconnect();
    store.close();
    await server.stop();
  });
  const { admission, queue, recovery, admitted } = store;

  const request = async (couponId: CouponId, epoch: number, ...names: string[]) =>
    admission.admit({ couponId, epoch, holders: names.map(member), notAfterMs: FAR_FUTURE_MS });

  /** Sold out with five winners: two recorded, one claimed, two queued. */
  const soldOut = async (): Promise<CouponId> => {
    const couponId = freshCouponId();
    const terms = { quantity: 5, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    const issued = ['a', 'b'].map((name, index) => ({
      holder: member(name),
      issueNo: index + 1,
      issuedAtMs: 1,
    }));
    await warmWith(admission, { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 2 }, inChunks(issued));
    await request(couponId, 1, 'c', 'd', 'e');
    await oneByOne(queue).claim(couponId, 'one', 1, 60_000);
    return couponId;
  };

  const content = (couponId: CouponId) =>
    Promise.all(
      [
        client.hgetall(metaKey(couponId)),
        client.hgetall(winnersKey(couponId)),
        client.zrange(queueKey(couponId), 0, '-1', 'WITHSCORES'),
        client.zrange(claimsKey(couponId), 0, '-1', 'WITHSCORES'),
        client.hgetall(claimedKey(couponId)),
      ].map((read) => (read as Promise<unknown>).catch(() => 'of another type')),
    );

  const rebuild = async (couponId: CouponId, epoch: number | undefined) => {
    const lock = { token: `recovery-${couponId}`, lockMs: LOCK_MS };
    const begun = await recovery.suspend(couponId, { ...lock, epoch, seenIssueNo: 0 });
    if (begun.status !== 'begun') throw new Error(begun.status);
    for await (const chunk of admitted.unrecorded(couponId))
      await recovery.merge(couponId, lock, 'unrecorded', chunk);
    const rows = ['a', 'b'].map((name, index) => ({
      holder: member(name),
      issueNo: index + 1,
      issuedAtMs: 1,
    }));
    await recovery.merge(couponId, lock, 'recorded', rows);
    for await (const chunk of admitted.winners(couponId)) {
      await admitted.requeue(
        couponId,
        chunk.filter(({ issueNo }) => issueNo > 2),
      );
    }
    const terms = { quantity: 5, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    const resumed = { couponId, ...terms, version: 2, epoch: 2, lastIssueNo: 5 };
    return { begun, result: await recovery.resume(lock.token, resumed) };
  };

  const ways: Readonly<
    Record<string, (key: string, sameKeyOf: (other: CouponId) => string) => Promise<unknown>>
  > = {
    DEL: (key) => client.del(key),
    UNLINK: (key) => client.unlink(key),
    RENAME: (key) => client.rename(key, `${key}:away`),
    'RENAME of the same key of another coupon': async (key, sameKeyOf) =>
      client.rename(sameKeyOf(await soldOut()), key),
    'a key of another type': async (key) => {
      await client.del(key);
      await client.set(key, 'foreign');
    },
  };
  for (const lost of ['claims', 'meta'] as const) {
    t.test(`a first warm that stalled over the loss of ${lost} does not bring old terms back`, async (t) => {
      const couponId = freshCouponId();
      const before = { opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
      const old = { couponId, ...before, quantity: 5, version: 1, epoch: 1, lastIssueNo: 0 };
      const late = await admission.warm(couponId, async () => {
        // Meanwhile another process puts the coupon in, its seller closes it, and a key is lost before anyone has won.
        await warmWith(admission, { ...old, epoch: 2 }, inChunks([]));
        await admission.amend(couponId, { closed: true }, { changeNo: 1, epoch: 2 });
        await client.del(lost === 'meta' ? metaKey(couponId) : claimsKey(couponId));
        const suspended = await recovery.suspend(couponId, {
          ...{ token: `stalled-${couponId}`, lockMs: LOCK_MS, seenIssueNo: 0 },
          epoch: lost === 'meta' ? undefined : 2,
        });
        t.equal(suspended.status, 'begun');
        return { coupon: old, issued: inChunks([]) };
      });
      t.equal(late, 'present', 'the recovery ends it');
      t.same(await admission.snapshots([couponId]), [undefined]);
    });
  }

  for (const [way, lose] of Object.entries(ways)) {
    for (const [place, name] of ['meta', 'winners', 'queue', 'claims', 'claimed'].entries()) {
      t.test(`${name}, ${way}: nothing is decided, and a rebuild brings all winners back`, async (t) => {
        const couponId = await soldOut();
        const sameKeyOf = (other: CouponId): string => couponKeys(other)[place] ?? '';
        await lose(sameKeyOf(couponId), sameKeyOf);
        const [epoch] = await client.hmget(metaKey(couponId), 'epoch').catch(() => [null]);
        const before = await content(couponId);
        const reply = await request(couponId, 1, 'a', 'new');
        if (['meta', 'winners', 'queue'].includes(name)) t.equal(reply.status, 'not_ready');
        if (['meta', 'winners'].includes(name)) {
          t.match(await admission.amend(couponId, { paused: true }), { status: 'not_ready' });
          t.match(await admission.revoke(couponId, 1, member('a')), { status: 'not_ready' });
          t.equal(await admission.issuanceOf(couponId, member('a')), 'not_ready');
        }
        t.same(await admission.snapshots([couponId]), [undefined]);
        if (name !== 'winners')
          t.equal(await oneByOne(queue).claim(couponId, 'two', 10, 60_000), 'not_ready');
        t.equal(await oneByOne(queue).release(couponId, 'one'), false);
        await t.resolves(queue.depths([couponId]), 'a metric is no fault');
        if (name !== 'claims' && name !== 'queue')
          t.same(await content(couponId), before, 'nothing was written');
        const inspection = await recovery.inspect(couponId, 0);
        t.not(inspection === 'absent' ? inspection : inspection.status, 'serving');
        const { begun, result } = await rebuild(couponId, epoch === null ? undefined : Number(epoch));
        t.equal(begun.claimsKnown, name !== 'meta', 'whether a recorder may hold what no key holds');
        t.equal(result, 'resumed');
        const again = await request(couponId, 2, 'a', 'b', 'c', 'd', 'e', 'new');
        if (again.status !== 'decided') throw new Error(again.status);
        t.same(
          again.already.map(({ issueNo }) => issueNo),
          [1, 2, 3, 4, 5],
        );
        t.same([again.issuedCount, again.refusal], [0, 'sold_out']);
        const waiting = new Set<number>();
        for await (const chunk of admitted.unrecorded(couponId))
          for (const { issueNo } of chunk) waiting.add(issueNo);
        t.same([...waiting].sort(), [3, 4, 5], 'and those without a row are on their way');
      });
    }
  }

  t.test('a key that is lost during the rebuild ends it, and the next one begins at once', async (t) => {
    for (const key of [winnersKey, queueKey, claimsKey, claimedKey]) {
      const couponId = await soldOut();
      const lock = { token: 'first', lockMs: LOCK_MS };
      await recovery.suspend(couponId, { ...lock, epoch: 1, seenIssueNo: 5 });
      await client.del(key(couponId));
      const terms = {
        quantity: 5,
        opensAtMs: undefined,
        closesAtMs: undefined,
        paused: false,
        closed: false,
      };
      const resumed = { couponId, ...terms, version: 2, epoch: 2, lastIssueNo: 5 };
      t.equal(await recovery.resume('first', resumed), 'taken_over');
      const next = await recovery.suspend(couponId, {
        ...lock,
        token: 'second',
        epoch: undefined,
        seenIssueNo: 5,
      });
      t.equal(next.status, 'begun');
    }
  });

  t.test('a coupon that a release without markers has put in comes over with all it has', async (t) => {
    const couponId = await soldOut();
    await client.hdel(metaKey(couponId), 'marker');
    await client.hset(winnersKey(couponId), '', '');
    await client.hset(claimedKey(couponId), '', '');
    for (const key of [queueKey(couponId), claimsKey(couponId)]) {
      await client.zremrangebyscore(key, '+inf', '+inf');
      await client.zadd(key, 0, '#');
    }
    t.equal((await request(couponId, 1, 'new')).status, 'not_ready');
    t.match(await recovery.inspect(couponId, 0), { status: 'damaged' });
    const { begun, result } = await rebuild(couponId, 1);
    t.equal(begun.claimsKnown, false);
    t.equal(result, 'resumed');
    const again = await request(couponId, 2, 'e', 'd', 'c', 'new');
    t.match(again, { status: 'decided', issuedCount: 0, refusal: 'sold_out' });
    const claim = await oneByOne(queue).claim(couponId, 'all', 10, 60_000);
    t.same(
      issuancesOf(claim).map(({ issueNo }) => issueNo),
      [3, 4, 5],
    );
  });
});
