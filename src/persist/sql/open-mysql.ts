/**
 * Opens the ports that MySQL or MariaDB implements.
 *
 * Safe in a worker thread: each opening has its own connections.
 */
import { type Kysely, sql } from 'kysely';
import type { CouponId } from '../../engine/domain/coupon.js';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import type { SeedTables } from '../../seeding/seed-tables.js';
import type { ServerTls } from '../server-tls.js';
import { connectMysql, openConnections } from './connect-mysql.js';
import { type DatabaseStores, databaseStores } from './database-stores.js';
import { type Installation, raiseChanges, readInstallation, renewStamp } from './installation.js';
import { migrateToLatest, pendingMigrations } from './migrations/migrate.js';
import type { Database } from './schema.js';
import { mysqlFlavour } from './sql-flavour.js';
import { SqlSeedTables } from './sql-seed-tables.js';
import { reading } from './transaction.js';

/** A migration may rebuild a table of many rows, and one that waits for another process waits as long. */
const MIGRATION_TIMEOUT_MS = 10 * 60_000;
const CONNECTIONS = 10;
/** For the polls of a process, which read little. */
const FOLLOWING_CONNECTIONS = 2;
/** More connections fill no faster: two keep two cores busy, and the others wait for the log of the database. */
const SEEDING_CONNECTIONS = 4;
const SEEDING_TIMEOUT_MS = 60_000;

export interface MysqlStores extends DatabaseStores {
  /**
   * The same ports over separate connections. Polls that every process makes twice a second would otherwise wait behind all other
   * statements: with ten connections in use they took up to 2.5 s, and the rules of that process were as old.
   */
  readonly followed: DatabaseStores;
  /** Brings the schema up to date, over a connection of its own with a long deadline; names what was run. */
  migrate(): Promise<string[]>;
  /** Names what {@link migrate} would run. @throws StoreUnavailableError */
  pendingMigrations(): Promise<string[]>;
  /** Over connections of its own with a long deadline; close it. */
  seedTables(): SeedTables;
  /** Which installation the tables are of. @throws StoreUnavailableError, also where they are not migrated. */
  readonly installation: {
    read(): Promise<Installation>;
    /** @returns whether the tables still had the stamp `from`. @throws StoreUnavailableError, StoreOutcomeUnknownError. */
    renewStamp(from: string, to: string): Promise<boolean>;
    /** Raises the number of the coupon's last change. @throws StoreUnavailableError, StoreOutcomeUnknownError. */
    raiseChanges(couponId: CouponId, atLeast: number): Promise<void>;
  };
  /**
   * Resolves when the database answers and takes writes. Connections to a server that takes none any more are given up.
   *
   * @throws StoreUnavailableError
   */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects when first needed. `connections`: upper bound of the pool, fewer for a recorder thread. */
export function openMysql(
  url: string,
  options: {
    readonly connections?: number;
    readonly timeoutMs?: number;
    readonly tls?: ServerTls | undefined;
  } = {},
): MysqlStores {
  const { db, giveUp } = openConnections(url, { connections: CONNECTIONS, ...options });
  const following = openConnections(url, { ...options, connections: FOLLOWING_CONNECTIONS });
  return {
    ...databaseStores(db, mysqlFlavour),
    followed: databaseStores(following.db, mysqlFlavour),
    async migrate() {
      const migrating = connectMysql(url, {
        connections: 1,
        timeoutMs: MIGRATION_TIMEOUT_MS,
        tls: options.tls,
      });
      try {
        return await migrateToLatest(migrating, mysqlFlavour);
      } finally {
        await migrating.destroy();
      }
    },
    pendingMigrations: () => pendingMigrations(db, mysqlFlavour),
    seedTables() {
      const seeding = connectMysql(url, {
        connections: SEEDING_CONNECTIONS,
        timeoutMs: SEEDING_TIMEOUT_MS,
        tls: options.tls,
      });
      return new SqlSeedTables(seeding, mysqlFlavour, SEEDING_CONNECTIONS, () => seeding.destroy());
    },
    installation: {
      read: () => readInstallation(db),
      renewStamp: (from, to) => renewStamp(db, from, to),
      raiseChanges: (couponId, atLeast) => raiseChanges(db, couponId, atLeast),
    },
    async ping() {
      const current = await Promise.all([db, following.db].map(takesWrites));
      if (current.every(Boolean)) return;
      // The pool may still be connected to the server from before a failover: a new connection resolves the name again.
      const probe = connectMysql(url, { connections: 1, tls: options.tls });
      try {
        if (await takesWrites(probe)) {
          // A process that only reads is never refused, and would read the rows that the old server had for ever.
          giveUp();
          following.giveUp();
          return;
        }
      } finally {
        await probe.destroy();
      }
      throw new StoreUnavailableError(
        'The database is read-only: a replica, or a server with read_only set. Set MYSQL_URL to the primary server.',
      );
    },
    async close() {
      await Promise.all([db.destroy(), following.db.destroy()]);
    },
  };
}

/** The variables differ between MySQL, MariaDB and Aurora; a newer MariaDB has more values of `read_only` than ON. */
async function takesWrites(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await reading(() =>
    sql<{
      Value: string;
    }>`show global variables where variable_name in ('read_only', 'super_read_only', 'innodb_read_only')`.execute(
      db,
    ),
  );
  return rows.every(({ Value }) => Value === 'OFF');
}
