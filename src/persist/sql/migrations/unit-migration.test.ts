/** Tests the migration to units while a recorder of the previous version continues to write. */
import { join } from 'node:path';
import { Kysely, Migrator, sql } from 'kysely';
import t, { type Test } from 'tap';
import { startMariadb } from '../../../../test/servers/mariadb.js';
import type { CouponId, HolderId, Issuance, MemberId } from '../../../engine/domain/coupon.js';
import { StoreUnavailableError } from '../../../engine/domain/errors.js';
import { SqliteThreadDialect } from '../../sqlite/sqlite-dialect.js';
import { SqliteThread } from '../../sqlite/sqlite-thread.js';
import { connectMysql } from '../connect-mysql.js';
import { migrateToLatest } from './migrate.js';
import { migrationsFor } from './migrations.js';
import type { Database } from '../schema.js';
import { mysqlFlavour, type SqlFlavour, sqliteFlavour } from '../sql-flavour.js';
import { SqlIssuanceLedger } from '../sql-issuance-ledger.js';
import { addUnits } from './unit-migration.js';

const couponId = 7 as CouponId;
const issuance = (issueNo: number, holder: string): Issuance => ({
  issueNo,
  holder: holder as HolderId,
  issuedAtMs: 1_000 + issueNo,
});

t.test('MariaDB', async (t) => {
  const server = await startMariadb();
  t.teardown(() => server.stop());
  const db = connectMysql(server.url, { connections: 2, timeoutMs: 60_000 });
  t.teardown(() => db.destroy());
  await migrates(t, db, mysqlFlavour);

  await t.test('with the old key still there, first units are recorded and further ones wait', async (t) => {
    await sql`delete from member_coupon`.execute(db);
    await sql`alter table member_coupon add unique index one_per_member (member_id, coupon_id)`.execute(db);
    const ledger = new SqlIssuanceLedger(db, mysqlFlavour);
    const first = [issuance(11, 'a'), issuance(12, 'b')];
    t.match(await ledger.record({ couponId, epoch: 1, issuances: first }), { inserted: 2 });
    const further = { couponId, epoch: 1, issuances: [issuance(13, 'a~2'), issuance(14, 'c')] };
    await t.rejects(ledger.record(further), StoreUnavailableError);
    t.match(await ledger.counts([couponId]), [{ recorded: 2, deadLettered: 0 }]);
    await addUnits(db as unknown as Kysely<unknown>, mysqlFlavour);
    t.match(await ledger.record(further), { inserted: 2, deadLettered: 0 });
  });
});

t.test('SQLite', async (t) => {
  const thread = await SqliteThread.open(join(t.testdir(), 'seonchak.db'));
  t.teardown(() => thread.close());
  const db = new Kysely<Database>({ dialect: new SqliteThreadDialect(thread) });
  await migrates(t, db, sqliteFlavour);

  await t.test('a migration that died between its steps is finished by the next', async (t) => {
    await sql`alter table member_coupon rename to member_coupon_rebuilt`.execute(db);
    await addUnits(db as unknown as Kysely<unknown>, sqliteFlavour);
    t.equal((await rowsIn(db)).length, 3);
  });
});

/** As a process of the previous version writes it. */
const insertAsBefore = (db: Kysely<Database>, issueNo: number, member: string) =>
  sql`insert into member_coupon (coupon_id, issue_no, member_id, issued_at)
    values (${couponId}, ${issueNo}, ${member}, ${1_000 + issueNo})`.execute(db);

const rowsIn = (db: Kysely<Database>) =>
  db.selectFrom('member_coupon').select(['issue_no', 'member_id', 'unit', 'used_at', 'used_order']).execute();

async function migrates(t: Test, db: Kysely<Database>, flavour: SqlFlavour): Promise<void> {
  const all = migrationsFor(flavour);
  const provider = { getMigrations: () => Promise.resolve(all) };
  const before = Object.keys(all).filter((name) => name < '0048');
  t.equal((await new Migrator({ db, provider }).migrateTo(before.at(-1) ?? '')).error, undefined);
  await insertAsBefore(db, 1, 'a');
  await insertAsBefore(db, 2, 'b');
  await sql`update member_coupon set used_at = 5, used_order = 'A-1' where issue_no = 2`.execute(db);
  await sql`insert into revocation (coupon_id, issue_no, member_id, revoked_at) values (7, 3, 'c', 9)`.execute(
    db,
  );

  t.ok((await migrateToLatest(db, flavour)).includes('0048_units'));
  await addUnits(db as unknown as Kysely<unknown>, flavour);
  await insertAsBefore(db, 4, 'd');
  t.same(await rowsIn(db), [
    { issue_no: 1, member_id: 'a', unit: 1, used_at: null, used_order: null },
    { issue_no: 2, member_id: 'b', unit: 1, used_at: 5, used_order: 'A-1' },
    { issue_no: 4, member_id: 'd', unit: 1, used_at: null, used_order: null },
  ]);
  const ledger = new SqlIssuanceLedger(db, flavour);
  t.equal(await ledger.revokedHolder(couponId, 3), 'c');
  const twice = { couponId: 8 as CouponId, epoch: 1, issuances: [issuance(1, 'a'), issuance(2, 'a~2')] };
  t.match(await ledger.record(twice), { inserted: 2 });
  await t.rejects(insertAsBefore(db, 5, 'a'), 'one row for each member and unit');
  await t.rejects(
    sql`insert into member_coupon (coupon_id, issue_no, member_id, issued_at) values (7, 0, 'z', 1)`.execute(
      db,
    ),
    'the checks are those of before',
  );
  await ledger.revoke(twice.couponId, 1, 1, 'a' as MemberId, 1);
  await ledger.revoke(twice.couponId, 1, 2, 'a~2' as HolderId, 1);
}
