import { join } from 'node:path';
import { Kysely } from 'kysely';
import t, { type Test } from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { IDEMPOTENCY_KEPT_MS, type KeyedRequest } from '../../engine/ports/idempotency.js';
import { SqliteThreadDialect } from '../sqlite/sqlite-dialect.js';
import { SqliteThread } from '../sqlite/sqlite-thread.js';
import { connectMysql } from './connect-mysql.js';
import { faultOf } from './error-classes.js';
import { findKey, freeKey, removeExpiredKeys, takeKey } from './idempotency-keys.js';
import { migrateToLatest } from './migrations/migrate.js';
import type { Database } from './schema.js';
import { mysqlFlavour, sqliteFlavour } from './sql-flavour.js';

const NOW_MS = Date.UTC(2026, 10, 22);
const first: KeyedRequest = {
  sellerId: 'seller-1',
  key: 'order-7',
  route: 'POST /v1/coupons/42/top-up',
  bodyHash: 'a'.repeat(64),
  atMs: NOW_MS,
};

const server = await startMariadb();
t.teardown(() => server.stop());

t.test('MariaDB', async (t) => {
  const db = connectMysql(server.url, { connections: 2 });
  t.teardown(() => db.destroy());
  await migrateToLatest(db, mysqlFlavour);
  keysAreKept(t, db);
});

t.test('SQLite', async (t) => {
  const thread = await SqliteThread.open(join(t.testdir(), 'keys.sqlite'));
  t.teardown(() => thread.close());
  const db = new Kysely<Database>({ dialect: new SqliteThreadDialect(thread) });
  await migrateToLatest(db, sqliteFlavour);
  keysAreKept(t, db);
});

function keysAreKept(t: Test, db: Kysely<Database>): void {
  const take = (request: KeyedRequest, targetId: number): Promise<void> =>
    db.transaction().execute((transaction) => takeKey(transaction, request, targetId));

  t.test('a repeat finds the target of the first request', async (t) => {
    t.equal(await findKey(db, first), undefined);
    await take(first, 42);
    t.same(await findKey(db, { ...first, atMs: NOW_MS + 5_000 }), { targetId: 42 });
  });

  t.test('another body, another route and another case are other requests', async (t) => {
    t.equal(await findKey(db, { ...first, bodyHash: 'b'.repeat(64) }), 'reused');
    t.equal(await findKey(db, { ...first, route: 'POST /v1/coupons' }), 'reused');
    t.equal(await findKey(db, { ...first, key: 'ORDER-7' }), undefined);
    t.equal(await findKey(db, { ...first, sellerId: 'seller-2' }), undefined, 'keys belong to one seller');
  });

  t.test('of two requests with one key the second does not get it', async (t) => {
    const refused = await take({ ...first, bodyHash: 'b'.repeat(64) }, 43).catch(faultOf);
    t.equal(refused, 'duplicate');
    t.same(await findKey(db, first), { targetId: 42 });
  });

  t.test('a key is free again when its request took no effect, and after a day', async (t) => {
    await freeKey(db, first);
    t.equal(await findKey(db, first), undefined);
    await take(first, 44);
    const nextDay = { ...first, atMs: NOW_MS + IDEMPOTENCY_KEPT_MS };
    t.equal(await findKey(db, nextDay), undefined);
    await take(nextDay, 45);
    t.same(await findKey(db, nextDay), { targetId: 45 });
    await removeExpiredKeys(db, nextDay.atMs + IDEMPOTENCY_KEPT_MS - 1);
    t.same(await findKey(db, nextDay), { targetId: 45 }, 'one that may be repeated stays');
    await removeExpiredKeys(db, nextDay.atMs + IDEMPOTENCY_KEPT_MS);
    t.same(await db.selectFrom('idempotency').selectAll().execute(), []);
  });
}
