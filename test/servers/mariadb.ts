/** Starts a private MariaDB for a test: real mariadbd, free port, temporary folder, default durability. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { DATABASE, makeMariadbFolder, PASSWORD, USER } from './mariadb-folder.js';
import { requiredProgram } from './on-path.js';

export interface MariadbServer {
  /** mysql://user:password@127.0.0.1:port/database, stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Orderly shutdown; removes the folder. */
  stop(): Promise<void>;
  /** Sends a signal; if that ends the process, waits until it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same folder and port, after `kill`. */
  restart(): Promise<void>;
}

/** Starts an own server and makes its database. Nothing outlives the test: the folder and the process go at exit. */
export async function startMariadb(extraOptions: readonly string[] = []): Promise<MariadbServer> {
  const binary = requiredProgram(['mariadbd', 'mysqld'], { package: 'mariadb-server' });
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-mariadb-'));
  const removeFolder = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', removeFolder);
  const dataFolder = join(folder, 'data');
  const folderOptions = await makeMariadbFolder(binary, dataFolder);

  const port = await freePort();
  const options = [
    '--no-defaults',
    `--datadir=${dataFolder}`,
    // A folder of its own: a server that starts removes the temporary tables of every other one that shares the folder.
    `--tmpdir=${folder}`,
    ...folderOptions,
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
  const launch = (): Promise<ChildServer> => startChildServer(binary, options, /ready for connections/);
  let server = await launch();

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
