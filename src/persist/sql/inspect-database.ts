/** Reads version and clock of the database, for `seonchak doctor`. */
import { type Kysely, sql } from 'kysely';
import { clockAheadMs, type StoreCondition } from '../store-condition.js';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';
import { reading } from './transaction.js';

/** @throws StoreUnavailableError */
export async function inspectDatabase(db: Kysely<Database>, flavour: SqlFlavour): Promise<StoreCondition> {
  const version = flavour.name === 'mysql' ? sql`version()` : sql`sqlite_version()`;
  const sentAtMs = Date.now();
  const { rows } = await reading(() =>
    sql<{ version: string; now: number }>`select ${version} as version, ${flavour.nowMs} as now`.execute(db),
  );
  const [row] = rows;
  return {
    name: flavour.name === 'mysql' ? 'database' : 'SQLite',
    kind: 'database',
    version: row?.version ?? 'unknown',
    clockAheadMs: clockAheadMs(Number(row?.now), sentAtMs),
  };
}
