/** A private MariaDB server of one test: real mariadbd, free port, throw-away folder, default durability. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { onPath } from './on-path.js';

const DATABASE = 'seonchak';
const USER = 'seonchak';
const PASSWORD = 'only-on-loopback';

const run = promisify(execFile);

export interface MariadbServer {
  /** mysql://user:password@127.0.0.1:port/database, stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Orderly shutdown; removes the folder. */
  stop(): Promise<void>;
  /** Sends a signal; if that ends the process, waits until it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same folder and port, after `kill`. */
  restart(): Promise<void>;
}

/** Starts an own server and makes its database. Nothing outlives the test: the folder and the process go at exit. */
export async function startMariadb(extraOptions: readonly string[] = []): Promise<MariadbServer> {
  const binary = onPath('mariadbd') ?? onPath('mysqld');
  const installer = onPath('mariadb-install-db') ?? onPath('mysql_install_db');
  if (binary === undefined || installer === undefined) {
    throw new Error('MariaDB is needed by this test: apt-get install mariadb-server');
  }
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-mariadb-'));
  const removeFolder = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeFolder);
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  // A small redo log: most of the time to make a fresh folder is writing it.
  // A temporary folder of its own: a server that starts removes the temporary tables of every other one that shares it.
  const shared = [
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${folder}`,
    '--innodb-log-file-size=48M',
    ...asRoot,
  ];
  await run(installer, [
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...shared,
  ]);

  const port = await freePort();
  const options = [
    '--no-defaults',
    ...shared,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-networking=OFF',
    '--skip-name-resolve',
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
    '--innodb-buffer-pool-size=64M',
    '--innodb-flush-log-at-trx-commit=1',
    '--max-connections=200',
    '--performance-schema=OFF',
    ...extraOptions,
  ];
  const launch = (): Promise<ChildServer> => {
    // With setpriv the server dies with us even when we are killed and no exit handler runs.
    const guard = onPath('setpriv');
    const [command, args] =
      guard === undefined ? [binary, options] : [guard, ['--pdeathsig', 'KILL', binary, ...options]];
    return startChildServer(command, args, /ready for connections/);
  };
  let server = await launch();

  const root = await createConnection({ host: '127.0.0.1', port, user: 'root' });
  await root.query(`create database ${DATABASE} character set utf8mb4`);
  await root.query(`create user '${USER}'@'127.0.0.1' identified by '${PASSWORD}'`);
  await root.query(`grant all privileges on ${DATABASE}.* to '${USER}'@'127.0.0.1'`);
  await root.end();

  return {
    url: `mysql://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`,
    port,
    get pid() {
      return server.pid;
    },
    async stop() {
      // A stopped process (SIGSTOP) would not see the SIGTERM.
      await server.kill('SIGCONT');
      await server.kill('SIGTERM');
      process.off('exit', removeFolder);
      removeFolder();
    },
    kill: (signal) => server.kill(signal),
    async restart() {
      server = await launch();
    },
  };
}
