/** Tests Redis and a database that are of different installations, or of different lives of one. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { startRedis } from '../servers/redis.js';
import { runSeonchak } from '../clients/seonchak-command.js';
import { couponKey } from '../../src/persist/redis/keys.js';
import { startInstallations, until } from './installations.js';

const {
  asRoot,
  client,
  database,
  decision,
  outcome,
  register,
  registered,
  rowsOf,
  seller,
  serverOf,
  settingsOf,
} = await startInstallations(t);

t.test('a restored database has lost coupons that Redis has', async (t) => {
  await client.flushall();
  const settings = settingsOf(await database('restored'));
  const server = await serverOf(t, settings);
  const kept = await registered(server, 5);
  const lost = await registered(server, 5);
  for (const member of ['a', 'b']) t.equal(await decision(server, lost, member), 'issued');
  t.equal(await decision(server, kept, 'a'), 'issued');
  await until(
    'rows',
    async () => (await rowsOf('restored', lost)) === 2 && (await rowsOf('restored', kept)) === 1,
  );

  // As a backup from before the second coupon would leave it.
  for (const table of ['coupon where id', 'member_coupon where coupon_id']) {
    await asRoot.query(`delete from restored.${table} = ${lost}`);
  }
  await asRoot.query(`alter table restored.coupon auto_increment = ${lost}`);

  await until('a warning of a process that runs on', async () =>
    (await (await fetch(`${server.origin}/readyz`)).text()).includes('stores_mixed_up'),
  );
  t.equal(await decision(server, kept, 'b'), 'issued', 'what both stores know goes on');
  t.equal(
    (await register(server, 1)).status,
    503,
    'the id is given again, and Redis has another coupon under it',
  );
  t.match(await outcome(server, lost, 'c'), /^(?:not_ready|busy)$/, 'the other coupon no longer decides');
  t.equal(await rowsOf('restored', lost), 0);
  await server.stop();

  await asRoot.query(`delete from restored.coupon where id = ${lost}`);
  await asRoot.query(`alter table restored.coupon auto_increment = ${lost}`);
  const older = await runSeonchak(['serve'], { ...settings, PORT: String(server.port) });
  t.equal(older.exitCode, 1);
  t.match(
    older.stderr,
    /last coupon is \d+, but Redis has had coupon \d+.*reconcile --all --repair.*\[stores_mixed_up\]/,
  );

  const repair = await runSeonchak(['reconcile', '--all', '--repair'], settings);
  t.equal(repair.exitCode, 0, repair.stderr);
  t.match(repair.stderr, `coupon ${lost}: Redis held another coupon of this id`);
  t.equal((await client.keys(couponKey(lost, 'set-aside:*'))).length, 5, 'nothing is thrown away');
  const again = await serverOf(t, settings);
  t.equal(await registered(again, 5), lost);
  t.equal(
    await outcome(again, lost, 'a'),
    'issued',
    'a winner of the other coupon holds nothing of this one',
  );
  t.match(await decision(again, kept, 'a'), /issued/);
  await again.stop();
});

t.test('an emptied database beside a full Redis', async (t) => {
  await client.flushall();
  const server = await serverOf(t, settingsOf(await database('before_loss')));
  const couponId = await registered(server, 3);
  t.equal(await decision(server, couponId, 'a'), 'issued');
  await server.stop();

  const settings = settingsOf(await database('emptied'));
  t.equal((await runSeonchak(['migrate'], settings)).exitCode, 0);
  const before = await client.hgetall(couponKey(couponId, 'meta'));
  const refusals = [['serve'], ['reconcile', '--all', '--repair']].map((words) =>
    runSeonchak(words, { ...settings, PORT: String(server.port) }),
  );
  for (const refused of await Promise.all(refusals)) {
    t.equal(refused.exitCode, 1);
    t.match(refused.stderr, /Redis belongs to another installation .*REDIS_PREFIX.*\[stores_mixed_up\]\n$/);
  }
  t.same(await client.hgetall(couponKey(couponId, 'meta')), before);
  // The remedy that the message names.
  const shared = await serverOf(t, { ...settings, REDIS_PREFIX: 'second:' });
  t.equal(await registered(shared, 3), couponId, 'the same id');
  t.equal(await decision(shared, couponId, 'a'), 'issued');
  await shared.stop();
});

t.test('a database that is exchanged under a running process', async (t) => {
  await client.flushall();
  const server = await serverOf(t, settingsOf(await database('mine')));
  const couponId = await registered(server, 3);
  await asRoot.query("update mine.installation set name = 'another'");
  await until('not ready', async () => {
    const ready = await fetch(`${server.origin}/readyz`);
    return ready.status === 503 && (await ready.text()).includes('stores_mixed_up');
  });
  t.equal(await outcome(server, couponId, 'a'), 'not_ready');
  await server.stop();
});

t.test('staging beside production on one Redis, each with its prefix', async (t) => {
  await client.flushall();
  const [production, staging] = await Promise.all([
    serverOf(t, settingsOf(await database('production'), 'prod:')),
    serverOf(t, settingsOf(await database('staging'), 'staging:')),
  ]);
  const couponId = await registered(production, 2);
  t.equal(await registered(staging, 3), couponId, 'both have this id');
  const requests = ['a', 'b', 'c', 'd', 'e'].flatMap((member) =>
    [production, staging].map((server) => decision(server, couponId, member)),
  );
  const outcomes = await Promise.all(requests);
  t.equal(outcomes.filter((one) => one === 'issued').length, 5);
  t.equal(outcomes.filter((one) => one === 'sold_out').length, 5);
  await until(
    'rows of both',
    async () => (await rowsOf('production', couponId)) === 2 && (await rowsOf('staging', couponId)) === 3,
  );
  // A version that one publishes does not reach the other.
  const topUp = await fetch(`${staging.origin}/v1/coupons/${couponId}/top-up`, {
    method: 'POST',
    headers: { authorization: seller, 'content-type': 'application/json' },
    body: JSON.stringify({ by: 2 }),
  });
  t.equal(topUp.status, 200);
  t.equal(await decision(production, couponId, 'f'), 'sold_out');
  t.equal(await decision(staging, couponId, 'f'), 'issued');
  const keys = await client.keys('*');
  t.same(
    keys.filter((key) => !/^(?:prod|staging):/.test(key)),
    [],
    'every key has its prefix',
  );
  const channels = (await client.pubsub('CHANNELS')) as string[];
  t.same(
    channels.filter((name) => !/^(?:prod|staging):/.test(name)),
    [],
  );
  t.ok(channels.length >= 4, 'those of both');
  await Promise.all([production.stop(), staging.stop()]);
});

t.test('keys of another application in the same database', async (t) => {
  await client.flushall();
  const server = await serverOf(t, settingsOf(await database('beside')));
  const next = (await registered(server, 1)) + 1;
  const foreign: readonly (() => Promise<unknown>)[] = [
    () => client.set(couponKey(next, 'winners'), 'theirs'),
    () => client.hset(couponKey(next + 1, 'meta'), { quantity: 5, epoch: 3, version: 9, seq: 5 }),
    () => client.zadd(couponKey(next + 2, 'claims'), 1, 'their:1'),
  ];
  for (const write of foreign) await write();
  const theirs = (await client.keys('coupon:*')).filter((key) => !key.startsWith(`coupon:${next - 1}:`));
  const before = await Promise.all(theirs.map((key) => client.dump(key)));
  for (const place of foreign.keys()) {
    t.equal((await register(server, 7)).status, 503);
    t.equal(await outcome(server, next + place, 'a'), 'not_ready');
  }
  t.same(await Promise.all(theirs.map((key) => client.dump(key))), before, 'untouched');
  t.match(await (await fetch(`${server.origin}/readyz`)).text(), /stores_mixed_up/);
  t.equal(await decision(server, await registered(server, 1), 'a'), 'issued', 'the next free id serves');
  await server.stop();
});

t.test('a Redis of a release before names and births comes over, also with a lost key', async (t) => {
  await client.flushall();
  const settings = { ...settingsOf(await database('upgraded')), LEASE_MS: '5100' };
  const server = await serverOf(t, settings);
  const coupons = [await registered(server, 3), await registered(server, 3)];
  for (const couponId of coupons) {
    for (const member of ['a', 'b']) t.equal(await decision(server, couponId, member), 'issued');
    await until('rows', async () => (await rowsOf('upgraded', couponId)) === 2);
  }
  await server.stop();

  await client.del('seonchak:installation');
  for (const couponId of coupons) await withoutBirth(couponId);
  await client.del(couponKey(coupons[1] ?? 0, 'winners'));
  await asRoot.query("update upgraded.coupon set birth = '0badcafe'");
  await asRoot.query("update upgraded.installation set name = 'afterwards'");

  const after = await serverOf(t, settings);
  for (const couponId of coupons) {
    t.equal(await decision(after, couponId, 'c'), 'issued');
    t.equal(await decision(after, couponId, 'd'), 'sold_out');
    await until('rows', async () => (await rowsOf('upgraded', couponId)) === 3);
  }
  t.notMatch(await (await fetch(`${after.origin}/readyz`)).text(), 'stores_mixed_up');
  await after.stop();
});

/** The markers as a release without births wrote them: the id, and what no other marker has. */
async function withoutBirth(couponId: number): Promise<void> {
  const key = couponKey.bind(undefined, couponId);
  const marker = (await client.hget(key('meta'), 'marker')) ?? '';
  const before = marker.replace(/^(\d+)\.[^.]+\./, '$1.');
  if (before === marker) throw new Error(`the marker ${marker} has no birth`);
  await client.hset(key('meta'), 'marker', before);
  await client.hset(key('winners'), '', `#w.${before}`);
  await client.hset(key('claimed'), '', `#d.${before}`);
  for (const [part, role] of [
    ['issuable_coupon_queue', '#q.'],
    ['claims', '#c.'],
  ] as const) {
    await client.zremrangebyscore(key(part), '+inf', '+inf');
    await client.zadd(key(part), '+inf', role + before);
  }
}

t.test('a second Redis beside one database: a process of one of them warns', async (t) => {
  await client.flushall();
  const second = await startRedis();
  t.teardown(() => second.stop());
  const settings = settingsOf(await database('shared'));
  const servers = [await serverOf(t, settings), await serverOf(t, { ...settings, REDIS_URL: second.url })];
  const warned = async (): Promise<boolean> => {
    const states = await Promise.all(
      servers.map(async ({ origin }) => (await fetch(`${origin}/readyz`)).text()),
    );
    return states.some((state) => state.includes('another Redis is in use beside it'));
  };
  // Three of their comparisons at least, which are five seconds apart.
  while (!(await warned())) await pause(500);
  t.ok(await warned());
});
