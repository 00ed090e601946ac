/** Real servers for one fault: Redis, MariaDB, our own processes, a proxy where the fault needs one, and a crowd with its log. */
import type { Test } from 'tap';
import { appendFile } from 'node:fs/promises';
import type { Member } from '../clients/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { signMemberTokens } from '../clients/tokens.js';
import { type MariadbServer, startMariadb } from '../servers/mariadb.js';
import type { RedisClusterServers } from '../servers/redis-cluster.js';
import { type RedisServer, type RedisServerOptions, startRedis } from '../servers/redis.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy.js';
import { registerCoupon } from '../system/storm.js';
import { check, type CheckOptions, type Verdict } from './check.js';
import { Crowd } from './crowd.js';
import { countRows, type Evidence, evidenceAtRest, readEpoch } from './evidence.js';

/** As short as it may be: a recovery waits for it. */
export const LEASE_MS = 5_100;
export const CONNECTIONS = 60;
const LANES = 30;
const PACE_MS = 40;

export interface WorldOptions {
  readonly quantity?: number;
  readonly members?: number;
  readonly opensAtMs?: number;
  /** API servers, each also a recorder. */
  readonly servers?: number;
  /** One recorder more that does nothing else and reaches Redis through the proxy; then the API servers do not record. */
  readonly loneRecorder?: boolean;
  readonly redis?: RedisServerOptions;
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
  /** Environment of our servers and commands. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface World extends Site {
  readonly quantity: number;
  readonly couponId: number;
  readonly members: readonly Member[];
  readonly crowd: Crowd;
  /** All members, or those from one place to another, press until they know. */
  storm(from?: number, to?: number): Promise<void>;
  evidence(): Promise<Evidence>;
  /** Grows with every rebuild: 1 for a coupon that never lost its past. */
  epoch(): Promise<number>;
  /** How many rows there are now. */
  rows(): Promise<number>;
  /** Compares everything and asserts that nothing was violated. */
  verdict(t: Test, options?: Partial<CheckOptions>): Promise<Verdict>;
}

const PATIENCE_MS = 60_000;

/** One MariaDB for all faults of a file: starting one takes seconds. */
export async function sharedMariadb(t: Test): Promise<MariadbServer> {
  const mariadb = await startMariadb();
  t.teardown(() => mariadb.stop());
  return mariadb;
}

export async function startSite(t: Test, mariadb: MariadbServer, options: WorldOptions = {}): Promise<Site> {
  const redis = options.cluster?.nodes[0] ?? (await startRedis(options.redis));
  if (options.cluster === undefined) t.teardown(() => redis.stop());
  const redisUrls = options.cluster?.urls ?? [redis.url];
  const redisProxy = await startTcpProxy(redis.port);
  t.teardown(() => redisProxy.stop());
  const mysqlProxy = await startTcpProxy(mariadb.port);
  t.teardown(() => mysqlProxy.stop());
  const mysqlUrl = new URL(mariadb.url);
  if (options.mysqlProxy === true) mysqlUrl.port = String(mysqlProxy.port);
  const settings = {
    REDIS_URL: options.redisProxy === true ? `redis://127.0.0.1:${redisProxy.port}` : redisUrls.join(','),
    MYSQL_URL: mysqlUrl.href,
    LEASE_MS: String(LEASE_MS),
    ...options.settings,
  };
  const alone = options.loneRecorder === true;
  const apiSettings = alone ? { ...settings, ROLES: 'api' } : settings;
  const servers = await Promise.all(
    Array.from({ length: options.servers ?? 1 }, (_, place) =>
      startSeonchak({ ...apiSettings, ...options.serverSettings?.[place] }),
    ),
  );
  const recorder = alone
    ? await startSeonchak({
        ...settings,
        ROLES: 'recorder',
        REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
      })
    : undefined;
  if (recorder !== undefined) t.teardown(() => recorder.stop());
  for (const server of servers) t.teardown(() => server.stop());
  return { redis, redisUrls, mariadb, servers, recorder, redisProxy, mysqlProxy, settings };
}

/** One more coupon with its crowd on servers that run already. */
export async function openWorld(t: Test, site: Site, options: WorldOptions = {}): Promise<World> {
  const { quantity = 400, members: memberCount = 600 } = options;
  const origins = site.servers.map((server) => server.origin);
  const seller = new HttpClient(origins[0] ?? '', 1);
  const couponId = await registerCoupon(seller, quantity, options.opensAtMs);
  seller.close();
  const tokens = await signMemberTokens(memberCount);
  const members = tokens.map((token, index) => ({ memberId: String(index + 1), token }));
  const crowd = new Crowd(origins, CONNECTIONS);
  t.teardown(() => crowd.close());
  const evidence = (): Promise<Evidence> => evidenceAtRest(site.mariadb.url, site.redisUrls, couponId);

  return {
    ...site,
    ...{ quantity, couponId, members, crowd },
    storm: (from = 0, to = memberCount) =>
      crowd.press(couponId, members.slice(from, to), {
        atOnce: LANES,
        paceMs: PACE_MS,
        patienceMs: PATIENCE_MS,
      }),
    evidence,
    rows: () => countRows(site.mariadb.url, couponId),
    epoch: () => readEpoch(site.mariadb.url, couponId),
    async verdict(t, checkOptions = {}) {
      const verdict = check(crowd.presses, await evidence(), { quantity, ...checkOptions });
      await assertVerdict(t, crowd, verdict);
      return verdict;
    },
  };
}

export async function startWorld(
  t: Test,
  mariadb: MariadbServer,
  options: WorldOptions = {},
): Promise<World> {
  return openWorld(t, await startSite(t, mariadb, options), options);
}

export async function assertVerdict(t: Test, crowd: Crowd, verdict: Verdict): Promise<void> {
  t.strictSame(verdict.violations, [], 'every promise is kept');
  await report(t.name, crowd, verdict);
}

/** For the table in docs/reliability.md: a line a run, where CHAOS_REPORT names a file. */
async function report(name: string, crowd: Crowd, verdict: Verdict): Promise<void> {
  const file = process.env['CHAOS_REPORT'];
  if (file === undefined) return;
  const line = {
    name,
    presses: crowd.presses.length,
    won: new Set(crowd.presses.filter((press) => press.issueNo !== undefined).map((press) => press.memberId))
      .size,
    unknown: crowd.presses.filter((press) => press.outcome === 'lost' || press.outcome === 'outcome_unknown')
      .length,
    violations: verdict.violations.length,
    lost: verdict.lost.length,
  };
  await appendFile(file, `${JSON.stringify(line)}\n`);
}
