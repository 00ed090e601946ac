/** Tests units of a member on real servers: recorded, revoked, lost with a key of Redis, rebuilt, compared. */
import t from 'tap';
import { loadConfig } from '../src/config/config.js';
import { isClean } from '../src/engine/reconcile/comparison.js';
import { reconcileCoupon } from '../src/engine/reconcile/compare-coupon.js';
import { holder, member } from '../src/engine/testing/contracts/ids.js';
import { oneByOne } from '../src/engine/testing/contracts/one-by-one.js';
import { winnersKey } from '../src/persist/redis/keys.js';
import { openStores } from '../src/server/stores.js';
import { startMariadb } from './servers/mariadb.js';
import { redisClient, startRedis } from './servers/redis.js';
import { TEST_SECRET } from './servers/seonchak.js';

const LEASE_MS = 60_000;
const POLL_MS = 50;

t.test('units keep their numbers through a revoke, a lost key and a rebuild', async (t) => {
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  const client = redisClient(redis);
  t.teardown(() => client.disconnect());
  const env = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  const stores = await openStores(loadConfig(env), {
    exclusive: false,
    onConnectionError: () => undefined,
  });
  t.teardown(() => stores.close());
  await stores.migrate();
  const { admission, catalogue, distributed, ledger, registry, warmer } = stores;
  if (distributed === undefined) throw new Error('the back end is distributed');
  const { couponId } = await registry.register({
    ...{ sellerId: 's', name: 'n', discount: undefined, createdAtMs: 1, quantity: 6 },
    ...{ opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false },
  });
  const admit = async (...names: readonly string[]) => {
    const [snapshot] = await admission.snapshots([couponId]);
    const epoch = snapshot?.epoch ?? 0;
    const batch = { couponId, epoch, holders: names.map(holder), notAfterMs: Number.MAX_SAFE_INTEGER };
    return admission.admit(batch);
  };
  const record = async (limit: number): Promise<void> => {
    const claim = await oneByOne(distributed.queue).claim(couponId, `t${limit}`, limit, LEASE_MS);
    if (typeof claim !== 'object') throw new Error('nothing to record');
    await ledger.record(claim);
    await distributed.queue.ackRound([claim], () => undefined);
  };
  const numbers = async () => {
    const held = await admission.issuancesOf(couponId, ['m', 'm~2', 'm~3', 'n'].map(holder));
    return held === 'not_ready' ? held : held.map((issuance) => issuance?.issueNo);
  };

  t.match(await admit('m', 'm~2', 'm~3', 'n'), { firstIssueNo: 1, issuedCount: 4 });
  await record(3);
  t.match(await registry.revoke(couponId, 2), { status: 'revoked', holder: 'm~2' });
  t.same(await numbers(), [1, undefined, 3, 4]);

  await client.del(winnersKey(couponId));
  t.equal(await numbers(), 'not_ready');
  while ((await warmer.prepare(couponId)) !== 'present')
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  t.same(await numbers(), [1, undefined, 3, 4], 'the recorded and the queued ones');
  t.match(await admit('m~2', 'm~3', 'm'), {
    firstIssueNo: 5,
    issuedCount: 1,
    already: [
      { index: 1, issueNo: 3 },
      { index: 2, issueNo: 1 },
    ],
  });
  await record(10);
  t.same(
    (await ledger.rowsOfMember(couponId, member('m'))).map((row) => [row.holder, row.issueNo]),
    [
      ['m', 1],
      ['m~2', 5],
      ['m~3', 3],
    ],
  );
  const [coupon] = await catalogue.find([couponId]);
  if (coupon === undefined) throw new Error('the coupon is registered');
  const found = await reconcileCoupon({ ...stores, distributed, nowMs: Date.now }, coupon);
  t.ok(isClean(found), JSON.stringify(found));
});
