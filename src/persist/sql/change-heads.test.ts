/** Tests that followers of changes share one query, and that a database that lost changes is followed anew. */
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import t, { type Test } from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { AccessLocks } from '../../accounts/access-locks.js';
import { accountIdOf } from '../../accounts/account-id.js';
import { AudienceSource } from '../../accounts/audience-source.js';
import { continues, isPlaceAt, placeAt } from '../../accounts/change-history.js';
import { DoorRules } from '../../accounts/door-rules.js';
import { newKeyText, ServerKeys } from '../../accounts/server-keys.js';
import { SessionEnds } from '../../accounts/session-ends.js';
import type { AuditAction, AuditEntry } from '../../engine/ports/audit-log.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { newCoupon } from '../../engine/testing/contracts/new-coupon.js';
import { SqliteThreadDialect } from '../sqlite/sqlite-dialect.js';
import { SqliteThread } from '../sqlite/sqlite-thread.js';
import { KEY_CHANGES, nextRevision } from './change-counter.js';
import { ChangeHeads } from './change-heads.js';
import { connectMysql } from './connect-mysql.js';
import { databaseStores } from './database-stores.js';
import { migrateToLatest } from './migrations/migrate.js';
import type { Database } from './schema.js';
import { mysqlFlavour, sqliteFlavour, type SqlFlavour } from './sql-flavour.js';
import { inTransaction } from './transaction.js';

t.test('MariaDB', async (t) => {
  const server = await startMariadb();
  t.teardown(() => server.stop());
  const db = connectMysql(server.url, { connections: 4, timeoutMs: 60_000 });
  t.teardown(() => db.destroy());
  await migrateToLatest(db, mysqlFlavour);
  await follows(t, db, mysqlFlavour);
});

t.test('SQLite', async (t) => {
  const thread = await SqliteThread.open(join(t.testdir(), 'seonchak.db'));
  t.teardown(() => thread.close());
  const db = new Kysely<Database>({ dialect: new SqliteThreadDialect(thread) });
  await migrateToLatest(db, sqliteFlavour);
  await follows(t, db, sqliteFlavour);
});

const TABLES = [
  ...(['change_counter', 'access_lock', 'server_key', 'session_end', 'coupon', 'audience'] as const),
  'audience_member' as const,
];

/** @returns what puts the tables back, as a failover to a server that did not receive the changes since. */
async function snapshot(db: Kysely<Database>): Promise<() => Promise<void>> {
  const saved = new Map<(typeof TABLES)[number], object[]>();
  for (const table of TABLES) saved.set(table, await db.selectFrom(table).selectAll().execute());
  return async () => {
    for (const [table, rows] of saved) {
      await sql`delete from ${sql.table(table)}`.execute(db);
      for (const row of rows)
        await db
          .insertInto(table)
          .values(row as never)
          .execute();
    }
  };
}

async function follows(t: Test, db: Kysely<Database>, flavour: SqlFlavour): Promise<void> {
  await t.test('who asks in one turn shares a query, who asks later does not', async (t) => {
    const heads = new ChangeHeads(db);
    const [first, second] = [heads.read(), heads.read()];
    t.equal(first, second);
    await first;
    t.not(heads.read(), first);
  });

  await t.test('a head has the tokens of the changes before it, and not of lost ones', async (t) => {
    const heads = new ChangeHeads(db);
    const change = () => inTransaction(db, (transaction) => nextRevision(transaction, KEY_CHANGES));
    const start = await heads.of(KEY_CHANGES);
    t.equal(continues(start, placeAt(start)), true, 'the migration gives the first token');
    const lose = await snapshot(db);
    for (let changes = 0; changes < 3; changes += 1) await change();
    const lost = await heads.of(KEY_CHANGES);
    t.equal(lost.revision, start.revision + 3);
    t.equal(continues(lost, placeAt(start)), true);
    await lose();
    t.equal(continues(await heads.of(KEY_CHANGES), placeAt(lost)), false, 'below');
    for (let changes = 0; changes < 3; changes += 1) await change();
    const again = await heads.of(KEY_CHANGES);
    t.equal(again.revision, lost.revision);
    t.equal(isPlaceAt(again, placeAt(lost)), false, 'the same revision');
    for (let changes = 0; changes < 3; changes += 1) await change();
    t.equal(continues(await heads.of(KEY_CHANGES), placeAt(lost)), false, 'above');
    t.equal(continues(await heads.of(KEY_CHANGES), placeAt(start)), true);
  });

  for (const more of [0, 1, 2])
    await t.test(`no follower misses a change after a failover that lost two, ${more} more`, (t) =>
      survivesLoss(t, databaseStores(db, flavour), () => snapshot(db), more),
    );
}

const actor = { kind: 'operator', id: 'o', address: 'host' } as const;
const entry = (action: AuditAction): AuditEntry => ({
  atMs: Date.now(),
  actor,
  action,
  target: 'x',
  detail: {},
});

/** Each follower reads two changes that are lost; then as many changes get their revisions, and `more`. */
async function survivesLoss(
  t: Test,
  stores: ReturnType<typeof databaseStores>,
  save: () => Promise<() => Promise<void>>,
  more: number,
): Promise<void> {
  const { locks, serverKeys, sessionEnds, doorRules, audiences, accounts, catalogue } = stores;
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const scheduler = { every: () => () => undefined, pause: () => Promise.resolve() };
  const ports = { clock, scheduler, onFault: (fault: unknown) => t.fail(String(fault)) };
  const followers = {
    locks: new AccessLocks({ locks, ...ports }),
    keys: new ServerKeys({ serverKeys, ...ports }),
    ends: new SessionEnds({ sessionEnds, ...ports }),
    rules: new DoorRules({ doorRules, ...ports }),
    lists: new AudienceSource(audiences),
  };

  const name = (text: string): MemberId => `${text}-${more}-${Math.random()}` as MemberId;
  const makeKey = async () => {
    const key = { sellerId: name('s'), name: 'k', scopes: ['read'] as const, expiresAtMs: undefined };
    const made = await serverKeys.create(key, Date.now(), newKeyText, () => entry('key_created'));
    if (typeof made === 'string') throw new Error(made);
    return made;
  };
  const lock = async (): Promise<MemberId> => {
    const subject = name('m');
    await locks.set(subject, true, entry('account_locked'));
    return subject;
  };
  const signUp = async () => {
    const email = `${name('a')}@example.com`;
    const account = await accounts.insert({ email, role: 'member', passwordHash: 'x', createdAtMs: 1 });
    return account?.id ?? 0;
  };
  const endSessions = async (id: number): Promise<string> => {
    await accounts.changePassword(id, 'y', entry('password_changed'));
    return accountIdOf(id);
  };
  const register = async () => (await catalogue.insert(newCoupon({ door: { presence: true } }))).couponId;
  const { couponId: listed } = await catalogue.insert(newCoupon());
  const add = (memberId: MemberId) => audiences.change(listed, { add: [memberId], remove: [] }, 99);

  const [revoked, other] = [await makeKey(), await makeKey()];
  const ids = [
    await signUp(),
    await signUp(),
    await signUp(),
    await signUp(),
    await signUp(),
    await signUp(),
  ];
  await add(name('m'));
  await followers.locks.start(() => undefined);
  await followers.ends.start(() => undefined);
  await Promise.all([followers.keys.start(), followers.rules.start()]);
  const refresh = () =>
    Promise.all([
      ...[followers.locks.refresh(), followers.keys.refresh()],
      ...[followers.ends.refresh(), followers.rules.refresh()],
    ]);

  const fail = await save();
  const lostLocks = [await lock(), await lock()];
  await makeKey();
  await makeKey();
  for (const id of ids.slice(0, 2)) await endSessions(id);
  const lostCoupons = [await register(), await register()];
  await add(name('m'));
  await add(name('m'));
  await refresh();
  const { place } = await followers.lists.state(listed);
  t.ok(followers.locks.has(lostLocks[0] ?? ''));

  await fail();
  const locked: MemberId[] = [];
  const ended: string[] = [];
  const ruled: number[] = [];
  await serverKeys.revoke(revoked.key.id, undefined, entry('key_revoked'));
  for (let change = 0; change < 2 + more; change += 1) {
    locked.push(await lock());
    ended.push(await endSessions(ids[2 + change] ?? 0));
    ruled.push(await register());
    if (change > 0) await makeKey();
    await add(name('m'));
  }
  const { changes, stale } = await followers.lists.changes(new Map([[listed, place]]));
  t.same([changes, stale], [[], [listed]]);
  await refresh();
  t.equal(followers.keys.verify(revoked.text), undefined, 'a revoked key');
  t.ok(followers.keys.verify(other.text));
  for (const subject of locked) t.ok(followers.locks.has(subject), 'a lock');
  for (const subject of lostLocks) t.notOk(followers.locks.has(subject), 'a lost lock');
  for (const subject of ended) t.ok(followers.ends.isOver(subject, 0), 'an end of sessions');
  for (const id of ids.slice(0, 2)) t.notOk(followers.ends.isOver(accountIdOf(id), 0), 'a lost end');
  for (const id of ruled) t.same(followers.rules.ruleOf(id as never), { presence: true }, 'a rule');
  for (const id of lostCoupons.filter((id) => !ruled.includes(id)))
    t.equal(followers.rules.ruleOf(id), undefined, 'a lost rule');
}
