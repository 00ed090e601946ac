/** Starts a private Redis on its own port and temporary folder, and stops it by its pid. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type ChildServer, startChildServer } from './child-server.js';
import { freePort } from './free-port.js';
import { requiredProgram } from './on-path.js';

export interface RedisServerOptions {
  /** Default `always`, which level `fsync` asks for. `off`: no append-only file. */
  readonly appendfsync?: 'always' | 'everysec' | 'no' | 'off';
  /** Further settings as on the command line, such as `['--maxmemory', '1mb']`; later ones win. */
  readonly args?: readonly string[];
  /** Where its own folder is made. Default: the system's temporary folder. */
  readonly within?: string;
}

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** Changes with every restart. */
  readonly pid: () => number;
  readonly log: () => string;
  readonly isAlive: () => boolean;
  /** `SIGSTOP` and `SIGCONT` freeze and thaw; with any other signal it waits until the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts again on the same port and folder (ending it first where it still runs), and waits until it serves. */
  restart(extraArgs?: readonly string[]): Promise<void>;
  /** Ends it and removes its folder. May be called twice. */
  stop(): Promise<void>;
}

/** Another process may take the port between the check and the start. */
const START_ATTEMPTS_MAX = 5;
const READY = /Ready to accept connections/;

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(options.within ?? tmpdir(), 'seonchak-redis-'));
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return serverIn(folder, port, await start(folder, port, options, []), options);
    } catch (error) {
      if (attempt >= START_ATTEMPTS_MAX) {
        await rm(folder, { recursive: true, force: true });
        throw error;
      }
    }
  }
}

function start(
  folder: string,
  port: number,
  options: RedisServerOptions,
  extraArgs: readonly string[],
): Promise<ChildServer> {
  const appendfsync = options.appendfsync ?? 'always';
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: appendfsync === 'off' ? 'no' : 'yes',
    ...(appendfsync === 'off' ? {} : { appendfsync }),
    'maxmemory-policy': 'noeviction',
    // A replica is sent its first copy at once; the default of 5 s waits for more of them and only makes tests slow.
    'repl-diskless-sync-delay': '0',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const program = requiredProgram('redis-server', { package: 'redis-server' });
  return startChildServer(program, [...args, ...(options.args ?? []), ...extraArgs], READY);
}

function serverIn(
  folder: string,
  port: number,
  first: ChildServer,
  options: RedisServerOptions,
): RedisServer {
  let child = first;
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    pid: () => child.pid,
    log: () => child.log(),
    isAlive: () => child.isAlive(),
    kill: (signal) => child.kill(signal),
    async restart(extraArgs = []) {
      if (child.isAlive()) await child.kill('SIGTERM');
      child = await start(folder, port, options, extraArgs);
    },
    async stop() {
      // A frozen process does not react to SIGTERM; its data is thrown away anyway.
      if (child.isAlive()) await child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A plain client with which a test reads or breaks Redis; the test disconnects it. */
export function redisClient(server: Pick<RedisServer, 'port'>): Redis {
  const client = new Redis({ host: '127.0.0.1', port: server.port, lazyConnect: true });
  // Each command reports a server that was killed; without a listener the library prints every attempt to reconnect.
  return client.on('error', () => undefined);
}
