/** Tests `seonchak reconcile` beside a running server, on differences made by hand. */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { HttpClient } from '../clients/http-client.js';
import { runSeonchak } from '../clients/seonchak-command.js';
import { signToken } from '../clients/tokens.js';
import { FINDINGS_MAX } from '../../src/engine/domain/limits.js';
import { redisClient } from '../servers/redis.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { openWorld, sharedMariadb, startSite, type World } from './world.js';
import { couponKey } from '../../src/persist/redis/keys.js';

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb);

interface Report {
  readonly clean: boolean;
  readonly coupons: readonly Record<string, { readonly count: number } | undefined>[];
}

async function reconcile(world: World, ...words: readonly string[]) {
  const settings = { ...world.settings, JWT_SECRET: TEST_SECRET };
  const { exitCode, stdout, stderr } = await runSeonchak(
    ['reconcile', String(world.couponId), '--json', ...words],
    settings,
  );
  const report = JSON.parse(stdout) as Report;
  return { exitCode, stderr, found: report.coupons[0] ?? {}, clean: report.clean };
}

/** Every member has won, and all are recorded. */
async function settledWorld(t: Test, members = 60): Promise<World> {
  const world = await openWorld(t, site, { quantity: members + 40, members });
  await world.burst();
  await world.evidence();
  return world;
}

async function revocationsOf(couponId: number): Promise<number> {
  const connection = await createConnection(mariadb.url);
  const [rows] = await connection.query('select 1 from revocation where coupon_id = ?', [couponId]);
  await connection.end();
  return (rows as unknown[]).length;
}

async function sql(statement: string, ...values: readonly (string | number)[]): Promise<void> {
  const connection = await createConnection(mariadb.url);
  await connection.query(statement, [...values]);
  await connection.end();
}

t.test('a coupon in order is clean, also when only the database knows it', async (t) => {
  const world = await settledWorld(t);
  const { exitCode, clean } = await reconcile(world);
  t.equal(exitCode, 0);
  t.ok(clean);
});

t.test('a winner without a row is found, queued again by --repair, and recorded', async (t) => {
  const world = await settledWorld(t);
  await sql('delete from member_coupon where coupon_id = ? and issue_no in (7, 60)', world.couponId);
  const reconciled = await reconcile(world);
  t.equal(reconciled.exitCode, 1);
  t.equal(reconciled.found['missing']?.count, 2);
  const repaired = await reconcile(world, '--repair');
  t.match(repaired.found['repair'], { requeued: 2 });
  await world.evidence();
  const after = await reconcile(world, '--repair');
  t.equal(after.exitCode, 0, 'repairing again finds nothing to do');
  await world.verdict(t);
});

t.test('a row whose member could win again is found, and the coupon is rebuilt', async (t) => {
  const world = await settledWorld(t);
  const client = redisClient(world.redis);
  t.teardown(() => client.disconnect());
  await client.hdel(couponKey(world.couponId, 'winners'), '1', '2');
  const reconciled = await reconcile(world);
  t.equal(reconciled.found['strays']?.count, 2);
  const repaired = await reconcile(world, '--repair');
  t.match(repaired.found['repair'], { rebuilt: true });
  t.equal((await reconcile(world)).exitCode, 0);
  const again = await world.crowd.requestOnce(
    world.couponId,
    world.members[0] ?? { memberId: '', token: '' },
  );
  t.equal(again.outcome, 'already_issued');
  await world.verdict(t);
});

/** What is left of a revoke whose process died between the ledger and the store. @returns whether the store still has the winner. */
async function revokeHalf(t: Test, world: World, memberId: string): Promise<() => Promise<boolean>> {
  const client = redisClient(world.redis);
  t.teardown(() => client.disconnect());
  const held = (): Promise<string | null> => client.hget(couponKey(world.couponId, 'winners'), memberId);
  const issueNo = Number((await held())?.split(':')[0]);
  await sql('delete from member_coupon where coupon_id = ? and member_id = ?', world.couponId, memberId);
  await sql(
    'insert into revocation (coupon_id, issue_no, member_id, revoked_at) values (?, ?, ?, 1)',
    world.couponId,
    issueNo,
    memberId,
  );
  return async () => (await held()) !== null;
}

t.test('revokes that died half-way are finished, more of them than a report lists', async (t) => {
  const count = FINDINGS_MAX + 20;
  const world = await settledWorld(t, count);
  const [server] = world.servers;
  // Its own reconciler would be faster.
  await server?.kill('SIGSTOP');
  const isHeld = await revokeHalf(t, world, '3');
  await sql(
    `insert into revocation (coupon_id, issue_no, member_id, revoked_at)
     select coupon_id, issue_no, member_id, 1 from member_coupon where coupon_id = ?`,
    world.couponId,
  );
  await sql('delete from member_coupon where coupon_id = ?', world.couponId);
  t.match((await reconcile(world)).found['halfRevoked'], { count, first: { length: FINDINGS_MAX } });
  t.match((await reconcile(world, '--repair')).found['repair'], { revokesFinished: count });
  t.equal((await reconcile(world)).exitCode, 0);
  t.notOk(await isHeld());
  await server?.kill('SIGCONT');
});

t.test('the server finishes it automatically when it compares the coupon', async (t) => {
  const world = await settledWorld(t);
  const isHeld = await revokeHalf(t, world, '3');
  await world.seller.act({ kind: 'amend', change: { quantity: world.quantity + 1 } });
  const untilMs = performance.now() + 30_000;
  while ((await isHeld()) && performance.now() < untilMs) await pause(100);
  t.notOk(await isHeld());
  t.equal((await reconcile(world)).exitCode, 0);
});

t.test(
  'a server that is killed between the steps of a revoke, at an idle coupon, finishes it when it is back',
  async (t) => {
    const world = await openWorld(t, await startSite(t, mariadb, { redisProxy: true }), { members: 20 });
    await world.burst();
    await world.evidence();
    const client = redisClient(world.redis);
    t.teardown(() => client.disconnect());
    await client.zrem('seonchak:announced', world.couponId);
    const winners = (): Promise<number> => client.hlen(couponKey(world.couponId, 'winners'));
    const won = await winners();

    const holder = await createConnection(mariadb.url);
    await holder.query('begin');
    await holder.query('select id from coupon where id = ? for update', [world.couponId]);
    const revoking = world.seller.act({ kind: 'revoke', issueNo: 3 });
    const pending = async (): Promise<boolean> =>
      (await client.zscore('seonchak:announced', world.couponId)) !== null;
    for (let polls = 0; polls < 200 && !(await pending()); polls += 1) await pause(10);
    world.redisProxy.behave({ requests: 'drop' });
    await holder.query('commit');
    while ((await revocationsOf(world.couponId)) === 0) await pause(10);
    await world.servers[0]?.kill('SIGKILL');
    await revoking;
    await holder.end();
    t.equal(await winners(), won, 'the store has not followed');

    world.redisProxy.cut();
    world.redisProxy.behave({});
    await world.servers[0]?.restart();
    const untilMs = performance.now() + 30_000;
    while ((await winners()) === won && performance.now() < untilMs) await pause(100);
    t.equal((await reconcile(world)).exitCode, 0);
    await world.verdict(t);
  },
);

t.test('while a crowd downloads nothing is reported that is only on its way', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  await world.crowd.winners(20);
  const during = await reconcile(world, '--repair');
  t.equal(during.found['missing']?.count, 0);
  t.equal(during.found['strays']?.count, 0);
  await burst;
  await world.verdict(t);
  t.equal((await reconcile(world)).exitCode, 0);
});

t.test('terms that the database does not have are saved', async (t) => {
  const world = await settledWorld(t);
  await sql('update coupon set version = 0 where id = ?', world.couponId);
  t.equal((await reconcile(world)).found['catalogueBehind'], true as never);
  await reconcile(world, '--repair');
  t.equal((await reconcile(world)).exitCode, 0);
  const client = new HttpClient(world.servers[0]?.origin ?? '', 1);
  t.teardown(() => client.close());
  const token = await signToken('900001', 'seller');
  const answer = await client.call(`/v1/coupons/${world.couponId}`, { token });
  t.equal(answer.status, 200);
});
