/**
 * Runs the database in a thread of its own (docs/adr/0004).
 *
 * libsql is synchronous: on the main thread an fsync would block every request for the duration of the disk write.
 */
import { parentPort, workerData } from 'node:worker_threads';
import Libsql from 'libsql';
import { insertRuns } from './insert-runs.js';
import type {
  SqliteReply,
  SqliteRequest,
  SqliteResult,
  SqliteStep,
  SqliteWorkerData,
} from './sqlite-statement.js';

/** Texts kept prepared. The project has some thirty; the rest of the room is for lists of varying length. */
const PREPARED_MAX = 200;
/** Others on the file are CLI commands, whose transactions are short. Below the deadline of a call. */
const BUSY_TIMEOUT_MS = 4_000;

const settings = [
  'journal_mode = wal',
  // FULL: a commit returns after the fsync of the log. NORMAL would lose the last commits with the power.
  'synchronous = full',
  // 64 MB: the index by member is in random order, and its pages are wanted again and again.
  'cache_size = -65536',
  // Pages of log before they are copied into the file: with the default of 1,000 every fifteenth batch of 256 waits for a copy
  // (54,000 rows/s against 73,000).
  'wal_autocheckpoint = 20000',
  'foreign_keys = on',
];

const port = parentPort;
if (port === null) throw new Error('sqlite-worker is a worker thread');
const { file } = workerData as SqliteWorkerData;
let opened: Libsql.Database | undefined;

/** With the first request, so that a file that cannot be opened is an answer and not the end of the thread. */
function openOnce(): Libsql.Database {
  if (opened !== undefined) return opened;
  const database = new Libsql(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    for (const setting of settings) database.prepare(`pragma ${setting}`).all();
  } catch (error) {
    database.close();
    throw error;
  }
  opened = database;
  return database;
}

type Prepared = ReturnType<Libsql.Database['prepare']>;
const prepared = new Map<string, Prepared>();

function prepare(sql: string): Prepared {
  const known = prepared.get(sql);
  if (known !== undefined) return known;
  const statement = openOnce().prepare(sql);
  if (prepared.size >= PREPARED_MAX) {
    const [oldest] = prepared.keys();
    if (oldest !== undefined) prepared.delete(oldest);
  }
  prepared.set(sql, statement);
  return statement;
}

function run(step: SqliteStep): SqliteResult {
  if ('runs' in step) {
    const changes = insertRuns(step, (sql, parameters) => void prepare(sql).run(parameters));
    return { rows: [], changes, lastInsertRowid: 0 };
  }
  const { sql, parameters } = step;
  // Some failures (a full disk) end the transaction automatically; there is nothing left to roll back then.
  if (sql === 'rollback' && !openOnce().inTransaction) return { rows: [], changes: 0, lastInsertRowid: 0 };
  const statement = prepare(sql);
  if (statement.reader) {
    const rows = statement.all(parameters) as SqliteResult['rows'];
    return { rows, changes: 0, lastInsertRowid: 0 };
  }
  const { changes, lastInsertRowid } = statement.run(parameters);
  return { rows: [], changes, lastInsertRowid: Number(lastInsertRowid) };
}

function runAtomically(statements: readonly SqliteStep[]): SqliteResult[] {
  const alone = (sql: string) => run({ sql, parameters: [] });
  alone('begin immediate');
  try {
    const results = statements.map(run);
    alone('commit');
    return results;
  } catch (error) {
    alone('rollback');
    throw error;
  }
}

/** libsql has no names for some of SQLite's extended codes; the low byte is the plain code and has one. */
const plainCodes: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  26: 'SQLITE_NOTADB',
};

function codeOf(error: unknown): string {
  const { code, rawCode } = error as { code?: unknown; rawCode?: unknown };
  const named = typeof code === 'string' ? code : 'SQLITE_ERROR';
  if (!named.startsWith('UNKNOWN') || typeof rawCode !== 'number') return named;
  return plainCodes[rawCode & 0xff] ?? named;
}

port.on('message', (request: SqliteRequest) => {
  let reply: SqliteReply;
  try {
    if (request.kind === 'close') {
      prepared.clear();
      opened?.close();
      reply = { id: request.id, results: [] };
    } else {
      openOnce();
      const { statements } = request;
      const results = request.kind === 'atomic' ? runAtomically(statements) : statements.map(run);
      reply = { id: request.id, results };
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reply = { id: request.id, error: { code: codeOf(error), message } };
  }
  port.postMessage(reply);
  if (request.kind === 'close') port.close();
});
