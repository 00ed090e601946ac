/** Starts our built server as a process of its own on a free port. */
import { fileURLToPath } from 'node:url';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';

const bin = fileURLToPath(new URL('../../dist/cli/seonchak.js', import.meta.url));

/** What the tests sign tokens with. */
export const TEST_SECRET = 'a-secret-of-the-tests-5f0c9d7e3b1a8246';

export interface SeonchakServer {
  readonly origin: string;
  readonly port: number;
  readonly pid: () => number;
  readonly log: () => string;
  isAlive(): boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts again with the same settings on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts `seonchak serve` and waits until it reports ready. Settings are environment variables.
 *
 * @param openFilesMax its limit of open files; left out, that of this process.
 */
export async function startSeonchak(
  settings: Readonly<Record<string, string>>,
  openFilesMax?: number,
): Promise<SeonchakServer> {
  const port = await freePort();
  const env = {
    ...process.env,
    JWT_SECRET: TEST_SECRET,
    SELLER_SIGNUP: 'open',
    MEMBER_SIGNUP: 'open',
    SHUTDOWN_DELAY_MS: '0',
    // A thread costs a third of a second of computing. The faults are tried with two.
    RECORD_THREADS: '1',
    LOG_LEVEL: 'warn',
    PORT: String(port),
    ...settings,
  };
  const command = [process.execPath, bin, 'serve'];
  const [program = '', ...words] =
    openFilesMax === undefined ? command : ['prlimit', `--nofile=${openFilesMax}`, ...command];
  const launch = (): Promise<ChildServer> => startChildServer(program, words, /ready/i, { env });
  let child = await launch();
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    pid: () => child.pid,
    log: () => child.log(),
    isAlive: () => child.isAlive(),
    kill: (signal) => child.kill(signal),
    async restart() {
      if (child.isAlive()) await child.kill('SIGTERM');
      child = await launch();
    },
    async stop() {
      if (!child.isAlive()) return;
      await child.kill('SIGCONT');
      await child.kill('SIGTERM');
    },
  };
}
