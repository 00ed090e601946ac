/** Stores the keys of {@link SigningKeys} on MySQL, MariaDB and SQLite. */
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { SigningKeys } from '../../accounts/signing-keys.js';
import { StoreCorruptError } from '../../engine/domain/errors.js';
import { mysqlTypes, sqliteTypes } from './migrations/migration-steps.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

const PASS = 'pass';
const KEY_BYTES = 32;

export class SqlSigningKeys implements SigningKeys {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async passKey(): Promise<Buffer> {
    const row = await reading(() =>
      this.#db.selectFrom('signing_key').select('secret').where('name', '=', PASS).executeTakeFirst(),
    );
    const key = Buffer.from(row?.secret ?? '', 'base64url');
    if (key.length !== KEY_BYTES) {
      throw new StoreCorruptError(
        'The table signing_key has no usable key for passes; restore its rows from a backup.',
      );
    }
    return key;
  }
}

/** Migration: made once, since migrations run one after another under the lock of the migrator. */
export async function createSigningKeys(db: Kysely<unknown>, flavour: SqlFlavour): Promise<void> {
  const types = flavour.name === 'mysql' ? mysqlTypes : sqliteTypes;
  const table = flavour.name === 'mysql' ? sql`engine=InnoDB default charset=utf8mb4` : sql`strict`;

  await db.schema
    .createTable('signing_key')
    .ifNotExists()
    .addColumn('name', types.word, (column) => column.primaryKey())
    .addColumn('secret', types.shortId, (column) => column.notNull())
    .addColumn('created_at', types.bigint, (column) => column.notNull())
    .modifyEnd(table)
    .execute();
  const { rows } = await sql`select 1 from signing_key where name = ${PASS}`.execute(db);
  if (rows.length > 0) return;
  const secret = randomBytes(KEY_BYTES).toString('base64url');
  await sql`insert into signing_key values (${PASS}, ${secret}, ${Date.now()})`.execute(db);
}
