/**
 * Connects Kysely with the database thread.
 *
 * Compiler, adapter and introspection are Kysely's own for SQLite; only the driver is ours.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { DATABASE_TIMEOUT_MS } from '../../engine/domain/limits.js';
import type { SqliteThread } from './sqlite-thread.js';

export class SqliteThreadDialect implements Dialect {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  createAdapter(): SqliteAdapter {
    return new SharedFileAdapter();
  }

  createDriver(): Driver {
    return new SqliteThreadDriver(this.#thread);
  }

  createIntrospector(db: Parameters<Dialect['createIntrospector']>[0]): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }
}

/**
 * Kysely's adapter takes SQLite for a private file and lets migrations run outside any transaction. Ours is shared with
 * CLI commands: inside one immediate transaction the migrations of two processes exclude each other, and a crash leaves
 * nothing incomplete.
 */
class SharedFileAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class SqliteThreadDriver implements Driver {
  readonly #thread: SqliteThread;
  readonly #connection: SqliteThreadConnection;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
    this.#connection = new SqliteThreadConnection(thread);
  }

  async init(): Promise<void> {
    // The thread opened the file when it started.
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#thread.acquire(DATABASE_TIMEOUT_MS);
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // Immediate: a transaction that turns from reading to writing half-way could fail, with nothing to wait for.
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  releaseConnection(): Promise<void> {
    this.#thread.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.#thread.close();
  }
}

class SqliteThreadConnection implements DatabaseConnection {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes, lastInsertRowid } = await this.#thread.execute(query);
    return {
      // The query's type describes its rows; only the compiler of the query can check that.
      rows: rows as Row[],
      numAffectedRows: BigInt(changes),
      insertId: BigInt(lastInsertRowid),
    };
  }

  streamQuery(): never {
    throw new Error('streaming is not supported: rows are read in pages');
  }
}
