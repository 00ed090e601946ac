/**
 * Lists the migrations of the schema, one code for every database. A migration that has been released is never edited.
 */
import { type Kysely, type Migration, sql } from 'kysely';
import { addChangeTokens, addDoorRules, createAudiences } from './door-migrations.js';
import { migrateIdentity } from './identity-migration.js';
import { addStamp, createInstallation } from '../installation.js';
import { addColumnOnce, createIndexOnce, mysqlTypes, sqliteTypes } from './migration-steps.js';
import { addDiscountCurrency, addQuantityHistory, createSessionEnds } from './account-migrations.js';
import { createEvents, createWebhooks } from './feed-migrations.js';
import {
  addHolds,
  addRedemptions,
  addTakenFrom,
  createServerKeys,
  indexOpenings,
} from './shop-migrations.js';
import type { SqlFlavour } from '../sql-flavour.js';
import { createSigningKeys } from '../sql-signing-keys.js';
import { addUnits } from './unit-migration.js';

/** Kysely's provider takes them in the order of their names. */
export function migrationsFor(flavour: SqlFlavour): Record<string, Migration> {
  return {
    '0001_first_tables': { up: (db) => createFirstTables(db, flavour) },
    '0002_locks_and_audit': { up: (db) => createLocksAndAudit(db, flavour) },
    '0003_presence': { up: (db) => addPresence(db, flavour) },
    '0010_identity': { up: (db) => migrateIdentity(db, flavour) },
    '0011_idempotency': { up: (db) => createIdempotency(db, flavour) },
    '0012_coupon_changes': { up: (db) => addCouponChanges(db, flavour) },
    '0020_redemptions': { up: (db) => addRedemptions(db, flavour) },
    '0021_server_keys': { up: (db) => createServerKeys(db, flavour) },
    '0030_events': { up: (db) => createEvents(db, flavour) },
    '0031_webhooks': { up: (db) => createWebhooks(db, flavour) },
    '0036_installation': { up: (db) => createInstallation(db, flavour) },
    '0045_coupon_list_indexes': { up: (db) => indexOpenings(db, flavour) },
    '0046_door_rules': { up: (db) => addDoorRules(db, flavour) },
    '0047_audiences': { up: (db) => createAudiences(db, flavour) },
    '0048_units': { up: (db) => addUnits(db, flavour) },
    '0049_holds': { up: (db) => addHolds(db, flavour) },
    '0050_session_ends': { up: (db) => createSessionEnds(db, flavour) },
    '0051_discount_currency': { up: (db) => addDiscountCurrency(db, flavour) },
    '0051_quantity_history': { up: (db) => addQuantityHistory(db, flavour) },
    '0052_signing_keys': { up: (db) => createSigningKeys(db, flavour) },
    '0053_installation_stamp': { up: (db) => addStamp(db, flavour) },
    '0054_taken_from': { up: (db) => addTakenFrom(db, flavour) },
    '0055_change_tokens': { up: (db) => addChangeTokens(db, flavour) },
  };
}

/** `if not exists` throughout: DDL of MySQL commits implicitly, so a start that died half-way is simply repeated. */
async function createFirstTables(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const generated = flavour.name === 'mysql' ? sql`bigint` : sql`integer`;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;
  // The key is the table: rows are stored in the order of their numbers, and inserts append.
  const keyedTable = flavour.name === 'mysql' ? table : sql`strict, without rowid`;

  await db.schema
    .createTable('coupon')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('seller_id', types.shortId, (column) => column.notNull())
    .addColumn('name', types.text, (column) => column.notNull())
    .addColumn('quantity', types.bigint, (column) => column.notNull())
    .addColumn('opens_at', types.bigint)
    .addColumn('closes_at', types.bigint)
    .addColumn('paused', types.flag, (column) => column.notNull())
    .addColumn('closed', types.flag, (column) => column.notNull())
    .addColumn('version', types.bigint, (column) => column.notNull())
    .addColumn('epoch', types.bigint, (column) => column.notNull())
    .addColumn('discount_type', types.word)
    .addColumn('discount_value', types.real)
    .addColumn('created_at', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'coupon', 'coupon_of_seller', ['seller_id', 'id']);

  await db.schema
    .createTable('member_coupon')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('issue_no', types.count, (column) => column.notNull())
    .addColumn('member_id', types.shortId, (column) => column.notNull())
    .addColumn('issued_at', types.bigint, (column) => column.notNull())
    .addColumn('used_at', types.bigint)
    .addPrimaryKeyConstraint('member_coupon_in_line', ['coupon_id', 'issue_no'])
    .addUniqueConstraint('one_per_member', ['member_id', 'coupon_id'])
    .addCheckConstraint('issue_no_counts_from_one', sql`issue_no > 0`)
    .addCheckConstraint('member_id_length', sql`length(member_id) between 1 and 64`)
    .modifyEnd(keyedTable)
    .execute();

  await db.schema
    .createTable('account')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('email', types.word, (column) => column.notNull())
    .addColumn('role', types.word, (column) => column.notNull())
    .addColumn('password_hash', types.text, (column) => column.notNull())
    .addColumn('created_at', types.bigint, (column) => column.notNull())
    .addUniqueConstraint('one_account_per_email', ['email'])
    .modifyEnd(table)
    .execute();

  await db.schema
    .createTable('dead_letter')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('issue_no', types.bigint, (column) => column.notNull())
    .addColumn('member_id', types.anyMemberId, (column) => column.notNull())
    .addColumn('issued_at', types.bigint, (column) => column.notNull())
    .addColumn('reason', types.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('dead_letter_of', ['coupon_id', 'issue_no', 'member_id'])
    .modifyEnd(keyedTable)
    .execute();

  await db.schema
    .createTable('revocation')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.notNull())
    .addColumn('issue_no', types.bigint, (column) => column.notNull())
    .addColumn('member_id', types.shortId, (column) => column.notNull())
    .addColumn('revoked_at', types.bigint, (column) => column.notNull())
    .addPrimaryKeyConstraint('revocation_of', ['coupon_id', 'issue_no'])
    .modifyEnd(keyedTable)
    .execute();
}

async function createLocksAndAudit(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const generated = flavour.name === 'mysql' ? sql`bigint` : sql`integer`;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await db.schema
    .createTable('access_lock')
    .ifNotExists()
    .addColumn('subject', types.shortId, (column) => column.primaryKey())
    .addColumn('locked', types.flag, (column) => column.notNull())
    .addColumn('revision', types.bigint, (column) => column.notNull())
    .addColumn('changed_at', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  await createIndexOnce(db, flavour, 'access_lock', 'access_lock_changes', ['revision']);
  // The counter of changes.
  const { rows } = await sql`select 1 from access_lock where subject = ''`.execute(db);
  if (rows.length === 0) await sql`insert into access_lock values ('', 0, 0, 0)`.execute(db);

  await db.schema
    .createTable('audit_log')
    .ifNotExists()
    .addColumn('id', generated, (column) => column.primaryKey().autoIncrement())
    .addColumn('at', types.bigint, (column) => column.notNull())
    .addColumn('actor_kind', types.word, (column) => column.notNull())
    .addColumn('actor_id', types.word, (column) => column.notNull())
    .addColumn('address', types.word, (column) => column.notNull())
    .addColumn('action', types.word, (column) => column.notNull())
    .addColumn('target', types.word, (column) => column.notNull())
    .addColumn('detail', types.json, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
}

async function addPresence(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await addColumnOnce(db, flavour, 'coupon', 'presence_required', types.flag);
  await addColumnOnce(db, flavour, 'coupon', 'presence_revision', types.bigint);
  await createIndexOnce(db, flavour, 'coupon', 'coupon_presence_changes', ['presence_revision']);

  await db.schema
    .createTable('change_counter')
    .ifNotExists()
    .addColumn('name', types.word, (column) => column.primaryKey())
    .addColumn('revision', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  const { rows } = await sql`select 1 from change_counter where name = 'coupon_presence'`.execute(db);
  if (rows.length === 0) await sql`insert into change_counter values ('coupon_presence', 0)`.execute(db);
}

async function createIdempotency(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const keyedTable =
    flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict, without rowid`;

  await db.schema
    .createTable('idempotency')
    .ifNotExists()
    .addColumn('seller_id', types.memberId, (column) => column.notNull())
    .addColumn('key', types.shortId, (column) => column.notNull())
    .addColumn('route', types.word, (column) => column.notNull())
    .addColumn('body_hash', types.shortId, (column) => column.notNull())
    .addColumn('target_id', types.bigint, (column) => column.notNull())
    .addColumn('at', types.bigint, (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_of', ['seller_id', 'key'])
    .modifyEnd(keyedTable)
    .execute();
  await createIndexOnce(db, flavour, 'idempotency', 'idempotency_age', ['at']);
}

async function addCouponChanges(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await addColumnOnce(db, flavour, 'coupon', 'revision', types.bigint);
  await addColumnOnce(db, flavour, 'coupon', 'changes_begun', types.bigint);
  await db.schema
    .createTable('coupon_change')
    .ifNotExists()
    .addColumn('coupon_id', types.bigint, (column) => column.primaryKey())
    .addColumn('change_no', types.bigint, (column) => column.notNull())
    .addColumn('taken', types.bigint, (column) => column.notNull())
    .addColumn('body', types.json, (column) => column.notNull())
    .addColumn('at', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
}
