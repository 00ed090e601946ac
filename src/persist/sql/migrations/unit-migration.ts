/**
 * Migrates to units: a member may hold several issuances of one coupon, each under a unit of its own (docs/adr/0087).
 *
 * Both keys hold between the two steps, and every row is of unit 1 until all processes know units. So servers of the previous version continue
 * to record meanwhile. On MySQL and MariaDB the columns are instant, and the index is built in place while rows are written: minutes for
 * ten million rows. Every step may be repeated.
 */
import { type Kysely, sql } from 'kysely';
import { hasColumn, hasIndex } from './migration-steps.js';
import type { SqlFlavour } from '../sql-flavour.js';

const NEW_KEY = 'one_per_unit';
const OLD_KEY = 'one_per_member';

export async function addUnits(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  if (flavour.name === 'sqlite') {
    await finishRebuild(db);
    await addUnitColumns(db, flavour);
    await rebuildWithNewKey(db);
    return;
  }
  await addUnitColumns(db, flavour);
  if (!(await hasIndex(db, 'member_coupon', NEW_KEY))) {
    await sql`
      alter table member_coupon add unique index ${sql.ref(NEW_KEY)} (member_id, coupon_id, unit),
        algorithm = inplace, lock = none`.execute(db);
  }
  if (await hasIndex(db, 'member_coupon', OLD_KEY)) {
    await sql`
      alter table member_coupon drop index ${sql.ref(OLD_KEY)}, algorithm = inplace, lock = none`.execute(db);
  }
}

async function addUnitColumns(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const type = flavour.name === 'mysql' ? sql`tinyint unsigned` : sql`integer`;
  for (const table of ['member_coupon', 'revocation']) {
    if (await hasColumn(db, flavour, table, 'unit')) continue;
    await db.schema
      .alterTable(table)
      .addColumn('unit', type, (column) => column.notNull().defaultTo(1))
      .execute();
  }
}

const REBUILT = 'member_coupon_rebuilt';

/** SQLite cannot drop a constraint: the table is copied under its own text with the other key. */
async function rebuildWithNewKey(db: Kysely<unknown>): Promise<void> {
  const text = await textOf(db, 'member_coupon');
  if (text === undefined || text.includes(NEW_KEY)) return;
  const rebuilt = text
    .replace(/"?member_coupon"?/, REBUILT)
    .replace(/"?one_per_member"? unique \([^)]*\)/, `${NEW_KEY} unique (member_id, coupon_id, unit)`);
  await sql`drop table if exists ${sql.table(REBUILT)}`.execute(db);
  await sql.raw(rebuilt).execute(db);
  await sql`insert into ${sql.table(REBUILT)} select * from member_coupon`.execute(db);
  await sql`drop table member_coupon`.execute(db);
  await finishRebuild(db);
}

/** The copy is complete once the table itself is removed. */
async function finishRebuild(db: Kysely<unknown>): Promise<void> {
  if ((await textOf(db, 'member_coupon')) !== undefined || (await textOf(db, REBUILT)) === undefined) return;
  await sql`alter table ${sql.table(REBUILT)} rename to member_coupon`.execute(db);
}

async function textOf(db: Kysely<unknown>, table: string): Promise<string | undefined> {
  const { rows } = await sql<{ sql: string }>`
    select sql from sqlite_schema where type = 'table' and name = ${table}`.execute(db);
  return rows[0]?.sql;
}
