/** Opens the connections to Redis and waits until they serve. */
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../engine/errors.js';
import { type RedisNodes, redisNodes } from './redis-nodes.js';

export interface ConnectOptions {
  /** One URL: a single node. Several: the seeds of a Cluster. */
  readonly redisUrls: readonly string[];
  /** PEM: who may sign for a server behind `rediss://`; `undefined`: those Node.js trusts. */
  readonly redisTlsCa?: string | undefined;
  /** Bound of every call: its answer or its fault comes within it. */
  readonly callDeadlineMs: number;
  /** How long to wait for the first connection. */
  readonly connectWithinMs?: number;
  /** Hears of every broken connection attempt, for the log. */
  readonly onConnectionError?: (error: Error) => void;
}

const CONNECT_WITHIN_MS = 10_000;
const POLL_MS = 10;

/** @throws StoreUnavailableError naming the last reason when Redis (every master of a Cluster) cannot be reached in time. */
export async function connectRedis(options: ConnectOptions): Promise<RedisNodes> {
  let lastError: Error | undefined;
  const nodes = redisNodes({
    urls: options.redisUrls,
    tlsCa: options.redisTlsCa,
    callDeadlineMs: options.callDeadlineMs,
    onConnectionError: (error) => {
      lastError = error;
      options.onConnectionError?.(error);
    },
  });
  const deadline = performance.now() + (options.connectWithinMs ?? CONNECT_WITHIN_MS);
  while (!isServing(nodes)) {
    if (performance.now() > deadline) {
      nodes.close();
      throw new StoreUnavailableError('Redis cannot be reached.', { cause: lastError });
    }
    await delay(POLL_MS);
  }
  return nodes;
}

/** True while every known master is connected: what readiness asks. */
export function isServing(nodes: RedisNodes): boolean {
  const masters = nodes.masters();
  return masters.length > 0 && masters.every((master) => master.status === 'ready');
}
