/**
 * Names the installation that the tables belong to, and marks the birth of each coupon (docs/adr/0062).
 *
 * Ids of coupons come from the database. After a restore, or a failover that missed the last inserts, the same id is given again, so the id alone
 * does not show whether the coupon in Redis is the one in the table.
 */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { CouponId } from '../../engine/domain/coupon.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { addColumnOnce, mysqlTypes, sqliteTypes } from './migrations/migration-steps.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading, writing } from './transaction.js';

export interface Installation {
  readonly name: string;
  /** Id of the last coupon in the catalogue; 0 without coupons. */
  readonly highestCouponId: number;
  /** What the running processes renew (docs/adr/0055). */
  readonly stamp: string;
}

/** Stamp of tables that no process has used since the column was added. */
const FIRST_STAMP = '0.';

/** Short, because every script compares it; letters and digits, so that it may be part of the marker of a key. */
const newName = (): string => randomBytes(4).toString('hex');

/** Unlikely enough for two coupons of one id, of which there are as many as restores. */
export const newBirth = (): string => randomBytes(4).toString('hex');

/** @throws StoreUnavailableError, also where the tables are not migrated. */
export async function readInstallation(db: Kysely<Database>): Promise<Installation> {
  const row = await reading(() =>
    db
      .selectFrom('installation')
      .select([
        ...(['name', 'stamp'] as const),
        (row) =>
          row
            .selectFrom('coupon')
            .select(sql<number | null>`max(id)`.as('id'))
            .as('highest'),
      ])
      .executeTakeFirst(),
  );
  if (row === undefined)
    throw new StoreCorruptError('The table installation is empty; restore its row from a backup.');
  return { name: row.name, highestCouponId: row.highest ?? 0, stamp: row.stamp ?? FIRST_STAMP };
}

/**
 * @returns whether the tables still had `from`.
 * @throws StoreUnavailableError, StoreOutcomeUnknownError.
 */
export async function renewStamp(db: Kysely<Database>, from: string, to: string): Promise<boolean> {
  const { numUpdatedRows } = await writing(() =>
    db
      .updateTable('installation')
      .set({ stamp: to })
      .where((row) => row(row.fn.coalesce('stamp', sql.lit(FIRST_STAMP)), '=', from))
      .executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}

/** Raises the number of the coupon's last change; never lowers it. @throws StoreUnavailableError, StoreOutcomeUnknownError. */
export async function raiseChanges(db: Kysely<Database>, couponId: CouponId, atLeast: number): Promise<void> {
  await writing(() =>
    db
      .updateTable('coupon')
      .set({ changes_begun: atLeast })
      .where('id', '=', couponId)
      .where('changes_begun', '<', atLeast)
      .execute(),
  );
}

/** Migration: the stamp is NULL until a process renews it. */
export async function addStamp(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  await addColumnOnce(db, flavour, 'installation', 'stamp', types.shortId, true);
}

/** Migration: the row is written once. Coupons that are there get their births. */
export async function createInstallation(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await addColumnOnce(db, flavour, 'coupon', 'birth', types.shortId, true);
  const random =
    flavour.name === 'mysql'
      ? sql`substr(sha2(concat(rand(), id), 256), 1, 8)`
      : sql`lower(hex(randomblob(4)))`;
  await sql`update coupon set birth = ${random} where birth is null`.execute(db);

  await db.schema
    .createTable('installation')
    .ifNotExists()
    .addColumn('id', types.bigint, (column) => column.primaryKey())
    .addColumn('name', types.shortId, (column) => column.notNull())
    .addColumn('created_at', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  const { rows } = await sql`select 1 from installation`.execute(db);
  if (rows.length === 0)
    await sql`insert into installation values (1, ${newName()}, ${Date.now()})`.execute(db);
}
