/** Tests that followers of changes share one query, read nothing where nothing changed, and miss nothing. */
import { join } from 'node:path';
import { Kysely } from 'kysely';
import t, { type Test } from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { SqliteThreadDialect } from '../sqlite/sqlite-dialect.js';
import { SqliteThread } from '../sqlite/sqlite-thread.js';
import { KEY_CHANGES, nextRevision } from './change-counter.js';
import { ChangeHeads, FollowedTable } from './change-heads.js';
import { connectMysql } from './connect-mysql.js';
import { migrateToLatest } from './migrate.js';
import type { Database } from './schema.js';
import { mysqlFlavour, sqliteFlavour } from './sql-flavour.js';
import { inTransaction } from './transaction.js';

t.test('MariaDB', async (t) => {
  const server = await startMariadb();
  t.teardown(() => server.stop());
  const db = connectMysql(server.url, { connections: 1, timeoutMs: 60_000 });
  t.teardown(() => db.destroy());
  await migrateToLatest(db, mysqlFlavour);
  await follows(t, db);
});

t.test('SQLite', async (t) => {
  const thread = await SqliteThread.open(join(t.testdir(), 'seonchak.db'));
  t.teardown(() => thread.close());
  const db = new Kysely<Database>({ dialect: new SqliteThreadDialect(thread) });
  await migrateToLatest(db, sqliteFlavour);
  await follows(t, db);
});

async function follows(t: Test, db: Kysely<Database>): Promise<void> {
  const heads = new ChangeHeads(db);
  const followed = new FollowedTable(heads, KEY_CHANGES);
  /** What the table holds; the counter alone decides whether it is read. */
  const rows: { readonly revision: number }[] = [];
  const readsAfter: number[] = [];
  const after = (revision: number, limit = 2) =>
    followed.after(revision, limit, () => {
      readsAfter.push(revision);
      return Promise.resolve(rows.filter((row) => row.revision > revision).slice(0, limit));
    });
  const change = async (): Promise<void> => {
    const revision = await inTransaction(db, (transaction) => nextRevision(transaction, KEY_CHANGES));
    rows.push({ revision });
  };

  await t.test('who asks in one turn shares a query, who asks later does not', async (t) => {
    const [first, second] = [heads.read(), heads.read()];
    t.equal(first, second);
    await first;
    t.not(heads.read(), first);
  });

  await t.test('where nothing changed nothing is read', async (t) => {
    t.same(await after(0), []);
    t.same(await after(0), []);
    t.same(readsAfter.splice(0), [0], 'once, at first');
  });

  await t.test('a change is read once, and a full page is followed by another', async (t) => {
    await change();
    t.same(await after(0), [{ revision: 1 }]);
    t.same(await after(1), []);
    t.same(readsAfter.splice(0), [0]);
    await change();
    await change();
    t.same(await after(1), [{ revision: 2 }, { revision: 3 }]);
    t.same(await after(3), [], 'there might have been more');
    t.same(await after(3), []);
    t.same(readsAfter.splice(0), [1, 3]);
  });

  await t.test('another follower, who knows less, is answered from the start', async (t) => {
    t.same(await after(0, 9), [{ revision: 1 }, { revision: 2 }, { revision: 3 }]);
    t.same(readsAfter.splice(0), [0]);
  });

  await t.test('a counter that is behind, as in a restored database, is a change', async (t) => {
    await after(3);
    readsAfter.length = 0;
    await db.updateTable('change_counter').set({ revision: 1 }).where('name', '=', KEY_CHANGES).execute();
    t.same(await after(3), []);
    t.same(readsAfter.splice(0), [3]);
  });
}
