/** Starts the stores, the earlier version and commands of either version for moved-winners.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import type { Test } from 'tap';
import { startChildServer } from '../servers/child-server.js';
import { redisClientOf } from '../servers/earlier-layout.js';
import { freePort } from '../servers/free-port.js';
import { type MariadbServer, startMariadb } from '../servers/mariadb.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { type RedisServer, startRedis } from '../servers/redis.js';
import { TEST_SECRET } from '../servers/seonchak.js';

/** Folders of the two versions. */
export const present = fileURLToPath(new URL('../..', import.meta.url));
export const earlier = process.env['EARLIER_VERSION'] ?? '';
export const inCluster = process.env['MOVED_IN_CLUSTER'] === '1';

const BIN = 'dist/cli/seonchak.js';
const LEASE_MS = '6000';

type Settings = Readonly<Record<string, string>>;

export interface Place {
  readonly mariadb: MariadbServer;
  readonly nodes: readonly RedisServer[];
  readonly redis: Redis | Cluster;
  /** Environment of our servers and commands. */
  readonly settings: Settings;
  untilOk(): Promise<void>;
}

export const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
export const seconds = (fromMs: number): string => `${((performance.now() - fromMs) / 1_000).toFixed(1)} s`;

export async function startPlace(t: Test): Promise<Place> {
  const mariadb = await startMariadb(['--innodb-buffer-pool-size=512M']);
  t.teardown(() => mariadb.stop());
  const servers = inCluster ? await startRedisCluster({ masters: 3 }) : await oneRedis();
  t.teardown(() => servers.stop());
  const { nodes } = servers;
  const urls = nodes.map(({ url }) => url);
  const redis = redisClientOf(urls).on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  const settings = { REDIS_URL: urls.join(','), MYSQL_URL: mariadb.url, LEASE_MS };
  return { mariadb, nodes, redis, settings, untilOk: () => servers.untilOk() };
}

async function oneRedis() {
  const server = await startRedis();
  return { nodes: [server], stop: () => server.stop(), untilOk: () => Promise.resolve() };
}

export async function startEarlier(t: Test, settings: Settings) {
  const port = await freePort();
  const env = {
    ...process.env,
    ...{ JWT_SECRET: TEST_SECRET, SELLER_SIGNUP: 'open', SHUTDOWN_DELAY_MS: '0', LOG_LEVEL: 'warn' },
    ...{ PORT: String(port), ...settings },
  };
  const options = { env, cwd: earlier };
  const child = await startChildServer(process.execPath, [join(earlier, BIN), 'serve'], /ready/i, options);
  t.teardown(() => (child.isAlive() ? child.kill('SIGKILL') : undefined));
  return { origin: `http://127.0.0.1:${port}`, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** Without the time limit that commands of other tests have. */
export function startCommand(folder: string, words: readonly string[], settings: Settings) {
  const child = spawn(process.execPath, [join(folder, BIN), ...words], {
    env: { PATH: process.env['PATH'], JWT_SECRET: TEST_SECRET, ...settings },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = text(child.stdout);
  return { child, ended: once(child, 'exit'), output };
}

export async function command(t: Test, folder: string, words: readonly string[], settings: Settings) {
  const { child, ended, output } = startCommand(folder, words, settings);
  await ended;
  t.equal(child.exitCode, 0, words.join(' '));
  return output;
}

export async function countRows(mariadb: MariadbServer): Promise<number> {
  const database = await createConnection(mariadb.url);
  const [rows] = await database.query('select count(*) as count from member_coupon');
  await database.end();
  return Number((rows as { count: number }[])[0]?.count);
}
