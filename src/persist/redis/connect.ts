/** Opens the connections to Redis and waits until they serve. */
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, StoreUnavailableError } from '../../engine/domain/errors.js';
import type { ServerTls } from '../server-tls.js';
import { clusterNodes, type RedisNodes, redisNodes, type RedisNodesOptions } from './redis-nodes.js';
import type { NatMap, SentinelGroup } from './redis-servers.js';

export interface ConnectOptions {
  /** One URL: a single node, or a Cluster that it is part of. Several: the seeds of a Cluster. */
  readonly redisUrls: readonly string[];
  /** The one URL then has user, password and database. */
  readonly redisSentinel?: SentinelGroup | undefined;
  /** `REDIS_NAT_MAP`: of a Cluster and of Sentinels. */
  readonly redisNatMap?: NatMap | undefined;
  /** `undefined`: no TLS, or with `rediss://` the authorities that Node.js trusts. */
  readonly redisTls?: ServerTls | undefined;
  /** `REDIS_PREFIX`: before every key and channel. */
  readonly redisPrefix?: string;
  /** Bound of every call: its answer or its fault comes within it. */
  readonly callDeadlineMs: number;
  /** How long to wait for the first connection. */
  readonly connectWithinMs?: number;
  /** Called on every broken connection attempt, for the log. */
  readonly onConnectionError?: (error: Error) => void;
}

const CONNECT_WITHIN_MS = 10_000;
const POLL_MS = 10;

/**
 * Redis's reply to wrong or missing credentials. A retry would not change it, and some of its connections seem ready
 * meanwhile.
 */
const CREDENTIALS_REFUSED = /^(?:WRONGPASS|NOAUTH)\b/;

/** What Redis replies to `SELECT`, and what to do. */
const databaseRemedies: readonly (readonly [reply: RegExp, remedy: string])[] = [
  [
    /SELECT is not allowed in cluster mode/,
    'REDIS_URL names a database number, but this Redis is a Cluster, which has only database 0; remove the number',
  ],
  [
    /DB index is out of range/,
    'REDIS_URL names a database number that this Redis does not have; use a lower number, or raise `databases` of Redis',
  ],
];

/**
 * @throws StoreUnavailableError naming the last reason when Redis (every master of a Cluster) cannot be reached in time or refuses us.
 *   ConfigError where the database number cannot be.
 */
export async function connectRedis(options: ConnectOptions): Promise<RedisNodes> {
  const deadline = performance.now() + (options.connectWithinMs ?? CONNECT_WITHIN_MS);
  const nodes = await connected(options, redisNodes, deadline);
  if (nodes.isCluster || options.redisSentinel !== undefined || !(await isPartOfCluster(nodes))) return nodes;
  nodes.close();
  return connected(options, clusterNodes, deadline);
}

async function connected(
  options: ConnectOptions,
  open: (options: RedisNodesOptions) => RedisNodes,
  deadline: number,
): Promise<RedisNodes> {
  let lastError: Error | undefined;
  const nodes = open({
    urls: options.redisUrls,
    sentinel: options.redisSentinel,
    natMap: options.redisNatMap,
    tls: options.redisTls,
    keyPrefix: options.redisPrefix ?? '',
    callDeadlineMs: options.callDeadlineMs,
    onConnectionError: (error) => {
      lastError = error;
      options.onConnectionError?.(error);
    },
  });
  for (;;) {
    const reason = lastError?.message ?? '';
    const remedy = databaseRemedies.find(([reply]) => reply.test(reason))?.[1];
    if (remedy !== undefined) {
      nodes.close();
      throw new ConfigError([remedy]);
    }
    if (CREDENTIALS_REFUSED.test(reason)) {
      nodes.close();
      throw new StoreUnavailableError('Redis refused the user name or password. Check REDIS_URL.', {
        cause: lastError,
      });
    }
    if (isConnected(nodes)) return nodes;
    if (performance.now() > deadline) {
      nodes.close();
      throw new StoreUnavailableError('Redis cannot be reached. Check REDIS_URL and that Redis is running.', {
        cause: lastError,
      });
    }
    await delay(POLL_MS);
  }
}

/** One address is enough for a Cluster, as hosters hand it out: its nodes name each other. */
async function isPartOfCluster(nodes: RedisNodes): Promise<boolean> {
  const info = await nodes
    .masters()[0]
    ?.info('cluster')
    .catch(() => '');
  return /^cluster_enabled:1\b/m.test(info ?? '');
}

/** True while every known master is connected and takes writes: what readiness asks. */
export function isServing(nodes: RedisNodes): boolean {
  return isConnected(nodes) && nodes.takesWrites();
}

function isConnected(nodes: RedisNodes): boolean {
  const masters = nodes.masters();
  return masters.length > 0 && masters.every((master) => master.status === 'ready');
}
