/** Lists the migrations of door rules. `migrations.ts` has their order. */
import { type Kysely, sql } from 'kysely';
import { TOKEN_LENGTH, TOKENS_MAX } from '../../../accounts/change-history.js';
import { COUNTER_SUBJECT, DOOR_CHANGES, newToken } from '../change-counter.js';
import { addColumnOnce, createIndexOnce, hasColumn, mysqlTypes, sqliteTypes } from './migration-steps.js';
import type { SqlFlavour } from '../sql-flavour.js';

/** As processes of the previous version knew the counter of presence demands. */
const PRESENCE_CHANGES = 'coupon_presence';

/**
 * Turns demands for presence into door rules.
 *
 * The column of demands is renamed before it is read and removed afterwards. So a process of the previous version that is still running fails to
 * register or amend a coupon from then on; it can leave no demand that newer processes overlook. Its downloads continue, under the demands it knows.
 */
export async function addDoorRules(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  await addColumnOnce(db, flavour, 'coupon', 'door', types.json, true);
  await addColumnOnce(db, flavour, 'coupon', 'door_revision', types.bigint);
  await createIndexOnce(db, flavour, 'coupon', 'coupon_door_changes', ['door_revision']);

  if (await hasColumn(db, flavour, 'coupon', 'presence_required')) {
    await db.schema.alterTable('coupon').renameColumn('presence_required', 'presence_before').execute();
  }
  if (await hasColumn(db, flavour, 'coupon', 'presence_before')) {
    await sql`
      update coupon set door = '{"presence":true}', door_revision = presence_revision
      where presence_before = 1 and door is null`.execute(db);
    await moveUnsettledDemands(db);
    await db.schema.alterTable('coupon').dropColumn('presence_before').execute();
  }
  if (flavour.name === 'mysql') {
    // A change may name a rule of 4,000 characters, and the audit entry names it again.
    await sql`alter table coupon_change modify column body mediumtext character set utf8mb4 not null`.execute(
      db,
    );
  }
  const { rows } = await sql`select 1 from change_counter where name = ${DOOR_CHANGES}`.execute(db);
  if (rows.length === 0) {
    await sql`update change_counter set name = ${DOOR_CHANGES} where name = ${PRESENCE_CHANGES}`.execute(db);
  }
  if (await hasColumn(db, flavour, 'coupon', 'presence_revision')) {
    // MySQL removes the index of a column with the column.
    if (flavour.name === 'sqlite') await db.schema.dropIndex('coupon_presence_changes').ifExists().execute();
    await db.schema.alterTable('coupon').dropColumn('presence_revision').execute();
  }
}

export async function createAudiences(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;
  // The key is the table: a list is read in the order of its members.
  const keyedTable = flavour.name === 'mysql' ? table : sql`strict, without rowid`;

  await db.schema
    .createTable('audience')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.primaryKey())
    .addColumn('members', types.count, (column) => column.notNull())
    .addColumn('revision', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await db.schema
    .createTable('audience_member')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('member_id', types.memberId, (column) => column.notNull())
    .addColumn('revision', types.bigint, (column) => column.notNull())
    .addColumn('removed', types.flag, (column) => column.notNull())
    .addPrimaryKeyConstraint('audience_member_of', ['coupon_id', 'member_id'])
    .modifyEnd(keyedTable)
    .execute();
  await createIndexOnce(db, flavour, 'audience_member', 'audience_changes', ['coupon_id', 'revision']);
}

/** Changes that a process of the previous version has stored and not settled. */
async function moveUnsettledDemands(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ coupon_id: number; body: string }>`
    select coupon_id, body from coupon_change where body like '%"presenceRequired"%'`.execute(db);
  for (const row of rows) {
    const { presenceRequired, ...body } = JSON.parse(row.body) as { readonly presenceRequired?: boolean };
    if (presenceRequired === undefined) continue;
    const moved = JSON.stringify({ ...body, door: { presence: presenceRequired ? true : null } });
    await sql`update coupon_change set body = ${moved} where coupon_id = ${row.coupon_id}`.execute(db);
  }
}

/** The first token is that of whatever change was the last: without it a follower would read everything at each poll. */
export async function addChangeTokens(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const type =
    flavour.name === 'mysql'
      ? sql`varchar(${sql.lit(TOKEN_LENGTH * TOKENS_MAX)}) character set ascii collate ascii_bin`
      : sqliteTypes.text;
  for (const table of ['change_counter', 'access_lock', 'audience'])
    await addColumnOnce(db, flavour, table, 'recent', type, true);
  await sql`update change_counter set recent = ${newToken()} where recent is null`.execute(db);
  await sql`update audience set recent = ${newToken()} where recent is null`.execute(db);
  await sql`
    update access_lock set recent = ${newToken()} where subject = ${COUNTER_SUBJECT} and recent is null`.execute(
    db,
  );
}
