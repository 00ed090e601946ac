/** Tests `seonchak doctor` with what it is for: an installation before an event, whole and with faults. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Libsql from 'libsql';
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

async function findings(settings: Readonly<Record<string, string>>, under?: readonly string[]) {
  const { exitCode, stdout, stderr } = await runSeonchak(['doctor', '--json'], settings, undefined, under);
  const report = JSON.parse(stdout) as { findings: Finding[] };
  const of = (check: string) => report.findings.find((finding) => finding.check === check);
  const notOk = report.findings.filter(({ state }) => state !== 'ok');
  return { exitCode, stderr, of, notOk, all: report.findings };
}

/** In which files of this folder replace those of the kernel. */
const OWN_MOUNTS =
  process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '--map-root-user', '--mount'];

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
  t.match(of('migrations'), { state: 'ok' });
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
  t.same(lost.notOk, [
    { state: 'warning', check: 'coupons', text: 'coupon 1 not in Redis; run seonchak warm --all' },
  ]);
  t.equal(lost.exitCode, 0, 'a warm puts the coupon back, an event is possible');
});

t.test('tables of an earlier version are reported, and stay as they are', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  await runSeonchak(['migrate'], settings);
  const file = join(folder.path, 'seonchak.db');
  const database = new Libsql(file);
  database.exec("delete from kysely_migration where name = '0055_change_tokens'");
  database.close();
  await rm(join(folder.path, 'jwt-secret'));
  for (const attempt of ['first', 'second']) {
    const { exitCode, notOk } = await findings(settings);
    t.equal(exitCode, 1, attempt);
    t.match(notOk, [
      { check: 'migrations', state: 'failed', text: /0055_change_tokens.*run seonchak migrate/ },
    ]);
  }
  t.notOk((await readdir(folder.path)).includes('jwt-secret'), 'and no secret is made');
  await runSeonchak(['migrate'], settings);
  t.equal((await findings(settings)).exitCode, 0);
});

t.test('few descriptors: a warning, and a failure where the server would not start', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path, SELLER_SIGNUP: 'closed' };
  await runSeonchak(['migrate'], settings);
  const least = await findings(settings, ['prlimit', '--nofile=1024']);
  t.same(least.notOk, [
    {
      ...{ state: 'warning', check: 'open files' },
      text: '1,024 per process; each connection needs one, raise the limit (ulimit -n 65536)',
    },
  ]);
  t.equal(least.exitCode, 0);
  const tooFew = await findings(settings, ['prlimit', '--nofile=1023']);
  t.same(tooFew.notOk, [
    {
      ...{ state: 'failed', check: 'open files' },
      text: '1,023 per process; a server needs 1,024, raise the limit (ulimit -n 65536)',
    },
  ]);
  t.equal(tooFew.exitCode, 1);
  const start = await runSeonchak(['serve'], settings, undefined, ['prlimit', '--nofile=1023']);
  t.match(start, {
    exitCode: 2,
    stderr: /^seonchak: This process may have 1023 files .*`ulimit .*\[open_files_too_few\]\n$/,
  });
  const hardly = await runSeonchak(['doctor'], settings, undefined, ['prlimit', '--nofile=32']);
  t.match(hardly, { exitCode: 2, stderr: /^seonchak: .* at least 128\. .*\[open_files_too_few\]\n$/ });
});

t.test('little memory: what the kernel calls available counts, not what is free', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  await runSeonchak(['migrate'], settings);
  const meminfo = join(folder.path, 'meminfo');
  const machineWith = async (availableMb: number) => {
    const lines = { MemTotal: 1_024, MemFree: 100, MemAvailable: availableMb };
    const text = Object.entries(lines).map(([name, mb]) => `${name}: ${mb * 1_024} kB\n`);
    await writeFile(meminfo, text.join(''));
    const script = 'mount --bind "$0" /proc/meminfo && exec "$@"';
    return findings(settings, [...OWN_MOUNTS, 'sh', '-c', script, meminfo]);
  };
  t.match((await machineWith(512)).of('memory'), { state: 'ok', text: '512 MB of 1,024 MB free' });
  t.match((await machineWith(511)).of('memory'), {
    state: 'warning',
    text: '511 MB of 1,024 MB free; a process under load takes some 300 MB, give it more',
  });
});

t.test('clocks apart: a warning for each store beyond a second, with what depends on it', async (t) => {
  const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
  const settings = {
    ...{ REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET },
    SELLER_SIGNUP: 'closed',
  };
  await runSeonchak(['migrate'], settings);
  /** As on a machine whose clock is ahead: all of the process reads its time there. */
  const apart = (ms: number) => {
    const module = `const now = Date.now.bind(Date); Date.now = () => now() + ${ms};`;
    return findings({
      ...settings,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}`,
    });
  };
  t.same((await apart(-400)).notOk, [], 'half a second is tolerated');
  for (const [ms, direction] of [
    [-5_000, 'ahead of'],
    [5_000, 'behind'],
  ] as const) {
    const { exitCode, notOk } = await apart(ms);
    t.equal(exitCode, 0);
    t.same(
      notOk.map(({ check }) => check),
      ['database clock', `Redis 127.0.0.1:${redis.port} clock`],
    );
    for (const { text } of notOk)
      t.match(text, new RegExp(`^[45],\\d{3} ms ${direction} this machine; synchronise both \\(NTP\\): `));
    t.match(notOk[0]?.text, /: issuances expire and are used by the clock of this store$/);
    t.match(notOk[1]?.text, /: coupons open and close by the clock of this store$/);
  }

  // On the same stores: memory.
  const keys = redisClient(redis);
  await keys.connect();
  t.teardown(() => keys.disconnect());
  const limit = async (share: number) => {
    const used = Number(/used_memory:(\d+)/.exec(await keys.info('memory'))?.[1]);
    await keys.config('SET', 'maxmemory', String(Math.round(used / share)));
    return findings(settings);
  };
  t.same((await limit(0.5)).notOk, []);
  for (const share of [0.9, 1.2]) {
    const { exitCode, notOk } = await limit(share);
    t.equal(exitCode, 1);
    t.same(
      notOk.map(({ state, check }) => ({ state, check })),
      [{ state: 'failed', check: `Redis 127.0.0.1:${redis.port} memory` }],
    );
    const percent = Number(
      /^(\d+) % of maxmemory in use; nothing is issued while Redis is full, raise maxmemory$/.exec(
        notOk[0]?.text ?? '',
      )?.[1],
    );
    t.ok(Math.abs(percent - 100 * share) < 10, `${percent} %`);
  }
});

t.test('nothing is changed: neither a Redis without a name nor one that is in use', async (t) => {
  const [redis, mariadb, other] = await Promise.all([startRedis(), startMariadb(), startMariadb()]);
  t.teardown(() => Promise.all([redis.stop(), mariadb.stop(), other.stop()]));
  const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  const keys = redisClient(redis);
  await keys.connect();
  t.teardown(() => keys.disconnect());
  /** Every key with its content. */
  const state = async () => {
    const names = (await keys.keys('*')).sort();
    return Promise.all(names.map(async (name) => [name, (await keys.dumpBuffer(name)).toString('hex')]));
  };
  await runSeonchak(['migrate'], settings);
  await keys.flushall();
  const unnamed = await state();
  t.same(unnamed, []);
  t.equal((await findings(settings)).exitCode, 0);
  t.same(await state(), unnamed, 'a Redis without a name stays without one');

  const server = await startSeonchak({ ...settings, ROLES: 'api' });
  t.teardown(() => server.stop());
  const client = new HttpClient(server.origin, 2);
  t.teardown(() => client.close());
  const token = await signToken('9', 'seller');
  const body = { name: 'Due', quantity: 5 };
  t.equal((await client.call('/v1/coupons', { method: 'POST', token, body })).status, 201);
  const member = await signToken('m-1', 'member');
  t.equal((await client.call('/v1/coupons/1/download', { method: 'POST', token: member })).status, 201);
  await server.stop();
  const used = await state();
  t.ok(used.some(([name]) => name === 'seonchak:installation'));
  const whole = await findings(settings);
  t.match(whole.of('coupons'), { state: 'ok', text: /^1 open or opening soon, all ready$/ });
  t.same(await state(), used, 'coupons, stamp and the end of the ids stay');

  const mixed = { ...settings, MYSQL_URL: other.url };
  await runSeonchak(['migrate'], { ...mixed, REDIS_PREFIX: 'other:' });
  const before = await state();
  const foreign = await findings(mixed);
  t.equal(foreign.exitCode, 1);
  t.match(foreign.of('stores'), {
    state: 'failed',
    text: /^Redis belongs to another installation than the database/,
  });
  t.same(await state(), before);
});

t.test('a container: its limit counts, not the memory of the machine', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  await runSeonchak(['migrate'], settings);
  /** As in a container: the files of the kernel about the group of this process (cgroup v2). */
  const containerWith = async (limitMb: number, usedMb: number) => {
    const group = join(folder.path, 'group');
    await mkdir(group, { recursive: true });
    await writeFile(join(folder.path, 'cgroup'), '0::/\n');
    const bytes = { 'memory.max': limitMb, 'memory.high': limitMb, 'memory.current': usedMb };
    for (const [name, mb] of Object.entries(bytes))
      await writeFile(join(group, name), `${mb * 1_024 * 1_024}\n`);
    const script =
      'mount --bind "$0/group" /sys/fs/cgroup && mount --bind "$0/cgroup" /proc/$$/cgroup && exec "$@"';
    return findings(settings, [...OWN_MOUNTS, 'sh', '-c', script, folder.path]);
  };
  t.match((await containerWith(1_024, 512)).of('memory'), {
    state: 'ok',
    text: '512 MB of 1,024 MB free',
  });
  t.match((await containerWith(600, 200)).of('memory'), {
    state: 'warning',
    text: '400 MB of 600 MB free; a process under load takes some 300 MB, give it more',
  });
});
