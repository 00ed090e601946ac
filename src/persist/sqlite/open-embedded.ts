/** Opens the ports that the embedded back end implements. */
import { closeSync, existsSync, openSync } from 'node:fs';
import { Kysely } from 'kysely';
import { DATABASE_TIMEOUT_MS } from '../../engine/domain/limits.js';
import type { Admission } from '../../engine/ports/admission.js';
import type { SeedTables } from '../../seeding/seed-tables.js';
import { type DatabaseStores, databaseStores } from '../sql/database-stores.js';
import { faultOf, storeFault } from '../sql/error-classes.js';
import { migrateToLatest, pendingMigrations } from '../sql/migrations/migrate.js';
import type { Database } from '../sql/schema.js';
import { sqliteFlavour } from '../sql/sql-flavour.js';
import { SqlSeedTables } from '../sql/sql-seed-tables.js';
import { type DataDir, existingDataDir, lockDataDir, prepareDataDir } from './data-dir.js';
import { readOrCreateSecret, readSecret } from './secret.js';
import { SqliteAdmission } from './sqlite-admission.js';
import { SqliteThreadDialect } from './sqlite-dialect.js';
import { SqliteThread } from './sqlite-thread.js';

export interface EmbeddedOptions {
  readonly dataDir: string;
  /**
   * `server`: decides, so there is only one. `visitor`: a CLI command that may run beside the server; its `admission`
   * knows nothing of what the server has in memory and must not be used to admit.
   */
  readonly as: 'server' | 'visitor';
  /** Whether to make the folder. Absent: yes. @throws DataDirMissingError where it would have to be made and must not. */
  readonly createMissing?: boolean;
  /** For a command that changes nothing: neither migrates nor makes a secret. Absent: it does both. */
  readonly asItIs?: boolean;
  readonly nowMs?: () => number;
  readonly winnersMax?: number;
}

export interface EmbeddedStores extends DatabaseStores {
  readonly admission: Admission;
  seedTables(): SeedTables;
  /** Signs tokens when no other secret is configured; '' where there is none. */
  readonly secret: string;
  /** Migrations that this opening has run. */
  readonly migrated: readonly string[];
  /** Names what has not been run. @throws StoreUnavailableError */
  pendingMigrations(): Promise<string[]>;
  /** Waits for what was asked, then lets the folder go. */
  close(): Promise<void>;
}

/**
 * Opens the folder, makes what is missing, and brings the schema up to date.
 *
 * @throws DataDirUnwritableError | DataDirInUseError | SecretUnusableError | MigrationError | StoreCorruptError
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedStores> {
  const dataDir =
    options.createMissing === false ? existingDataDir(options.dataDir) : prepareDataDir(options.dataDir);
  const lock = options.as === 'server' ? lockDataDir(dataDir) : undefined;
  let thread: SqliteThread | undefined;
  try {
    const database = await openDatabase(dataDir);
    thread = database;
    const db = new Kysely<Database>({ dialect: new SqliteThreadDialect(database) });
    const secret = options.asItIs === true ? (readSecret(dataDir) ?? '') : readOrCreateSecret(dataDir);
    const migrated = options.asItIs === true ? [] : await migrateToLatest(db, sqliteFlavour);
    return {
      admission: new SqliteAdmission({
        db,
        transact: (statements) => database.transact(statements),
        nowMs: options.nowMs ?? Date.now,
        deadlineMs: DATABASE_TIMEOUT_MS,
        ...(options.winnersMax === undefined ? {} : { winnersMax: options.winnersMax }),
      }),
      ...databaseStores(db, sqliteFlavour),
      seedTables: () => new SqlSeedTables(db, sqliteFlavour, 1),
      secret,
      migrated,
      pendingMigrations: () => pendingMigrations(db, sqliteFlavour),
      async close() {
        await database.close();
        lock?.release();
      },
    };
  } catch (error) {
    await thread?.close();
    lock?.release();
    throw error;
  }
}

async function openDatabase({ databaseFile }: DataDir): Promise<SqliteThread> {
  try {
    // For its owner only, wherever the folder came from; SQLite gives its other files the same mode.
    if (!existsSync(databaseFile)) closeSync(openSync(databaseFile, 'a', 0o600));
    return await SqliteThread.open(databaseFile);
  } catch (error) {
    throw storeFault(error, faultOf(error), 'reading');
  }
}
