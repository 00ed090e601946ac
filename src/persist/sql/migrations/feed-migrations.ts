/** Lists the migrations of the feed of events. `migrations.ts` has their order. */
import { type Kysely, sql } from 'kysely';
import { addColumnOnce, createIndexOnce, mysqlTypes, sqliteTypes } from './migration-steps.js';
import type { SqlFlavour } from '../sql-flavour.js';

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

export async function createWebhooks(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const generated = flavour.name === 'mysql' ? sql`bigint` : sql`integer`;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await db.schema
    .createTable('webhook')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('seller_id', types.memberId, (column) => column.notNull())
    .addColumn('url', types.json, (column) => column.notNull())
    .addColumn('secret', types.word, (column) => column.notNull())
    .addColumn('kinds', types.word, (column) => column.notNull())
    .addColumn('coupon_ids', types.json)
    .addColumn('state', types.shortId, (column) => column.notNull())
    .addColumn('created_at', types.bigint, (column) => column.notNull())
    .addColumn('position_seq', types.bigint, (column) => column.notNull())
    .addColumn('position_no', types.bigint)
    .addColumn('sending_seq', types.bigint)
    .addColumn('sending_no', types.bigint)
    .addColumn('attempts', types.bigint, (column) => column.notNull())
    .addColumn('failing_since', types.bigint)
    .addColumn('next_at', types.bigint, (column) => column.notNull())
    .addColumn('leased_by', types.shortId)
    .addColumn('leased_until', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'webhook', 'webhook_of_seller', ['seller_id']);

  await db.schema
    .createTable('webhook_replay')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('webhook_id', types.bigint, (column) => column.notNull())
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('next_no', types.bigint, (column) => column.notNull())
    .addColumn('last_no', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'webhook_replay', 'webhook_replay_of', ['webhook_id']);

  await db.schema
    .createTable('webhook_delivery')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('webhook_id', types.bigint, (column) => column.notNull())
    .addColumn('message_id', types.word, (column) => column.notNull())
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('events', types.bigint, (column) => column.notNull())
    .addColumn('at', types.bigint, (column) => column.notNull())
    .addColumn('duration_ms', types.bigint, (column) => column.notNull())
    .addColumn('status', types.bigint)
    .addColumn('result', types.shortId, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'webhook_delivery', 'webhook_delivery_of', ['webhook_id']);
}
