/** Sends requests to the database thread and grants its connection to one owner after another. */
import { Worker } from 'node:worker_threads';
import { DATABASE_TIMEOUT_MS } from '../../engine/domain/limits.js';
import { packageFolder } from '../../package-folder.js';
import type {
  SqliteReply,
  SqliteRequest,
  SqliteResult,
  SqliteStatement,
  SqliteStep,
  SqliteWorkerData,
} from './sqlite-statement.js';

/** An error of the database with SQLite's code; or `DATABASE_CLOSED`, `DATABASE_TIMEOUT`, `NO_CONNECTION` from this end. */
export class SqliteThreadError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SqliteThreadError';
    this.code = code;
  }
}

interface Pending {
  resolve(results: readonly SqliteResult[]): void;
  reject(error: SqliteThreadError): void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** Tests run the sources as they are. */
const workerFile = import.meta.url.endsWith('.ts')
  ? new URL('./sqlite-worker.ts', import.meta.url)
  : new URL('dist/persist/sqlite-worker.js', packageFolder);

export class SqliteThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #waitingOwners: (() => void)[] = [];
  #owned = false;
  #nextId = 1;
  #closedWith: SqliteThreadError | undefined;

  /** Opens `file`, creating it when it is not there. @throws {@link SqliteThreadError} when it cannot be opened. */
  static async open(file: string): Promise<SqliteThread> {
    const workerData: SqliteWorkerData = { file };
    const worker = new Worker(workerFile, { workerData, name: 'sqlite' });
    const thread = new SqliteThread(worker);
    // Without a deadline: how long a thread takes to start depends on how it is loaded, and no caller waits for an
    // answer yet.
    try {
      await thread.#request('single', []);
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#worker.on('message', (reply: SqliteReply) => this.#settle(reply));
    this.#worker.on('error', (error) => {
      const message = error instanceof Error ? error.message : String(error);
      this.#end(`the database thread failed: ${message}`);
    });
    this.#worker.on('exit', () => {
      this.#end('the database thread has ended');
    });
  }

  /**
   * Waits, first come first served, until the connection is free; the caller gives it back with {@link release}.
   *
   * @throws {@link SqliteThreadError} `NO_CONNECTION` when it was not free within the deadline, if there is one.
   */
  acquire(deadlineMs?: number): Promise<void> {
    if (!this.#owned) {
      this.#owned = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const owner = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waitingOwners.push(owner);
      const giveUp = (): void => {
        this.#waitingOwners.splice(this.#waitingOwners.indexOf(owner), 1);
        reject(
          new SqliteThreadError(
            'NO_CONNECTION',
            `the database was locked for more than ${String(deadlineMs)} ms`,
          ),
        );
      };
      const timer = deadlineMs === undefined ? undefined : setTimeout(giveUp, deadlineMs);
    });
  }

  release(): void {
    const next = this.#waitingOwners.shift();
    if (next === undefined) this.#owned = false;
    else next();
  }

  /**
   * One statement, for the owner of the connection. Past its deadline it is given up, not stopped: what is sent after it is still carried
   * out after it, so a rollback that follows finds the transaction it means.
   *
   * @throws {@link SqliteThreadError}
   */
  async execute(statement: SqliteStatement): Promise<SqliteResult> {
    const [result] = await this.#request('single', [statement], DATABASE_TIMEOUT_MS);
    if (result === undefined) throw new SqliteThreadError('SQLITE_ERROR', 'a statement returned no result');
    return result;
  }

  /**
   * All of them in one transaction, in one message; waits for the connection itself. No deadline: whether they were committed is for
   * the caller to know, however long it takes.
   *
   * @throws {@link SqliteThreadError}
   */
  async transact(statements: readonly SqliteStep[]): Promise<void> {
    await this.acquire();
    try {
      await this.#request('atomic', statements);
    } finally {
      this.release();
    }
  }

  /** Closes the file after what was asked before. */
  async close(): Promise<void> {
    if (this.#closedWith !== undefined) return;
    await this.acquire();
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    await this.#request('close', []);
    await exited;
    this.release();
  }

  #request(kind: SqliteRequest['kind'], statements: readonly SqliteStep[], deadlineMs?: number) {
    if (this.#closedWith !== undefined) {
      return Promise.reject(new SqliteThreadError('NO_CONNECTION', this.#closedWith.message));
    }
    const id = this.#nextId++;
    // Only what the message needs: a compiled query of Kysely carries a tree of functions that cannot be cloned.
    const plain = statements.map((step) =>
      'runs' in step ? step : { sql: step.sql, parameters: step.parameters },
    );
    const request: SqliteRequest = { id, kind, statements: plain };
    return new Promise<readonly SqliteResult[]>((resolve, reject) => {
      const timer =
        deadlineMs === undefined
          ? undefined
          : setTimeout(() => {
              this.#pending.delete(id);
              reject(new SqliteThreadError('DATABASE_TIMEOUT', `no answer within ${deadlineMs} ms`));
            }, deadlineMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#worker.postMessage(request);
    });
  }

  #settle(reply: SqliteReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    clearTimeout(pending?.timer);
    if ('error' in reply) pending?.reject(new SqliteThreadError(reply.error.code, reply.error.message));
    else pending?.resolve(reply.results);
  }

  #end(why: string): void {
    this.#closedWith ??= new SqliteThreadError('DATABASE_CLOSED', why);
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(this.#closedWith);
    }
    this.#pending.clear();
  }
}
