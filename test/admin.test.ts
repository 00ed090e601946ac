/** Tests what administrators see and repair with Redis and a database: missing issuances, and stores that are down. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { HttpClient } from './clients/http-client.js';
import { runSeonchak } from './clients/seonchak-command.js';
import { signToken } from './clients/tokens.js';
import { startMariadb } from './servers/mariadb.js';
import { redisClient, startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';
import { couponKey } from '../src/persist/redis/keys.js';

const PASSWORD = 'correct horse battery';
const PATIENCE_MS = 30_000;

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
const server = await startSeonchak({ ...settings, ROLES: 'api' });
t.teardown(() => server.stop());
const client = new HttpClient(server.origin, 4);
t.teardown(() => client.close());
const keys = redisClient(redis);
t.teardown(() => keys.disconnect());

const made = await runSeonchak(
  ['account', 'create', '--email', 'admin@shop.test', '--role', 'admin', '--password-stdin'],
  settings,
  PASSWORD,
);
if (made.exitCode !== 0) throw new Error(made.stderr);
const session = await client.call('/v1/sessions', {
  method: 'POST',
  body: { email: 'admin@shop.test', password: PASSWORD },
});
const token = String(session.body['accessToken']);

const registered = await client.call('/v1/coupons', {
  method: 'POST',
  token: await signToken('shop-1', 'seller'),
  body: { name: 'To be repaired', quantity: 10 },
});
const couponId = Number(registered.body['id']);
const reconcile = (method: 'GET' | 'POST') =>
  client.call(`/v1/admin/coupons/${couponId}/reconcile`, { method, token });

t.test('the backlog without a recorder is shown, and a lost issuance is found and repaired', async (t) => {
  for (const member of ['m-1', 'm-2', 'm-3']) {
    const options = { method: 'POST', token: await signToken(member, 'member') } as const;
    t.equal((await client.call(`/v1/coupons/${couponId}/download`, options)).status, 201);
  }
  t.match((await client.call('/v1/admin/health', { token })).body, {
    ready: true,
    backEnd: 'distributed',
    recording: { queued: 3, claimed: 0, coupons: 1 },
  });
  t.match((await client.call('/v1/admin/coupons', { token })).body, {
    items: [{ id: couponId, issued: 3, queued: 3, recorded: 0, inService: true }],
  });

  // As a fault of Redis would: the second winner is no longer queued.
  const queue = couponKey(couponId, 'issuable_coupon_queue');
  t.equal(await keys.zremrangebyscore(queue, 2, 2), 1);
  t.match(await reconcile('GET'), {
    status: 200,
    body: { clean: false, missing: { count: 1, first: [{ memberId: 'm-2', issueNo: 2 }] } },
  });
  t.match((await reconcile('GET')).body, { clean: false }, 'a comparison repairs nothing');
  t.match(await reconcile('POST'), { status: 200, body: { clean: false, repair: { requeued: 1 } } });
  t.match((await reconcile('GET')).body, { clean: true, queued: 3 });
  const audit = await client.call('/v1/admin/audit?limit=1', { token });
  t.match(audit.body, { items: [{ action: 'coupon_repaired', actor: { kind: 'admin' } }] });

  const recorder = await startSeonchak({ ...settings, ROLES: 'recorder' });
  t.teardown(() => recorder.stop());
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const { body } = await client.call('/v1/admin/coupons', { token });
    const [item] = body['items'] as { recorded: number; queued: number }[];
    if (item?.recorded === 3 || performance.now() > giveUpAt) {
      t.match(item, { recorded: 3, queued: 0 });
      break;
    }
    await pause(50);
  }
});

t.test('a store that is down is named', async (t) => {
  const health = async () => (await client.call('/v1/admin/health', { token })).body;
  t.match((await health())['stores'], [
    { name: 'database', ok: true },
    { name: 'redis', ok: true },
  ]);
  await redis.kill('SIGKILL');
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const body = await health();
    if (body['ready'] === true && performance.now() < giveUpAt) {
      await pause(50);
      continue;
    }
    t.match(body, {
      ready: false,
      recording: null,
      stores: [
        { name: 'database', ok: true },
        { name: 'redis', ok: false, fault: /\w/ },
      ],
    });
    break;
  }
});
