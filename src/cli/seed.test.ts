import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Libsql from 'libsql';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { emptyFolder, runSeonchak, spawnSeonchak, STACK_TRACE } from '../../test/clients/seonchak-command.js';
import { startMariadb } from '../../test/servers/mariadb.js';
import { startRedis } from '../../test/servers/redis.js';
import { TEST_SECRET } from '../../test/servers/seonchak.js';

const SIZES = { members: 20_000, coupons: 401, 'member-coupons': 100_001 };
const words = ['seed', ...Object.entries(SIZES).flatMap(([name, size]) => [`--${name}`, String(size)])];

const PATIENCE_MS = 60_000;

/** The only number of the only row; 0 while there is no such table. */
type Ask = (sql: string) => Promise<number>;

/** Kills the command as soon as the table has a row, so in the middle of filling it. */
async function killedWhileFilling(
  table: string,
  settings: Readonly<Record<string, string>>,
  ask: Ask,
): Promise<void> {
  const child = spawnSeonchak(words, settings);
  const deadlineMs = performance.now() + PATIENCE_MS;
  while ((await ask(`select count(*) from ${table}`)) === 0) {
    if (performance.now() > deadlineMs) throw new Error(`no row came into ${table}`);
    await pause(20);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function staysExact(t: Test, settings: Readonly<Record<string, string>>, ask: Ask): Promise<void> {
  await killedWhileFilling('account', settings, ask);
  t.ok((await ask('select count(*) from account')) < SIZES.members, 'stopped among the members');
  await killedWhileFilling('member_coupon', settings, ask);
  t.ok(
    (await ask('select count(*) from member_coupon')) < SIZES['member-coupons'],
    'stopped among the issuances',
  );

  const { exitCode, stdout, stderr } = await runSeonchak([...words, '--json'], settings);
  t.equal(exitCode, 0, stderr);
  t.match(JSON.parse(stdout), { members: 20_000, coupons: 401, memberCoupons: 100_001 });
  t.match(stderr, /^seeding [\d,]+ of [\d,]+ rows, [\d,]+\/s/m);

  t.equal(await ask('select count(*) from account'), 20_000);
  t.equal(await ask('select count(*) from coupon'), 401);
  t.equal(await ask('select count(*) from member_coupon'), 100_001);
  t.equal(await ask('select max(n) from (select count(*) n from member_coupon group by coupon_id) c'), 250);
  t.equal(await ask('select min(n) from (select count(*) n from member_coupon group by coupon_id) c'), 249);
  t.equal(await ask('select max(issue_no) from member_coupon'), 250, 'numbers without a gap');
  t.equal(await ask('select count(distinct member_id) from member_coupon'), 20_000);
  t.equal(
    await ask(
      'select count(*) from member_coupon m where not exists (select 1 from account a where a.id = m.member_id)',
    ),
    0,
    'every holder is a member',
  );
}

t.test('killed and run again, seeding ends with exactly the rows asked for: MariaDB', async (t) => {
  const [mariadb, redis] = await Promise.all([startMariadb(), startRedis()]);
  t.teardown(() => Promise.all([mariadb.stop(), redis.stop()]));
  const connection = await createConnection(mariadb.url);
  t.teardown(() => connection.end());
  const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
  await staysExact(t, settings, async (sql) => {
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return Number(Object.values(rows[0] ?? {})[0]);
    } catch (error) {
      if (String(error).includes("doesn't exist")) return 0;
      throw error;
    }
  });
});

t.test('killed and run again, seeding ends with exactly the rows asked for: embedded', async (t) => {
  const folder = await emptyFolder();
  t.teardown(() => folder.remove());
  const settings = { DATA_DIR: folder.path };
  await staysExact(t, settings, (sql) => {
    const database = new Libsql(join(folder.path, 'seonchak.db'), { timeout: 5_000 });
    try {
      const row = database.prepare(sql).get() as Record<string, number> | undefined;
      return Promise.resolve(Number(Object.values(row ?? {})[0]));
    } catch (error) {
      if (String(error).includes('no such table')) return Promise.resolve(0);
      throw error;
    } finally {
      database.close();
    }
  });

  t.match((await runSeonchak(words, settings)).stdout, /^0 rows added/m, 'a third time adds nothing');
  const other = await runSeonchak(['seed', '--members', '20000', '--coupons', '400'], settings);
  t.equal(other.exitCode, 1);
  t.match(other.stderr, /^seonchak: These tables were seeded with other numbers.*\n$/);
  t.notMatch(other.stderr, STACK_TRACE);

  const status = await runSeonchak(['status', '--limit', '1', '--json'], settings);
  t.match(JSON.parse(status.stdout), {
    coupons: [{ name: 'Seeded coupon 1', state: 'closed', quantity: 250, recorded: 250 }],
  });
  const reconciled = await runSeonchak(['reconcile', '1'], settings);
  t.equal(reconciled.exitCode, 0, reconciled.stderr + reconciled.stdout);
});

t.test('sizes that fit no tables are wrong usage', async (t) => {
  const cases: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [[], /Give --members, --coupons or both/],
    [['--members', '2', '--coupons', '2', '--member-coupons', '5'], /Give --members 3 or more/],
  ];
  for (const [more, message] of cases) {
    const { exitCode, stderr } = await runSeonchak(['seed', ...more]);
    t.equal(exitCode, 2, more.join(' '));
    t.match(stderr, message);
  }
});
