/** Migrations of the feed of events. `migrations.ts` has their order. */
import { type Kysely, sql } from 'kysely';
import { addColumnOnce, createIndexOnce, mysqlTypes, sqliteTypes } from './migration-steps.js';
import type { SqlFlavour } from './sql-flavour.js';

export async function createEvents(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const generated = flavour.name === 'mysql' ? sql`bigint` : sql`integer`;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await addColumnOnce(db, flavour, 'revocation', 'issued_at', types.bigint, true);

  await db.schema
    .createTable('event_outbox')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('seller_id', types.memberId, (column) => column.notNull())
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('kind', types.shortId, (column) => column.notNull())
    .addColumn('issue_no', types.bigint)
    .addColumn('first_no', types.bigint)
    .addColumn('body', types.json, (column) => column.notNull())
    .addColumn('at', types.bigint, (column) => column.notNull())
    .addColumn('seq', types.bigint)
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'event_outbox', 'event_outbox_in_order', ['seller_id', 'seq']);
  await createIndexOnce(db, flavour, 'event_outbox', 'event_outbox_age', ['at']);

  await db.schema
    .createTable('event_feed')
    .ifNotExists()
    .addColumn('seller_id', types.memberId, (column) => column.primaryKey())
    .addColumn('seq', types.bigint, (column) => column.notNull())
    .addColumn('removed_seq', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();

  await db.schema
    .createTable('event_coupon')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.primaryKey())
    .addColumn('placed_no', types.bigint, (column) => column.notNull())
    .addColumn('sold_out_no', types.bigint, (column) => column.notNull())
    .addColumn('closed', types.flag, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
}
