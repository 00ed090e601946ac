/** Starts the real servers of one fault: Redis, MariaDB, our processes, a proxy and a crowd. */
import type { Test } from 'tap';
import { setTimeout as pause } from 'node:timers/promises';
import { type MariadbServer, startMariadb } from '../servers/mariadb.js';
import type { RedisClusterServers } from '../servers/redis-cluster.js';
import { redisClient, type RedisServer, type RedisServerOptions, startRedis } from '../servers/redis.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy.js';
import { type CouponOptions, type CouponUnderFault, openCoupon } from './coupon-under-fault.js';
import { EvidenceReader } from './evidence.js';
import { couponKey } from '../../src/persist/redis/keys.js';

/** As short as it may be: a recovery waits for it. */
export const LEASE_MS = 5_100;

/** Threads of a single recorder, as by default; the other servers of the tests have one. */
const TWO_THREADS = { RECORD_THREADS: '2' };

export interface WorldOptions extends CouponOptions {
  /** API servers, each also a recorder. */
  readonly servers?: number;
  /** One recorder more that does nothing else and reaches Redis through the proxy; then the API servers do not record. */
  readonly loneRecorder?: boolean;
  /** More for that recorder. */
  readonly recorderSettings?: Readonly<Record<string, string>>;
  readonly redis?: RedisServerOptions;
  /** In place of a Redis of its own; the caller that started it ends it. */
  readonly redisServer?: RedisServer;
  /** In place of a Redis of its own. */
  readonly cluster?: RedisClusterServers;
  /** Between our servers and Redis, or MariaDB. */
  readonly redisProxy?: boolean;
  readonly mysqlProxy?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** More for one server each, by its place. */
  readonly serverSettings?: readonly Readonly<Record<string, string>>[];
}

export interface Site {
  /** The only one, or the first node of a Cluster. */
  readonly redis: RedisServer;
  readonly redisUrls: readonly string[];
  readonly mariadb: MariadbServer;
  readonly servers: readonly SeonchakServer[];
  readonly recorder: SeonchakServer | undefined;
  readonly redisProxy: TcpProxy;
  readonly mysqlProxy: TcpProxy;
  /** Past the proxies. */
  readonly reader: EvidenceReader;
  /** Environment of our servers and commands. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface World extends Site, CouponUnderFault {
  /** Version of the saved terms. Without a seller it grows with rebuilds only: 1 for a coupon that was never rebuilt. */
  version(): Promise<number>;
  /** How many rows there are now. */
  rows(): Promise<number>;
  /** How many winners Redis has now. */
  winners(): Promise<number>;
}

/** One MariaDB for all faults of a file: starting one takes seconds. */
export async function sharedMariadb(t: Test): Promise<MariadbServer> {
  const mariadb = await startMariadb();
  t.teardown(() => mariadb.stop());
  return mariadb;
}

export function evidenceReader(
  t: Test,
  mariadb: MariadbServer,
  redisUrls: readonly string[],
): EvidenceReader {
  const reader = new EvidenceReader(mariadb.url, redisUrls);
  t.teardown(() => reader.close());
  return reader;
}

export async function startSite(t: Test, mariadb: MariadbServer, options: WorldOptions = {}): Promise<Site> {
  const given = options.cluster?.nodes[0] ?? options.redisServer;
  const redis = given ?? (await startRedis(options.redis));
  if (given === undefined) t.teardown(() => redis.stop());
  const redisUrls = options.cluster?.urls ?? [redis.url];
  const redisProxy = await startTcpProxy(redis.port);
  t.teardown(() => redisProxy.stop());
  const mysqlProxy = await startTcpProxy(mariadb.port);
  t.teardown(() => mysqlProxy.stop());
  const reader = evidenceReader(t, mariadb, redisUrls);
  const mysqlUrl = new URL(mariadb.url);
  if (options.mysqlProxy === true) mysqlUrl.port = String(mysqlProxy.port);
  const settings = {
    REDIS_URL: options.redisProxy === true ? `redis://127.0.0.1:${redisProxy.port}` : redisUrls.join(','),
    MYSQL_URL: mysqlUrl.href,
    LEASE_MS: String(LEASE_MS),
    ...options.settings,
  };
  const alone = options.loneRecorder === true;
  // Several servers are several recorders already.
  const recording = (options.servers ?? 1) > 1 ? {} : TWO_THREADS;
  const apiSettings = { ...recording, ...settings, ...(alone ? { ROLES: 'api' } : {}) };
  const servers = await Promise.all(
    Array.from({ length: options.servers ?? 1 }, async (_, place) => {
      const server = await startSeonchak({ ...apiSettings, ...options.serverSettings?.[place] });
      // Also where another one of them does not start.
      t.teardown(() => server.stop());
      return server;
    }),
  );
  const recorder = alone
    ? await startSeonchak({
        ...TWO_THREADS,
        ...settings,
        ROLES: 'recorder',
        REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
        ...options.recorderSettings,
      })
    : undefined;
  if (recorder !== undefined) t.teardown(() => recorder.stop());
  return { redis, redisUrls, mariadb, servers, recorder, redisProxy, mysqlProxy, reader, settings };
}

/** One more coupon with its crowd on servers that run already. */
export async function openWorld(t: Test, site: Site, options: WorldOptions = {}): Promise<World> {
  const { reader } = site;
  const origins = site.servers.map((server) => server.origin);
  const coupon = await openCoupon(t, origins, (couponId) => reader.whenIdle(couponId), options);
  const { couponId } = coupon;
  return {
    ...site,
    ...coupon,
    rows: () => reader.rows(couponId),
    version: () => reader.version(couponId),
    winners: () => reader.winners(couponId),
  };
}

export async function startWorld(
  t: Test,
  mariadb: MariadbServer,
  options: WorldOptions = {},
): Promise<World> {
  return openWorld(t, await startSite(t, mariadb, options), options);
}

/** Resolves while a recorder holds a claim. */
export async function claimHeld(world: World): Promise<void> {
  const client = redisClient(world.redis);
  // Besides the marker there is a claim.
  while ((await client.zcard(couponKey(world.couponId, 'claims'))) < 2) await pause(5);
  client.disconnect();
}
