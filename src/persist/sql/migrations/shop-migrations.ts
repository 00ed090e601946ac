/** Lists the migrations of what a shop needs around the drop. `migrations.ts` has their order. */
import { type Kysely, sql } from 'kysely';
import { KEY_CHANGES } from '../change-counter.js';
import { addColumnOnce, createIndexOnce, mysqlTypes, sqliteTypes } from './migration-steps.js';
import type { SqlFlavour } from '../sql-flavour.js';

export async function addRedemptions(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const keyedTable =
    flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict, without rowid`;

  for (const name of ['valid_until', 'valid_hours', 'valid_days']) {
    await addColumnOnce(db, flavour, 'coupon', name, types.bigint, true);
  }
  for (const name of ['valid_zone', 'on_cancel', 'redeem_by']) {
    await addColumnOnce(db, flavour, 'coupon', name, types.shortId, true);
  }
  await addColumnOnce(db, flavour, 'member_coupon', 'used_order', types.shortId, true);

  await db.schema
    .createTable('redemption')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('issue_no', types.count, (column) => column.notNull())
    .addColumn('order_id', types.shortId, (column) => column.notNull())
    .addColumn('redeemed_at', types.bigint, (column) => column.notNull())
    .addColumn('cancelled_at', types.bigint)
    .addColumn('actor_kind', types.word, (column) => column.notNull())
    .addColumn('actor_id', types.word, (column) => column.notNull())
    .addPrimaryKeyConstraint('redemption_of', ['coupon_id', 'issue_no', 'order_id'])
    .modifyEnd(keyedTable)
    .execute();
}

export async function createServerKeys(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const generated = flavour.name === 'mysql' ? sql`bigint` : sql`integer`;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await db.schema
    .createTable('server_key')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('seller_id', types.word, (column) => column.notNull())
    .addColumn('name', types.text, (column) => column.notNull())
    .addColumn('hash', types.memberId, (column) => column.notNull())
    .addColumn('scopes', types.word, (column) => column.notNull())
    .addColumn('created_at', types.bigint, (column) => column.notNull())
    .addColumn('expires_at', types.bigint)
    .addColumn('revoked_at', types.bigint)
    .addColumn('revision', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'server_key', 'server_key_of_seller', ['seller_id']);
  await createIndexOnce(db, flavour, 'server_key', 'server_key_changes', ['revision']);
  const { rows } = await sql`select 1 from change_counter where name = ${KEY_CHANGES}`.execute(db);
  if (rows.length === 0) await sql`insert into change_counter values (${KEY_CHANGES}, 0)`.execute(db);
}

/** For lists by opening, of all sellers and of one. `member_coupon` gets none: an index there costs the recorder with every row. */
export async function indexOpenings(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  await createIndexOnce(db, flavour, 'coupon', 'coupon_by_opening', ['opens_at', 'id']);
  await createIndexOnce(db, flavour, 'coupon', 'coupon_of_seller_by_opening', [
    'seller_id',
    'opens_at',
    'id',
  ]);
}

/** NULL in the rows that are there, whose numbers have events of their own. */
export async function addTakenFrom(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  await addColumnOnce(db, flavour, 'revocation', 'taken_from', types.bigint, true);
}

/** No index on `member_coupon`: holds become due in the order of its primary key. */
export async function addHolds(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;

  await addColumnOnce(db, flavour, 'coupon', 'hold_seconds', types.bigint, true);
  await createIndexOnce(db, flavour, 'coupon', 'coupon_with_holds', ['hold_seconds', 'id']);
  await addColumnOnce(db, flavour, 'member_coupon', 'confirmed_at', types.bigint, true);
  await addColumnOnce(db, flavour, 'member_coupon', 'confirm_order', types.shortId, true);
  await addColumnOnce(db, flavour, 'revocation', 'reason', types.shortId, true);
  await createIndexOnce(db, flavour, 'revocation', 'revocation_of_member', ['member_id', 'coupon_id']);
}
