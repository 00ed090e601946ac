/** Applies the missing migrations. */
import { type Kysely, Migrator } from 'kysely';
import { SeonchakError } from '../../../engine/domain/errors.js';
import { faultOf, storeFault } from '../error-classes.js';
import { migrationsFor } from './migrations.js';
import type { Database } from '../schema.js';
import type { SqlFlavour } from '../sql-flavour.js';
import { reading } from '../transaction.js';

/** A migration did not go through. What it had done may be repeated: migrations are written for that. */
export class MigrationError extends SeonchakError {
  static override readonly code = 'migration_failed';
}

/**
 * Runs what has not been run yet and names it. Any number of processes may start at once: Kysely's lock lets one work (`GET_LOCK`
 * on MySQL and MariaDB, the write lock of the file on SQLite), the others wait and find nothing left to do.
 *
 * @throws StoreUnavailableError when the database does not answer, {@link MigrationError} when it refuses.
 */
export async function migrateToLatest(db: Kysely<Database>, flavour: SqlFlavour): Promise<string[]> {
  const { error, results } = await migratorOf(db, flavour).migrateToLatest();
  if (error !== undefined) {
    const fault = faultOf(error);
    if (fault !== 'other') throw storeFault(error, fault, 'reading');
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new MigrationError(
      `The database tables could not be migrated${failed === undefined ? '' : ` (${failed})`}. Correct the cause, then run \`seonchak migrate\` again.`,
      {
        cause: error,
      },
    );
  }
  return (results ?? [])
    .filter((result) => result.status === 'Success')
    .map((result) => result.migrationName);
}

/** Names what has not been run yet; changes nothing. @throws StoreUnavailableError */
export async function pendingMigrations(db: Kysely<Database>, flavour: SqlFlavour): Promise<string[]> {
  const migrations = await reading(() => migratorOf(db, flavour).getMigrations());
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function migratorOf(db: Kysely<Database>, flavour: SqlFlavour): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrationsFor(flavour)) } });
}
