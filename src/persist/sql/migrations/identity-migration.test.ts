/** Tests the migration of an older installation in which accounts and members share numbers. */
import { join } from 'node:path';
import { Kysely, Migrator } from 'kysely';
import t, { type Test } from 'tap';
import { startMariadb } from '../../../../test/servers/mariadb.js';
import { MEMBER_ID_LENGTH_MAX } from '../../../engine/domain/member-id.js';
import { SqliteThreadDialect } from '../../sqlite/sqlite-dialect.js';
import { SqliteThread } from '../../sqlite/sqlite-thread.js';
import { connectMysql } from '../connect-mysql.js';
import { migrateToLatest } from './migrate.js';
import { migrationsFor } from './migrations.js';
import type { Database } from '../schema.js';
import { mysqlFlavour, type SqlFlavour, sqliteFlavour } from '../sql-flavour.js';

const SIGNED_UP_MS = 1_000_000;
const BEFORE_MS = SIGNED_UP_MS - 1;
const AFTER_MS = SIGNED_UP_MS + 1;

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
  const before = await new Migrator({ db, provider }).migrateTo('0003_presence');
  t.equal(before.error, undefined);
  await fill(db);
  t.ok((await migrateToLatest(db, flavour)).includes('0010_identity'));

  const holders = async () =>
    (
      await db
        .selectFrom('member_coupon')
        .select(['issue_no', 'member_id', 'used_at'])
        .orderBy('issue_no')
        .execute()
    ).map((row) => [row.issue_no, row.member_id, row.used_at]);
  const expected = [
    [1, '1', null],
    [2, 'seonchak.account.2', AFTER_MS + 5],
    [3, '3', null],
    [4, 'm-7', null],
  ];
  t.same(await holders(), expected, 'only what a member account can have won becomes its own');
  const sellers = await db.selectFrom('coupon').select(['id', 'seller_id']).orderBy('id').execute();
  t.same(
    sellers.map((row) => row.seller_id),
    ['1', 'seonchak.account.1', 'shop'],
    'what was registered before the seller signed up is not its own',
  );
  const locks = await db
    .selectFrom('access_lock')
    .select(['subject', 'locked', 'revision'])
    .orderBy('revision')
    .execute();
  t.same(
    locks.filter(({ subject }) => subject !== ''),
    [
      { subject: '2', locked: 1, revision: 1 },
      { subject: 'seonchak.account.2', locked: 1, revision: 2 },
    ],
  );
  t.equal(locks.find(({ subject }) => subject === '')?.revision, 2, 'the counter has counted the new one');
  const audit = await db.selectFrom('audit_log').select(['actor_id', 'target']).orderBy('id').execute();
  t.same(audit, [
    { actor_id: '', target: 'account seonchak.account.1' },
    { actor_id: '1', target: 'coupon 1' },
    { actor_id: 'seonchak.account.1', target: 'coupon 2' },
  ]);

  const longest = 'x'.repeat(MEMBER_ID_LENGTH_MAX);
  const row = { coupon_id: 2, issued_at: AFTER_MS, used_at: null };
  await db
    .insertInto('member_coupon')
    .values({ ...row, issue_no: 5, member_id: longest })
    .execute();
  await db
    .insertInto('member_coupon')
    .values({ ...row, issue_no: 6, member_id: longest.toUpperCase() })
    .execute();
  for (const memberId of ['', `${longest}x`]) {
    await t.rejects(
      db
        .insertInto('member_coupon')
        .values({ ...row, issue_no: 7, member_id: memberId })
        .execute(),
      `${memberId.length} characters`,
    );
  }
  await all['0010_identity']?.up(db);
  t.same((await holders()).slice(0, 4), expected, 'it may be repeated');
}

async function fill(db: Kysely<Database>): Promise<void> {
  for (const [role, email] of [
    ['seller', 'seller@a.test'],
    ['member', 'member@a.test'],
  ] as const) {
    await db
      .insertInto('account')
      .values({ email, role, password_hash: 'x', created_at: SIGNED_UP_MS })
      .execute();
  }
  const coupon = {
    ...{
      name: 'x',
      quantity: 9,
      opens_at: null,
      closes_at: null,
      paused: 0,
      closed: 0,
      version: 1,
      epoch: 1,
    },
    ...{ discount_type: null, discount_value: null },
  };
  for (const [sellerId, atMs] of [
    ['1', BEFORE_MS],
    ['1', AFTER_MS],
    ['shop', AFTER_MS],
  ] as const) {
    await db
      .insertInto('coupon')
      .values({ ...coupon, seller_id: sellerId, created_at: atMs })
      .execute();
  }
  for (const [issueNo, memberId, atMs, usedAt] of [
    // A seller's account wins nothing: this is the shop's member of that number.
    [1, '1', AFTER_MS, null],
    [2, '2', AFTER_MS, AFTER_MS + 5],
    [3, '3', AFTER_MS, null],
    [4, 'm-7', AFTER_MS, null],
  ] as const) {
    await db
      .insertInto('member_coupon')
      .values({ coupon_id: 2, issue_no: issueNo, member_id: memberId, issued_at: atMs, used_at: usedAt })
      .execute();
  }
  await db
    .insertInto('access_lock')
    .values({ subject: '2', locked: 1, revision: 1, changed_at: AFTER_MS })
    .execute();
  await db.updateTable('access_lock').set({ revision: 1 }).where('subject', '=', '').execute();
  const entry = { address: '::1', detail: '{}' };
  await db
    .insertInto('audit_log')
    .values([
      {
        ...entry,
        at: SIGNED_UP_MS,
        actor_kind: 'anyone',
        actor_id: '',
        action: 'account_created',
        target: 'account 1',
      },
      {
        ...entry,
        at: BEFORE_MS,
        actor_kind: 'seller',
        actor_id: '1',
        action: 'coupon_registered',
        target: 'coupon 1',
      },
      {
        ...entry,
        at: AFTER_MS,
        actor_kind: 'seller',
        actor_id: '1',
        action: 'coupon_registered',
        target: 'coupon 2',
      },
    ])
    .execute();
}
