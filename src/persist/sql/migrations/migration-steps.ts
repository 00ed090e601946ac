/** Builds migrations: column types by database, and steps that may be repeated. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { MEMBER_ID_LENGTH_MAX } from '../../../engine/domain/member-id.js';
import type { SqlFlavour } from '../sql-flavour.js';

type ColumnKind =
  'bigint' | 'count' | 'flag' | 'real' | 'shortId' | 'memberId' | 'anyMemberId' | 'word' | 'text' | 'json';

/** Ids are compared byte by byte: `A` and `a` are two members. Names are free text. */
export const mysqlTypes: Record<ColumnKind, RawBuilder<unknown>> = {
  bigint: sql`bigint`,
  count: sql`int unsigned`,
  flag: sql`tinyint`,
  real: sql`double`,
  shortId: sql`varchar(64) character set ascii collate ascii_bin`,
  memberId: sql`varchar(${sql.lit(MEMBER_ID_LENGTH_MAX)}) character set ascii collate ascii_bin`,
  anyMemberId: sql`varchar(255) character set utf8mb4 collate utf8mb4_bin`,
  word: sql`varchar(255) character set utf8mb4 collate utf8mb4_bin`,
  text: sql`varchar(500) character set utf8mb4`,
  json: sql`varchar(4000) character set utf8mb4`,
};

/** SQLite's STRICT tables know few types; the lengths that matter are CHECKs. */
export const sqliteTypes: Record<ColumnKind, RawBuilder<unknown>> = {
  bigint: sql`integer`,
  count: sql`integer`,
  flag: sql`integer`,
  real: sql`real`,
  shortId: sql`text`,
  memberId: sql`text`,
  anyMemberId: sql`text`,
  word: sql`text`,
  text: sql`text`,
  json: sql`text`,
};

/** A number that is 0 in the rows that are there, or NULL there where it is `nullable`: then the largest table takes no time. Of the databases only MariaDB has `add column if not exists`. */
export async function addColumnOnce(
  db: Kysely<unknown>,
  flavour: SqlFlavour,
  table: string,
  name: string,
  type: RawBuilder<unknown>,
  nullable = false,
): Promise<void> {
  if (await hasColumn(db, flavour, table, name)) return;
  await db.schema
    .alterTable(table)
    .addColumn(name, type as RawBuilder<never>, (column) =>
      nullable ? column : column.notNull().defaultTo(0),
    )
    .execute();
}

export async function hasColumn(
  db: Kysely<unknown>,
  flavour: SqlFlavour,
  table: string,
  name: string,
): Promise<boolean> {
  const { rows } =
    flavour.name === 'mysql'
      ? await sql`
          select 1 from information_schema.columns
          where table_schema = database() and table_name = ${table} and column_name = ${name}`.execute(db)
      : await sql`select 1 from pragma_table_info(${table}) where name = ${name}`.execute(db);
  return rows.length > 0;
}

/** MySQL has no `create index if not exists`. */
export async function createIndexOnce(
  db: Kysely<unknown>,
  flavour: SqlFlavour,
  table: string,
  name: string,
  columns: string[],
): Promise<void> {
  if (flavour.name === 'mysql' && (await hasIndex(db, table, name))) return;
  let index = db.schema.createIndex(name).on(table).columns(columns);
  if (flavour.name === 'sqlite') index = index.ifNotExists();
  await index.execute();
}

/** On MySQL and MariaDB. */
export async function hasIndex(db: Kysely<unknown>, table: string, name: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from information_schema.statistics
    where table_schema = database() and table_name = ${table} and index_name = ${name} limit 1`.execute(db);
  return rows.length > 0;
}
