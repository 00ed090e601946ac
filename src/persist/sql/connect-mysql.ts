/** Opens connections to MySQL or MariaDB on which every promise has a deadline. */
import { isIP } from 'node:net';
import { Kysely, MysqlDialect, type MysqlPool, type MysqlPoolConnection } from 'kysely';
import { createPool, type Pool, type PoolConnection, type PoolOptions, type SslOptions } from 'mysql2';
import { DATABASE_TIMEOUT_MS } from '../../engine/domain/limits.js';
import type { ServerTls } from '../server-tls.js';
import type { Database } from './schema.js';

/** A lock wait must end well before the statement's own deadline, so that it is retried instead of costing the connection. */
const LOCK_WAIT_SECONDS = 2;
/** Callers that may wait for a connection; one more is refused at once. */
const WAITING_MAX = 10_000;
const DEFAULT_PORT = 3_306;

/**
 * Answers of a server that takes no writes (any more). The name in the URL may lead to the promoted server by now, so the connections are
 * given up and made anew: 1047 Galera without a quorum, 1290 read_only, 1792 read-only transactions, 1836 read-only mode, 1874 read-only InnoDB.
 */
const readOnlyErrors: ReadonlySet<unknown> = new Set([1047, 1290, 1792, 1836, 1874]);

const sessionStatements = [
  // A server with `autocommit=0` for all would wait for a COMMIT after each lone statement.
  'set session autocommit = 1',
  // Ours is a plain read of committed rows; the default (repeatable read) takes gap locks that deadlock appends for nothing.
  'set session transaction isolation level read committed',
  // A take-back reads the members of 4,000 rows as one text, whose length MySQL bounds to 1,024.
  'set session group_concat_max_len = 8388608',
  `set session time_zone = '+00:00', innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
] as const;

export interface MysqlConnectOptions {
  readonly connections: number;
  /** Longest time for one statement. Connecting and waiting for a free connection never take longer than the default, {@link DATABASE_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  /** `undefined`: no TLS. */
  readonly tls?: ServerTls | undefined;
}

export interface MysqlConnections {
  readonly db: Kysely<Database>;
  /** Connections made until now are not used again; the next ones resolve the name in the URL anew. */
  readonly giveUp: () => void;
}

export function connectMysql(url: string, options: MysqlConnectOptions): Kysely<Database> {
  return openConnections(url, options).db;
}

/** Opens nothing yet: connections are made when the first statement needs one. */
export function openConnections(url: string, options: MysqlConnectOptions): MysqlConnections {
  const timeoutMs = options.timeoutMs ?? DATABASE_TIMEOUT_MS;
  const connectTimeoutMs = Math.min(timeoutMs, DATABASE_TIMEOUT_MS);
  const pool = createPool({
    ...address(url),
    connectionLimit: options.connections,
    queueLimit: WAITING_MAX,
    connectTimeout: connectTimeoutMs,
    multipleStatements: false,
    ...(options.tls === undefined ? {} : { ssl: tlsOptions(url, options.tls) }),
    charset: 'utf8mb4',
    // BIGINT holds ids and milliseconds, all inside the exact range of a number.
    supportBigNumbers: true,
    bigNumberStrings: false,
  });
  const deadlinePool = new DeadlinePool(pool, timeoutMs, connectTimeoutMs);
  return {
    db: new Kysely<Database>({ dialect: new MysqlDialect({ pool: deadlinePool }) }),
    giveUp: () => deadlinePool.giveUp(),
  };
}

/** Taken apart here: the driver would take the options of a URL for its own settings, and ignore those it does not know. */
function address(url: string): PoolOptions {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostOf(hostname),
    port: port === '' ? DEFAULT_PORT : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

const hostOf = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * The driver verifies the name in the certificate only if `verifyIdentity` is set. An address is compared with `localhost`, whatever the
 * certificate contains; so by address the authority is verified and the name is not.
 */
function tlsOptions(url: string, { ca, check }: ServerTls): SslOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: check !== 'nothing',
    verifyIdentity: check === 'name' && isIP(hostOf(new URL(url).hostname)) === 0,
  };
}

/** The error for a caller that got no connection: nothing was attempted. */
class NoConnectionError extends Error {
  readonly code = 'NO_CONNECTION';
}

class DatabaseTimeoutError extends Error {
  readonly code = 'DATABASE_TIMEOUT';
}

/**
 * mysql2 has a deadline for connecting and none that frees a caller from a connection whose other end went silent. (Its `timeout`
 * per query fails the query and leaves the connection waiting, so the next one would wait behind it.) Here a statement past its
 * deadline takes its connection with it.
 */
class DeadlinePool implements MysqlPool {
  readonly #pool: Pool;
  readonly #timeoutMs: number;
  readonly #connectTimeoutMs: number;
  /** One wrapper per connection for ever: Kysely and we both recognise a connection by identity. */
  readonly #known = new WeakMap<PoolConnection, DeadlineConnection>();
  /** Raised when a server takes no writes; connections of an earlier generation are not used again. */
  #generation = 0;

  constructor(pool: Pool, timeoutMs: number, connectTimeoutMs: number) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  giveUp(): void {
    this.#generation += 1;
  }

  getConnection(callback: (error: unknown, connection: MysqlPoolConnection) => void): void {
    const fail = (cause: unknown): void => {
      // The port of Kysely requires a connection even beside an error, and never reads it.
      callback(new NoConnectionError('no connection to the database', { cause }), undefined as never);
    };
    let waiting = true;
    const timer = setTimeout(() => {
      waiting = false;
      fail(new Error(`no connection of the pool was free within ${this.#connectTimeoutMs} ms`));
    }, this.#connectTimeoutMs);
    this.#pool.getConnection((error, raw) => {
      clearTimeout(timer);
      if (!waiting) {
        if (error === null) raw.release();
        return;
      }
      if (error !== null) {
        fail(error);
        return;
      }
      const known = this.#known.get(raw);
      if (known?.isOutdated() === true) {
        raw.destroy();
        this.getConnection(callback);
        return;
      }
      if (known !== undefined) {
        callback(undefined, known);
        return;
      }
      const generation = this.#generation;
      const connection = new DeadlineConnection(raw, this.#timeoutMs, {
        isOutdated: () => generation !== this.#generation,
        onReadOnly: () => {
          if (generation === this.#generation) this.giveUp();
        },
      });
      prepareSession(connection).then(
        () => {
          this.#known.set(raw, connection);
          callback(undefined, connection);
        },
        (cause: unknown) => {
          raw.destroy();
          fail(cause);
        },
      );
    });
  }

  /**
   * Also when the other end is silent or disconnected: a connection that cannot close properly is not a fault by then.
   */
  end(callback: (error: unknown) => void): void {
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      callback(undefined);
    };
    const timer = setTimeout(end, this.#connectTimeoutMs);
    this.#pool.end(end);
  }
}

interface ServerRole {
  /** Whether the server behind this connection was found to take no writes. */
  isOutdated(): boolean;
  onReadOnly(): void;
}

class DeadlineConnection implements MysqlPoolConnection {
  readonly #raw: PoolConnection;
  readonly #timeoutMs: number;
  readonly #roleOfServer: ServerRole;

  constructor(raw: PoolConnection, timeoutMs: number, roleOfServer: ServerRole) {
    this.#raw = raw;
    this.#timeoutMs = timeoutMs;
    this.#roleOfServer = roleOfServer;
  }

  isOutdated(): boolean {
    return this.#roleOfServer.isOutdated();
  }

  query: MysqlPoolConnection['query'] = (
    sql: string,
    parameters: unknown[],
    callback?: (error: unknown, result: never) => void,
  ): never => {
    if (callback === undefined)
      throw new Error('streaming is not supported: a page has a deadline, a stream has none');
    const timer = setTimeout(() => {
      this.#raw.destroy();
      settle(new DatabaseTimeoutError(`no answer within ${this.#timeoutMs} ms`), undefined);
    }, this.#timeoutMs);
    let settled = false;
    const settle = (error: unknown, result: unknown): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (readOnlyErrors.has((error as { errno?: unknown } | null | undefined)?.errno)) {
        this.#roleOfServer.onReadOnly();
      }
      callback(error, result as never);
    };
    this.#raw.query(sql, parameters, settle);
    return undefined as never;
  };

  release(): void {
    if (this.isOutdated()) this.#raw.destroy();
    else this.#raw.release();
  }
}

async function prepareSession(connection: DeadlineConnection): Promise<void> {
  for (const statement of sessionStatements) {
    await new Promise<void>((resolve, reject) => {
      connection.query(statement, [], (error) => {
        if (error === null || error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error('session not prepared', { cause: error }));
      });
    });
  }
}
