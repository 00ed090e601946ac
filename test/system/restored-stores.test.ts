/** Tests one of the two stores that comes back from a backup: the same coupons with older terms, rows and revocations. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runSeonchak } from '../clients/seonchak-command.js';
import type { SeonchakServer } from '../servers/seonchak.js';
import { startInstallations, until } from './installations.js';

const {
  asRoot,
  client,
  copy,
  database,
  decision,
  outcome,
  redis,
  registered,
  restore,
  rowsOf,
  seller,
  serverOf,
  settingsOf,
} = await startInstallations(t);

async function asSeller(
  server: SeonchakServer,
  method: string,
  path: string,
  body?: object,
): Promise<number> {
  const headers = { authorization: seller, 'content-type': 'application/json' };
  const reply = await fetch(`${server.origin}/v1/coupons/${path}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return reply.status;
}

const recorded = (name: string, couponId: number, rows: number): Promise<void> =>
  until(`${rows} rows`, async () => (await rowsOf(name, couponId)) === rows);

/** Before the backup: two of three units are held. */
async function before(t: Test, server: SeonchakServer, name: string): Promise<number> {
  const couponId = await registered(server, 3);
  for (const member of ['a', 'b']) t.equal(await decision(server, couponId, member), 'issued');
  await recorded(name, couponId, 2);
  return couponId;
}

/** After it: the first member loses its unit, another unit is added, and three members win. */
async function after(t: Test, server: SeonchakServer, name: string, couponId: number): Promise<void> {
  t.equal(await asSeller(server, 'DELETE', `${couponId}/issuances/1`), 200);
  t.equal(await asSeller(server, 'PATCH', String(couponId), { quantity: 4 }), 200);
  for (const member of ['c', 'd', 'e']) t.equal(await decision(server, couponId, member), 'issued');
  await recorded(name, couponId, 4);
}

async function keepsEverything(
  t: Test,
  server: SeonchakServer,
  name: string,
  couponId: number,
): Promise<void> {
  await recorded(name, couponId, 4);
  const [rows] = await asRoot.query(
    `select member_id as member, issue_no as number from ${name}.member_coupon where coupon_id = ? order by issue_no`,
    [couponId],
  );
  t.same(rows, [
    { member: 'b', number: 2 },
    { member: 'c', number: 3 },
    { member: 'd', number: 4 },
    { member: 'e', number: 5 },
  ]);
  for (const member of ['b', 'c', 'd', 'e'])
    t.match(await decision(server, couponId, member), /issued/, member);
  t.equal(await decision(server, couponId, 'a'), 'sold_out', 'what was revoked stays revoked');
  const coupon = (await (await fetch(`${server.origin}/v1/coupons/${couponId}`)).json()) as object;
  t.match(coupon, { quantity: 4, remaining: 0, issued: 4 });
  const [dead] = await asRoot.query(`select * from ${name}.dead_letter`);
  t.same(dead, []);
  // The reserved numbers are used up: an addition is won under a number above all of them.
  t.equal(await asSeller(server, 'PATCH', String(couponId), { quantity: 5 }), 200);
  await until('the added unit', async () => /issued/.test(await outcome(server, couponId, 'f')));
  await recorded(name, couponId, 5);
  const [last] = await asRoot.query(`select max(issue_no) as number from ${name}.member_coupon`);
  t.same(last, [{ number: 6 }]);
}

t.test('the database is restored from an older backup beside a Redis that lived on', async (t) => {
  await client.flushall();
  const settings = settingsOf(await database('live'));
  const server = await serverOf(t, settings);
  const couponId = await before(t, server, 'live');
  await copy('live', 'backup');
  await after(t, server, 'live', couponId);
  const stampIn = async (name: string): Promise<unknown> =>
    (await asRoot.query(`select stamp from ${name}.installation`))[0];
  const early = JSON.stringify(await stampIn('backup'));
  await until('a later stamp', async () => JSON.stringify(await stampIn('live')) !== early);
  await server.stop();
  await restore('live', 'backup');

  const repair = await runSeonchak(['reconcile', '--all', '--repair'], settings);
  t.match(repair.stderr, 'From now on it belongs to this database.');
  const again = await serverOf(t, settings);
  await keepsEverything(t, again, 'live', couponId);
  const check = await runSeonchak(['reconcile', '--all'], settings);
  t.equal(check.exitCode, 0, check.stdout);
  await again.stop();
});

t.test('Redis is restored from an older backup beside a database that lived on', async (t) => {
  await client.flushall();
  const settings = { ...settingsOf(await database('kept')), LEASE_MS: '5100' };
  const server = await serverOf(t, settings);
  const couponId = await before(t, server, 'kept');
  const backup = join(redis.folder, 'backup');
  const appendOnly = join(redis.folder, 'appendonlydir');
  await cp(appendOnly, backup, { recursive: true });
  await after(t, server, 'kept', couponId);
  await redis.kill('SIGKILL');
  await rm(appendOnly, { recursive: true });
  await cp(backup, appendOnly, { recursive: true });
  await redis.restart();
  await keepsEverything(t, server, 'kept', couponId);
  const check = await runSeonchak(['reconcile', '--all'], settings);
  t.equal(check.exitCode, 0, check.stdout);
  await server.stop();
});
