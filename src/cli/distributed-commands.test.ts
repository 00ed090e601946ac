import t from 'tap';
import { runSeonchak, STACK_TRACE } from '../../test/clients/seonchak-command.js';
import { signToken } from '../../test/clients/tokens.js';
import { startMariadb } from '../../test/servers/mariadb.js';
import { redisClient, startRedis } from '../../test/servers/redis.js';
import { startSeonchak, TEST_SECRET } from '../../test/servers/seonchak.js';

t.test('an operator prepares, watches and restores real stores', async (t) => {
  const [mariadb, redis] = await Promise.all([startMariadb(), startRedis()]);
  t.teardown(() => Promise.all([mariadb.stop(), redis.stop()]));
  const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };

  const migrate = await runSeonchak(['migrate', '--json'], settings);
  t.equal(migrate.exitCode, 0, migrate.stderr);
  t.match(JSON.parse(migrate.stdout), { applied: [/./] });
  t.match((await runSeonchak(['migrate'], settings)).stdout, /^nothing to apply/);

  const server = await startSeonchak(settings);
  t.teardown(() => server.stop());
  const seller = { authorization: `Bearer ${await signToken('9', 'seller')}` };
  const register = (coupon: Readonly<Record<string, unknown>>) =>
    fetch(`${server.origin}/v1/coupons`, {
      method: 'POST',
      headers: { ...seller, 'content-type': 'application/json' },
      body: JSON.stringify(coupon),
    });
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  t.equal((await register({ name: 'open', quantity: 10 })).status, 201);
  t.equal((await register({ name: 'soon', quantity: 10, opensAt: inMs(1_800_000) })).status, 201);
  t.equal((await register({ name: 'later', quantity: 10, opensAt: inMs(86_400_000) })).status, 201);
  t.equal((await register({ name: 'closed', quantity: 10 })).status, 201);
  t.equal(
    (await fetch(`${server.origin}/v1/coupons/4/close`, { method: 'POST', headers: seller })).status,
    200,
  );
  await server.stop();

  const present = await runSeonchak(['warm', '1', '2', '--json'], settings);
  t.same(
    JSON.parse(present.stdout),
    { warmed: [], present: [1, 2], unknown: [] },
    'registering has warmed them',
  );

  const client = redisClient(redis);
  t.teardown(() => client.disconnect());
  await client.flushall();

  const soon = await runSeonchak(['warm', '--opening-within', '1h', '--json'], settings);
  t.equal(soon.exitCode, 0, soon.stderr);
  t.same(
    JSON.parse(soon.stdout),
    { warmed: [1, 2], present: [], unknown: [] },
    'open now, and opening within the hour',
  );
  const all = await runSeonchak(['warm', '--all'], settings);
  t.equal(all.stdout, '1 warmed, 2 already warm\n', 'a closed coupon is left out');
  t.match(all.stderr, /warming 3 of 3 coupons/);

  const partly = await runSeonchak(['warm', '1', '99'], settings);
  t.equal(partly.exitCode, 1);
  t.equal(partly.stdout, '0 warmed, 1 already warm\n');
  t.match(partly.stderr, /^seonchak: Coupon 99 does not exist\./m);

  const status = await runSeonchak(['status', '--limit', '2', '--json'], settings);
  t.match(JSON.parse(status.stdout), {
    coupons: [
      { id: 1, state: 'open', remaining: 10, queued: 0, claimed: 0, recorded: 0 },
      { id: 2, state: 'scheduled' },
    ],
    more: true,
  });
});

t.test('stores that do not answer end a command with 1, a line for each and no stack trace', async (t) => {
  const mariadb = await startMariadb();
  t.teardown(() => mariadb.stop());
  const stoppedRedis = await startRedis();
  await stoppedRedis.stop();
  const reached = { REDIS_URL: stoppedRedis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  const cases = [
    { settings: reached, causes: 1 },
    { settings: { ...reached, MYSQL_URL: 'mysql://root@127.0.0.1:1/seonchak' }, causes: 2 },
  ];
  // All at the same time: each waits until its deadline.
  await Promise.all(
    cases.flatMap(({ settings, causes }) => [
      ...[['status'], ['warm', '--all'], ['serve']].map(async (words) => {
        const { exitCode, stdout, stderr } = await runSeonchak(words, { ...settings, LOG_LEVEL: 'silent' });
        t.equal(exitCode, 1, words.join(' '));
        t.equal(stdout, '');
        t.match(stderr, new RegExp(`^(?:seonchak: .+\\n){${causes}}$`));
        t.notMatch(stderr, STACK_TRACE);
      }),
      runSeonchak(['serve'], settings).then((logged) => {
        t.notMatch(logged.stdout, /\bat .+:\d+:\d+/, 'nor is there one in its log');
      }),
    ]),
  );
});

t.test('a Redis that may forget winners is refused with 2', async (t) => {
  const [mariadb, redis] = await Promise.all([
    startMariadb(),
    startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] }),
  ]);
  t.teardown(() => Promise.all([mariadb.stop(), redis.stop()]));
  const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  const { exitCode, stderr } = await runSeonchak(['serve'], settings);
  t.equal(exitCode, 2);
  t.match(stderr, /^seonchak: REDIS_URL has maxmemory-policy allkeys-lru/m);
  t.notMatch(stderr, STACK_TRACE);
});
