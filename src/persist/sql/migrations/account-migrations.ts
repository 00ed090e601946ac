/** Lists the migrations of accounts and of what coupons show to visitors. `migrations.ts` has their order. */
import { type Kysely, sql } from 'kysely';
import { SESSION_ENDS } from '../change-counter.js';
import { addColumnOnce, createIndexOnce, mysqlTypes, sqliteTypes } from './migration-steps.js';
import type { SqlFlavour } from '../sql-flavour.js';

/** Amounts registered before have none, and are shown in the default currency. */
export async function addDiscountCurrency(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  await addColumnOnce(db, flavour, 'coupon', 'discount_currency', types.word, true);
}

export async function addQuantityHistory(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  await addColumnOnce(db, flavour, 'coupon', 'quantities', types.json, true);
}

export async function createSessionEnds(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await db.schema
    .createTable('session_end')
    .ifNotExists()
    .addColumn('subject', types.shortId, (column) => column.primaryKey())
    .addColumn('generation', types.bigint, (column) => column.notNull())
    .addColumn('ended_at', types.bigint, (column) => column.notNull())
    .addColumn('revision', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'session_end', 'session_end_changes', ['revision']);
  const { rows } = await sql`select 1 from change_counter where name = ${SESSION_ENDS}`.execute(db);
  if (rows.length === 0) await sql`insert into change_counter values (${SESSION_ENDS}, 0)`.execute(db);

  await db.schema
    .createTable('password_reset')
    .ifNotExists()
    .addColumn('account_id', types.bigint, (column) => column.primaryKey())
    .addColumn('hash', types.shortId, (column) => column.notNull())
    .addColumn('expires_at', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'password_reset', 'password_reset_by_hash', ['hash']);

  await addColumnOnce(db, flavour, 'coupon', 'image', types.text, true);
  await addColumnOnce(db, flavour, 'coupon', 'description', types.text, true);
}
