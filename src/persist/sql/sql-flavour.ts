/** Defines the differences between the databases; all other code of this folder is shared. */
import { type RawBuilder, sql } from 'kysely';

export interface SqlFlavour {
  readonly name: 'mysql' | 'sqlite';
  /**
   * Ends of a SELECT that locks what it reads until the transaction ends. MariaDB has no `FOR SHARE` and MySQL 8 still
   * takes the older words. SQLite has neither and needs neither: it has a single writer.
   */
  readonly lockShared: RawBuilder<unknown>;
  readonly lockExclusive: RawBuilder<unknown>;
  /** The database's clock when the statement began, milliseconds since the Unix epoch. */
  readonly nowMs: RawBuilder<number>;
}

export const mysqlFlavour: SqlFlavour = Object.freeze({
  name: 'mysql',
  lockShared: sql`lock in share mode`,
  lockExclusive: sql`for update`,
  // In UTC: local time is ambiguous for an hour each autumn.
  nowMs: sql<number>`(timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000)`,
});

export const sqliteFlavour: SqlFlavour = Object.freeze({
  name: 'sqlite',
  lockShared: sql``,
  lockExclusive: sql``,
  nowMs: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
});
