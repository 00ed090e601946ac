/** Opens the connections to Redis and waits until they serve. */
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../engine/domain/errors.js';
import type { ServerTls } from '../server-tls.js';
import { type RedisNodes, redisNodes } from './redis-nodes.js';

export interface ConnectOptions {
  /** One URL: a single node. Several: the seeds of a Cluster. */
  readonly redisUrls: readonly string[];
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

/** @throws StoreUnavailableError naming the last reason when Redis (every master of a Cluster) cannot be reached in time or refuses us. */
export async function connectRedis(options: ConnectOptions): Promise<RedisNodes> {
  let lastError: Error | undefined;
  const nodes = redisNodes({
    urls: options.redisUrls,
    tls: options.redisTls,
    keyPrefix: options.redisPrefix ?? '',
    callDeadlineMs: options.callDeadlineMs,
    onConnectionError: (error) => {
      lastError = error;
      options.onConnectionError?.(error);
    },
  });
  const deadline = performance.now() + (options.connectWithinMs ?? CONNECT_WITHIN_MS);
  for (;;) {
    if (CREDENTIALS_REFUSED.test(lastError?.message ?? '')) {
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

/** True while every known master is connected and takes writes: what readiness asks. */
export function isServing(nodes: RedisNodes): boolean {
  return isConnected(nodes) && nodes.takesWrites();
}

function isConnected(nodes: RedisNodes): boolean {
  const masters = nodes.masters();
  return masters.length > 0 && masters.every((master) => master.status === 'ready');
}
