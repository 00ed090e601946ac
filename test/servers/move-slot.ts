/** Moves the slot of a key to another master of a Cluster, key by key. */
import { setTimeout as delay } from 'node:timers/promises';
import { Command, type Redis } from 'ioredis';
import { redisClient } from './redis.js';
import type { ClusterNodeServer, RedisClusterServers } from './redis-cluster.js';

/** Long enough that commands get in between two keys of a slot that moves. */
const BETWEEN_KEYS_MS = 20;
const KEYS_MAX = 1_000;

interface Place {
  readonly node: ClusterNodeServer;
  readonly client: Redis;
}

/** From the master that holds it to the next one, in the order of the keys: one coupon of a bucket after another. */
export async function moveSlot(
  cluster: RedisClusterServers,
  key: string,
  betweenKeysMs = BETWEEN_KEYS_MS,
): Promise<void> {
  const slot = new Command('get', [key]).getSlot();
  const places = cluster.nodes
    .filter((node) => node.startedAs === 'master')
    .map((node): Place => ({ node, client: redisClient(node) }));
  try {
    const held = await Promise.all(
      places.map(({ client }) => client.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_MAX)),
    );
    const from = held.findIndex((keys) => (keys as string[]).length > 0);
    const source = places[from];
    const target = places[(from + 1) % places.length];
    if (source === undefined || target === undefined) throw new Error(`no master holds ${key}`);
    await target.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.node.nodeId);
    await source.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.node.nodeId);
    for (const one of [...(held[from] as string[])].sort()) {
      await delay(betweenKeysMs);
      await source.client.call('MIGRATE', '127.0.0.1', target.node.port, one, 0, 5_000);
    }
    await delay(BETWEEN_KEYS_MS);
    await target.client.call('CLUSTER', 'SETSLOT', slot, 'NODE', target.node.nodeId);
    for (const { client } of places) {
      await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', target.node.nodeId);
    }
    await delay(BETWEEN_KEYS_MS);
  } finally {
    for (const { client } of places) client.disconnect();
  }
}
