/** Tests refusals of clusters and proxies in front of MySQL: the store is unavailable, and no row is at fault. */
import t from 'tap';
import { faultOf, type SqlFault, storeFault } from './error-classes.js';

const serverError = (errno: number, sqlState: string, message: string) =>
  Object.assign(new Error(message), { errno, sqlState, code: 'ER_WHATEVER' });

const answers: readonly (readonly [errno: number, sqlState: string, message: string, fault: SqlFault])[] = [
  [1047, '08S01', 'WSREP has not yet prepared node for application use', 'refused'],
  [
    1213,
    '40001',
    'WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction',
    'retry',
  ],
  [1180, 'HY000', 'Got error 6 "No such device or address" during COMMIT', 'refused'],
  [
    1105,
    'HY000',
    'Percona-XtraDB-Cluster prohibits use of this statement with pxc_strict_mode = ENFORCING',
    'refused',
  ],
  [1223, 'HY000', "Can't execute the query because you have a conflicting read lock", 'refused'],
  [1290, 'HY000', 'The MySQL server is running with the --read-only option', 'refused'],
  [1290, 'HY000', 'The MariaDB server is running with the --read-only option', 'refused'],
  [1836, 'HY000', 'Running in read-only mode', 'refused'],
  [3032, 'HY000', 'The server is currently in offline mode', 'refused'],
  [3100, 'HY000', "Error on observer while running replication hook 'before_commit'.", 'refused'],
  [3101, '40000', 'Plugin instructed the server to rollback the current transaction.', 'retry'],
  [9001, 'HY000', 'Max connect timeout reached while reaching hostgroup 10 after 10000ms', 'refused'],
  [9002, 'HY000', 'Max connect failure while reaching hostgroup 10', 'refused'],
  [9004, 'HY000', 'ProxySQL Error: backend offline detected', 'refused'],
  [
    9006,
    'Y0000',
    'ProxySQL Error: connection is locked to hostgroup 10 but trying to reach hostgroup 11',
    'refused',
  ],
  [2003, 'HY000', "Can't connect to MySQL server on 'db1' (110)", 'refused'],
  [2013, 'HY000', 'Lost connection to MySQL server during query', 'lost'],
  [2006, 'HY000', 'MySQL server has gone away', 'lost'],
  [1927, '70100', 'Connection was killed', 'lost'],
];

for (const [errno, sqlState, message, fault] of answers) {
  t.test(`${errno}: ${message}`, (t) => {
    const error = serverError(errno, sqlState, message);
    t.equal(faultOf(error), fault);
    t.equal(
      storeFault(error, fault, 'reading').code,
      'store_unavailable',
      'tried again, never a damaged row',
    );
    const committing = storeFault(error, fault, 'committing').code;
    // Group replication and Galera answer a COMMIT with a conflict only where nothing was committed.
    t.equal(committing, fault === 'retry' ? 'store_unavailable' : 'store_outcome_unknown');
    t.end();
  });
}

t.test('faults of data keep their class', (t) => {
  for (const [errno, fault] of [
    [1062, 'duplicate'],
    [1406, 'poison'],
    [4025, 'poison'],
    [1153, 'too_large'],
  ] as const) {
    t.equal(faultOf(serverError(errno, 'HY000', '')), fault);
  }
  t.match(
    storeFault(serverError(9006, 'Y0000', ''), 'refused', 'reading').message,
    /mysql-set_query_lock_on_hostgroup/,
  );
  t.end();
});

t.test('where no connection was made, the fault says so and what to check', (t) => {
  const without = (cause: unknown) =>
    storeFault(Object.assign(new Error('none', { cause }), { code: 'NO_CONNECTION' }), 'refused', 'writing')
      .message;
  t.match(without({ code: 'ECONNREFUSED' }), /^The database cannot be reached\. Check MYSQL_URL/);
  t.match(
    without(new Error('none was free')),
    /^No connection to the database was free in time\..* Check that/,
  );
  t.end();
});
