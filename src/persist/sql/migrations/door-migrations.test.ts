/** Tests that an installation whose coupons require presence keeps these requirements as door rules. */
import { join } from 'node:path';
import { Kysely, Migrator, sql } from 'kysely';
import t, { type Test } from 'tap';
import { startMariadb } from '../../../../test/servers/mariadb.js';
import { SqliteThreadDialect } from '../../sqlite/sqlite-dialect.js';
import { SqliteThread } from '../../sqlite/sqlite-thread.js';
import { ChangeHeads } from '../change-heads.js';
import { connectMysql } from '../connect-mysql.js';
import { migrateToLatest } from './migrate.js';
import { migrationsFor } from './migrations.js';
import type { Database } from '../schema.js';
import { SqlDoorRules } from '../sql-door-rules.js';
import { mysqlFlavour, type SqlFlavour, sqliteFlavour } from '../sql-flavour.js';

t.test('MariaDB', async (t) => {
  const server = await startMariadb();
  t.teardown(() => server.stop());
  const db = connectMysql(server.url, { connections: 1, timeoutMs: 60_000 });
  t.teardown(() => db.destroy());
  await migrates(t, db, mysqlFlavour);
});

t.test('SQLite', async (t) => {
  const thread = await SqliteThread.open(join(t.testdir(), 'seonchak.db'));
  t.teardown(() => thread.close());
  await migrates(t, new Kysely<Database>({ dialect: new SqliteThreadDialect(thread) }), sqliteFlavour);
});

async function migrates(t: Test, db: Kysely<Database>, flavour: SqlFlavour): Promise<void> {
  const all = migrationsFor(flavour);
  const provider = { getMigrations: () => Promise.resolve(all) };
  const before = await new Migrator({ db, provider }).migrateTo('0045_coupon_list_indexes');
  t.equal(before.error, undefined);
  for (const [required, revision] of [
    [1, 3],
    [0, 4],
    [0, 0],
  ] as const) {
    await sql`
      insert into coupon (seller_id, name, quantity, paused, closed, version, epoch, created_at, presence_required, presence_revision)
      values ('shop', 'x', 9, 0, 0, 1, 1, 0, ${required}, ${revision})`.execute(db);
  }
  await sql`update change_counter set revision = 4 where name = 'coupon_presence'`.execute(db);
  const unsettled = (couponId: number, presenceRequired: boolean) =>
    db
      .insertInto('coupon_change')
      .values({
        ...{ coupon_id: couponId, change_no: 1, taken: 0, at: 0 },
        body: JSON.stringify({ terms: { quantity: 10 }, presenceRequired, alters: true }),
      })
      .execute();
  await unsettled(2, true);
  await unsettled(3, false);

  t.ok((await migrateToLatest(db, flavour)).includes('0046_door_rules'));
  await all['0046_door_rules']?.up(db);
  const rules = new SqlDoorRules(db, flavour, new ChangeHeads(db));
  t.match(await rules.settled(), { couponId: 3, revision: 4 });
  t.same(await rules.changesAfter(0, 9), [{ couponId: 1, rule: { presence: true }, revision: 3 }]);
  const bodies = await db.selectFrom('coupon_change').select('body').orderBy('coupon_id').execute();
  t.same(
    bodies.map(({ body }) => JSON.parse(body) as unknown),
    [true, null].map((presence) => ({ terms: { quantity: 10 }, alters: true, door: { presence } })),
    'a change that was not settled yet',
  );
}
