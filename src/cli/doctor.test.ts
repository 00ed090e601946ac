/** Tests `seonchak doctor` with what it is for: an installation before an event, whole and with faults. */
import t from 'tap';
import { emptyFolder, runSeonchak } from '../../test/clients/seonchak-command.js';
import { HttpClient } from '../../test/clients/http-client.js';
import { signToken } from '../../test/clients/tokens.js';
import { startMariadb } from '../../test/servers/mariadb.js';
import { redisClient, startRedis } from '../../test/servers/redis.js';
import { startSeonchak, TEST_SECRET } from '../../test/servers/seonchak.js';
import { couponKey } from '../persist/redis/keys.js';

interface Finding {
  readonly state: string;
  readonly check: string;
  readonly text: string;
}

async function findings(settings: Readonly<Record<string, string>>) {
  const { exitCode, stdout, stderr } = await runSeonchak(['doctor', '--json'], settings);
  const report = JSON.parse(stdout) as { findings: Finding[] };
  const of = (check: string) => report.findings.find((finding) => finding.check === check);
  return { exitCode, stderr, of, all: report.findings };
}

t.test('an embedded installation: runtime, limits, disk, clock', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  const before = await findings(settings);
  t.equal(before.exitCode, 1);
  t.match(before.of('stores'), { state: 'failed', text: /There is no data of a server/ });
  await runSeonchak(['migrate'], settings);
  const { exitCode, of, all } = await findings(settings);
  t.equal(exitCode, 0, JSON.stringify(all));
  t.match(of('runtime'), { state: 'ok', text: /^Node\.js \d+/ });
  t.match(of('SQLite'), { text: /^version 3\./ });
  t.match(of('SQLite clock'), { state: 'ok' });
  t.match(of('disk'), { text: /GB free/ });
  t.match(of('coupons'), { state: 'ok', text: /^0 open or opening soon/ });
  const lines = await runSeonchak(['doctor'], { ...settings, HOST: '0.0.0.0' });
  t.equal(lines.exitCode, 0, 'warnings do not fail');
  t.match(lines.stdout, /^warn {3}settings: anyone who reaches this server may sign up as a seller/m);
  const wrong = await findings({ ...settings, PORT: 'none', LEASE_MS: '1' });
  t.equal(wrong.exitCode, 1);
  t.same(
    wrong.all.filter(({ check }) => check === 'settings').map(({ state }) => state),
    ['failed', 'failed'],
    'every fault of the settings at once',
  );
});

t.test('Redis and a database: versions, clocks, the backlog, coupons that Redis lost', async (t) => {
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  const server = await startSeonchak({ ...settings, ROLES: 'api' });
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 2);
  t.teardown(() => client.close());
  const seller = await signToken('9', 'seller');
  await client.call('/v1/coupons', {
    ...{ method: 'POST', token: seller },
    body: { name: 'Due', quantity: 5 },
  });
  const whole = await findings(settings);
  t.equal(whole.exitCode, 0, JSON.stringify(whole.all));
  t.match(whole.of('database'), { text: /^version \d/ });
  t.match(whole.of('database clock'), { state: 'ok' });
  t.ok(whole.all.some(({ check, text }) => /^Redis .*:\d+$/.test(check) && /^version \d/.test(text)));
  t.match(whole.of('recorders'), { state: 'ok' });
  t.match(whole.of('coupons'), { state: 'ok', text: /^1 open or opening soon, all ready$/ });

  const token = await signToken('m-1', 'member');
  t.equal((await client.call('/v1/coupons/1/download', { method: 'POST', token })).status, 201);
  // As if the issuance had waited for an hour.
  const keys = redisClient(redis);
  await keys.connect();
  t.teardown(() => keys.disconnect());
  const queue = couponKey(1, 'issuable_coupon_queue');
  const [entry = ''] = (await keys.zrange(queue, '0', '-1')).filter((item) => item.startsWith('m-1:'));
  await keys.zrem(queue, entry);
  await keys.zadd(queue, '1', `m-1:${Date.now() - 3_600_000}`);
  const late = await findings(settings);
  t.equal(late.exitCode, 1);
  t.match(late.of('recorders'), { state: 'failed', text: /waited for its row for 3,\d{3} s/ });
  t.match(late.stderr, /^seonchak: 1 of \d+ checks failed/);

  await keys.flushall();
  const lost = await findings(settings);
  t.match(
    lost.all
      .filter(({ state }) => state !== 'ok')
      .map(({ text }) => text)
      .join('\n'),
    /coupon 1 not in Redis; run seonchak warm --all|lost/,
  );
});
