/** Maps each error of the databases and their drivers to its meaning for the caller. */
import {
  type SeonchakError,
  StoreCorruptError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../../engine/domain/errors.js';

/**
 * - `duplicate`: a row with that key already exists.
 * - `poison`: the schema refuses a value; it will be refused every time.
 * - `too_large`: the statement exceeds `max_allowed_packet`; half of it may not.
 * - `retry`: nothing happened because of another transaction; repeat the whole of ours.
 * - `refused`: the server is there and did not do it.
 * - `not_written`: like `refused`, and certain even as the answer to a COMMIT.
 * - `lost`: the connection broke or the deadline passed; whether the statement was carried out is not known.
 * - `corrupt`: the store itself is damaged.
 * - `other`: none of these; a bug of ours, most likely.
 */
export type SqlFault =
  'duplicate' | 'poison' | 'too_large' | 'retry' | 'refused' | 'not_written' | 'lost' | 'corrupt' | 'other';

/** Numbers that MySQL and MariaDB share unless noted. */
const serverErrors: Readonly<Record<number, SqlFault>> = {
  1062: 'duplicate', // ER_DUP_ENTRY
  1586: 'duplicate', // ER_DUP_ENTRY_WITH_KEY_NAME
  1048: 'poison', // ER_BAD_NULL_ERROR
  1264: 'poison', // ER_WARN_DATA_OUT_OF_RANGE
  1265: 'poison', // WARN_DATA_TRUNCATED
  1292: 'poison', // ER_TRUNCATED_WRONG_VALUE
  1366: 'poison', // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: also a character the column's set does not have
  1406: 'poison', // ER_DATA_TOO_LONG
  3819: 'poison', // ER_CHECK_CONSTRAINT_VIOLATED, MySQL
  3988: 'poison', // ER_IMPOSSIBLE_STRING_CONVERSION, MySQL
  4025: 'poison', // ER_CONSTRAINT_FAILED, MariaDB
  1153: 'too_large', // ER_NET_PACKET_TOO_LARGE: the server then closes the connection
  1020: 'retry', // ER_CHECKREAD, MariaDB with snapshot isolation
  1205: 'retry', // ER_LOCK_WAIT_TIMEOUT
  1213: 'retry', // ER_LOCK_DEADLOCK
  3101: 'retry', // ER_TRANSACTION_ROLLBACK_DURING_COMMIT, MySQL: another member of a replication group was first
  1021: 'refused', // ER_DISK_FULL
  1026: 'refused', // ER_ERROR_ON_WRITE
  1037: 'refused', // ER_OUTOFMEMORY
  1040: 'refused', // ER_CON_COUNT_ERROR
  1041: 'refused', // ER_OUT_OF_RESOURCES
  1044: 'refused', // ER_DBACCESS_DENIED_ERROR
  1045: 'refused', // ER_ACCESS_DENIED_ERROR
  1047: 'refused', // ER_UNKNOWN_COM_ERROR: a node of Galera that is not part of the cluster (WSREP has not yet prepared node)
  1049: 'refused', // ER_BAD_DB_ERROR
  1053: 'refused', // ER_SERVER_SHUTDOWN
  1114: 'refused', // ER_RECORD_FILE_FULL
  1129: 'refused', // ER_HOST_IS_BLOCKED
  1146: 'refused', // ER_NO_SUCH_TABLE: not migrated yet
  1180: 'refused', // ER_ERROR_DURING_COMMIT
  1203: 'refused', // ER_TOO_MANY_USER_CONNECTIONS
  1226: 'refused', // ER_USER_LIMIT_REACHED
  3159: 'refused', // ER_SECURE_TRANSPORT_REQUIRED
  1290: 'refused', // ER_OPTION_PREVENTS_STATEMENT: read_only
  1317: 'refused', // ER_QUERY_INTERRUPTED
  1792: 'refused', // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1836: 'refused', // ER_READ_ONLY_MODE
  1874: 'refused', // ER_INNODB_READ_ONLY
  1969: 'refused', // ER_STATEMENT_TIMEOUT, MariaDB: max_statement_time of the operator
  3024: 'refused', // ER_QUERY_TIMEOUT, MySQL: max_execution_time of the operator
  3168: 'refused', // ER_SERVER_ISNT_AVAILABLE, MySQL
  1030: 'refused', // ER_GET_ERRNO: the engine could not, as with a full disk
  1105: 'refused', // ER_UNKNOWN_ERROR: what clusters and proxies answer for which MySQL has no number
  1223: 'refused', // ER_CANT_UPDATE_WITH_READLOCK: a node that gives its state to another
  2002: 'refused', // CR_CONNECTION_ERROR, passed on by a proxy like the next ones
  2003: 'refused', // CR_CONN_HOST_ERROR
  2005: 'refused', // CR_UNKNOWN_HOST
  3032: 'refused', // ER_SERVER_OFFLINE_MODE, MySQL
  3098: 'refused', // ER_BEFORE_DML_VALIDATION_ERROR, MySQL: group replication
  3100: 'refused', // ER_RUN_HOOK_ERROR, MySQL: this member of the group cannot commit
  9001: 'refused', // ProxySQL: no server of the hostgroup in time
  9002: 'refused', // ProxySQL: no server of the hostgroup after all attempts
  9004: 'refused', // ProxySQL: the server was taken offline
  9006: 'refused', // ProxySQL: two hostgroups on one connection
  2006: 'lost', // CR_SERVER_GONE_ERROR
  2013: 'lost', // CR_SERVER_LOST
  2055: 'lost', // CR_SERVER_LOST_EXTENDED
  1152: 'lost', // ER_ABORTING_CONNECTION
  1158: 'lost', // ER_NET_READ_ERROR
  1159: 'lost', // ER_NET_READ_INTERRUPTED
  1160: 'lost', // ER_NET_ERROR_ON_WRITE
  1161: 'lost', // ER_NET_WRITE_INTERRUPTED
  1927: 'lost', // ER_CONNECTION_KILLED, MariaDB
  3169: 'lost', // ER_SESSION_WAS_KILLED, MySQL
  4031: 'lost', // ER_CLIENT_INTERACTION_TIMEOUT, MySQL: sent before it closes an idle connection
};

/** Faults that only an operator can fix, and how. */
const remedies: Readonly<Record<number, string>> = {
  1044: 'The database user has no access to this database. Check MYSQL_URL and the grants.', // ER_DBACCESS_DENIED_ERROR
  // ER_ACCESS_DENIED_ERROR: the same answer to a wrong password and to a user with REQUIRE SSL on a plain connection.
  1045:
    'The database refused the user name or password, or this user requires TLS. ' +
    'Check MYSQL_URL; for TLS add ?ssl-mode=REQUIRED to it or set MYSQL_TLS_CA_FILE.',
  1049: 'The database does not exist on this server. Create it or check MYSQL_URL.', // ER_BAD_DB_ERROR
  1146: 'Database tables are missing. Run `seonchak migrate`.', // ER_NO_SUCH_TABLE
  // ER_NET_PACKET_TOO_LARGE
  1153: 'max_allowed_packet of the database is too small for a single row. Raise it to 1 MiB or more.',
  // Galera
  1047: 'This node of the database cluster is not ready (no quorum, or still joining). Nothing was written; the write is retried.',
  // ProxySQL
  9001: 'ProxySQL found no database server in time. Check the hostgroup of the writer in ProxySQL.',
  9002: 'ProxySQL found no database server. Check the hostgroup of the writer in ProxySQL.',
  9004: 'ProxySQL has taken the database server offline. Check the hostgroup of the writer in ProxySQL.',
  9006:
    'ProxySQL sends statements of one connection to two hostgroups. Route this user to the writer only, ' +
    'or set mysql-set_query_lock_on_hostgroup to 0.',
  // ER_SECURE_TRANSPORT_REQUIRED
  3159: 'The database accepts only TLS connections. Add ?ssl-mode=REQUIRED to MYSQL_URL or set MYSQL_TLS_CA_FILE.',
};

const UNREACHABLE = 'The database cannot be reached. Check MYSQL_URL and that the server is running.';

const NO_CONNECTION =
  'No connection to the database was free in time. Nothing was written. Check that the database responds and is not overloaded.';

/** The same for what the driver itself finds. */
const driverRemedies: Readonly<Record<string, string>> = {
  HANDSHAKE_NO_SSL_SUPPORT:
    'The database offers no TLS, but MYSQL_URL or MYSQL_TLS_CA_FILE requires it. Configure TLS in the database.',
  HANDSHAKE_SSL_ERROR:
    'The TLS certificate of the database could not be verified. Set MYSQL_TLS_CA_FILE to the authority that signed it.',
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
};

/** Codes of SQLite (the longest prefix counts), of the operating system, and of the drivers. */
const codes: readonly (readonly [prefix: string, fault: SqlFault])[] = [
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 'duplicate'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'duplicate'],
  ['SQLITE_CONSTRAINT_ROWID', 'duplicate'],
  ['SQLITE_CONSTRAINT', 'poison'],
  ['SQLITE_MISMATCH', 'poison'],
  ['SQLITE_TOOBIG', 'poison'],
  ['SQLITE_BUSY', 'retry'],
  ['SQLITE_LOCKED', 'retry'],
  // The commit record may be on the disk: after a crash SQLite would find it and count it.
  ['SQLITE_IOERR_FSYNC', 'lost'],
  ['SQLITE_IOERR', 'not_written'],
  ['SQLITE_FULL', 'not_written'],
  ['SQLITE_READONLY', 'not_written'],
  ['SQLITE_CANTOPEN', 'not_written'],
  ['SQLITE_NOMEM', 'not_written'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['ROW_MEANWHILE', 'retry'],
  ['NO_CONNECTION', 'refused'],
  ['DATABASE_TIMEOUT', 'lost'],
  ['DATABASE_CLOSED', 'lost'],
  ['PROTOCOL_', 'lost'],
  ['ECONN', 'lost'],
  ['EPIPE', 'lost'],
  ['ETIMEDOUT', 'lost'],
  ['EHOSTUNREACH', 'lost'],
  ['ENETUNREACH', 'lost'],
];

/** A connection that was not made has the server's error as its cause. */
function remedyOf(error: unknown): string | undefined {
  const { errno, code, cause } = error as {
    errno?: unknown;
    code?: unknown;
    cause?: { errno?: unknown; code?: unknown };
  };
  const known = remedies[Number(errno ?? cause?.errno)] ?? driverRemedies[String(cause?.code)];
  return known ?? (code === 'NO_CONNECTION' ? NO_CONNECTION : undefined);
}

/** What an error thrown by a driver means. */
export function faultOf(error: unknown): SqlFault {
  if (typeof error !== 'object' || error === null) return 'other';
  const { errno, sqlState, code, fatal } = error as {
    errno?: unknown;
    sqlState?: unknown;
    code?: unknown;
    fatal?: unknown;
  };
  if (typeof errno === 'number' && sqlState !== undefined) return serverErrors[errno] ?? 'other';
  if (typeof code === 'string') {
    const known = codes.find(([prefix]) => code.startsWith(prefix));
    if (known !== undefined) return known[1];
  }
  // mysql2 marks with `fatal` what ends a connection, in states for which it has no code.
  return fatal === true ? 'lost' : 'other';
}

/**
 * The fault in the engine's words. `when` names what would be lost with the answer:
 * a reading or an unfinished transaction leaves nothing behind; a lone writing statement or a COMMIT may have been carried out.
 */
export function storeFault(
  error: unknown,
  fault: SqlFault,
  when: 'reading' | 'writing' | 'committing',
): SeonchakError {
  const options = { cause: error };
  switch (fault) {
    case 'corrupt':
    case 'duplicate':
    case 'poison':
    case 'other':
      return new StoreCorruptError(
        'The database has unexpected data, or its schema refused a row. See `cause` for the error from the database. Run `seonchak doctor`.',
        options,
      );
    case 'lost':
      if (when !== 'reading')
        return new StoreOutcomeUnknownError(
          'The database did not respond in time. The write may or may not have been carried out.',
          options,
        );
      return new StoreUnavailableError('The database is not responding.', options);
    case 'too_large':
    case 'refused':
      if (when === 'committing')
        return new StoreOutcomeUnknownError(
          'The database aborted a commit. The transaction may or may not have been committed.',
          options,
        );
      return new StoreUnavailableError(
        remedyOf(error) ??
          'The database refused the statement. Nothing was written. See `cause` for the error from the database; correct it, then try again.',
        options,
      );
    case 'retry':
      // A deadlock is certain at any time; that the retries are used up does not change it.
      return new StoreUnavailableError(
        'The database is overloaded: every attempt ended with a deadlock or a lock timeout. Try again.',
        options,
      );
    case 'not_written':
      return new StoreUnavailableError(
        'The database cannot write. Check its disk space and permissions.',
        options,
      );
  }
}
