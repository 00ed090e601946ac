/**
 * Inserts many rows of any table with one plain INSERT, for filling tables.
 *
 * The recorder has its own statement: insert-issuances.ts.
 */
import { CompiledQuery, type Kysely } from 'kysely';
import type { Database } from './schema.js';
import type { SqlFlavour } from './sql-flavour.js';

export type ColumnValue = number | string | null;

/**
 * Texts of Kysely's builder would be the same; building them takes three times the CPU (insert-issuances.ts has the figures).
 *
 * @param columns our own names, never input. @throws what the driver throws.
 */
export async function insertRows(
  db: Kysely<Database>,
  flavour: SqlFlavour,
  table: keyof Database,
  columns: readonly string[],
  rows: readonly (readonly ColumnValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const head = `insert into ${table} (${columns.join(', ')})`;
  if (flavour.name === 'mysql') {
    const row = `(${columns.map(() => '?').join(',')})`;
    const places = `${`${row},`.repeat(rows.length - 1)}${row}`;
    await db.executeQuery(CompiledQuery.raw(`${head} values ${places}`, rows.flat()));
    return;
  }
  // One text and one parameter, however many rows: SQLite counts places and re-parses texts of new sizes.
  const values = columns.map((_, place) => `value ->> ${place}`).join(', ');
  await db.executeQuery(
    CompiledQuery.raw(`${head} select ${values} from json_each(?)`, [JSON.stringify(rows)]),
  );
}
