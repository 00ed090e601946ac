/** Reads version, clock and memory of every master, for `seonchak doctor`. */
import { clockAheadMs, type StoreCondition } from '../store-condition.js';
import { parseInfo } from './durability.js';
import { storeFault } from './fault-classes.js';
import type { RedisNodes } from './redis-nodes.js';

/** @throws StoreUnavailableError */
export function inspectRedis(nodes: RedisNodes): Promise<StoreCondition[]> {
  return Promise.all(
    nodes.masters().map(async (node) => {
      try {
        const sentAtMs = Date.now();
        const [seconds, microseconds] = await node.time();
        const ahead = clockAheadMs(Number(seconds) * 1_000 + Number(microseconds) / 1_000, sentAtMs);
        const info = parseInfo(await node.info());
        const limitBytes = Number(info.get('maxmemory') ?? 0);
        return {
          name: `Redis ${node.options.host ?? ''}:${node.options.port ?? ''}`,
          kind: 'redis',
          version: info.get('redis_version') ?? 'unknown',
          clockAheadMs: ahead,
          usedBytes: Number(info.get('used_memory') ?? 0),
          ...(limitBytes === 0 ? {} : { limitBytes }),
        };
      } catch (error) {
        throw storeFault(error);
      }
    }),
  );
}
