/** Starts a MariaDB with a replica of it, and moves the writes over as a planned failover does. */
import { type Connection, createConnection } from 'mysql2/promise';
import { type MariadbServer, startMariadb } from './mariadb.js';

const REPLICATION_USER = 'replicator';
const REPLICATION_PASSWORD = 'only-between-the-two';
const PATIENCE_MS = 60_000;

export interface MariadbPair {
  readonly primary: MariadbServer;
  readonly replica: MariadbServer;
  /** Makes the primary refuse writes; reads and replication continue. */
  demote(): Promise<void>;
  /** Waits until the replica has everything, and lets it take writes. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMariadbPair(): Promise<MariadbPair> {
  const [primary, replica] = await Promise.all(
    [1, 2].map((id) => startMariadb([`--server-id=${id}`, '--log-bin', '--log-slave-updates'])),
  );
  if (primary === undefined || replica === undefined) throw new Error('two servers were started');
  const [onPrimary, onReplica] = await Promise.all([asRoot(primary), asRoot(replica)]);
  await onPrimary.query(
    `create user ${REPLICATION_USER}@'127.0.0.1' identified by '${REPLICATION_PASSWORD}'`,
  );
  await onPrimary.query(`grant replication slave on *.* to ${REPLICATION_USER}@'127.0.0.1'`);
  await onReplica.query('set global read_only = 1');
  await onReplica.query(
    `change master to master_host = '127.0.0.1', master_port = ${primary.port}, master_user = '${REPLICATION_USER}',
     master_password = '${REPLICATION_PASSWORD}', master_use_gtid = slave_pos`,
  );
  await onReplica.query('start slave');
  return {
    ...{ primary, replica },
    async demote() {
      await onPrimary.query('set global read_only = 1');
    },
    async promote() {
      const [[position]] = (await onPrimary.query('select @@gtid_binlog_pos as gtid')) as unknown as [
        { readonly gtid: string }[],
      ];
      const [[reached]] = (await onReplica.query('select master_gtid_wait(?, ?) as result', [
        position?.gtid,
        PATIENCE_MS / 1_000,
      ])) as unknown as [{ readonly result: number }[]];
      if (reached?.result !== 0) throw new Error('the replica does not catch up');
      await onReplica.query('stop slave');
      await onReplica.query('set global read_only = 0');
    },
    async stop() {
      await Promise.all([onPrimary.end(), onReplica.end()]);
      await Promise.all([primary.stop(), replica.stop()]);
    },
  };
}

function asRoot(server: MariadbServer): Promise<Connection> {
  return createConnection({ host: '127.0.0.1', port: server.port, user: 'root' });
}
