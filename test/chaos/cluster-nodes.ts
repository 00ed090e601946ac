/** Finds out which nodes of a Cluster are masters at the moment, and promotes others. */
import { setTimeout as pause } from 'node:timers/promises';
import { couponKey } from '../../src/persist/redis/keys.js';
import type { ClusterNodeServer, RedisClusterServers } from '../servers/redis-cluster.js';
import { redisClient } from '../servers/redis.js';

const POLL_MS = 20;

/** A master and its one replica, whichever of the two was started as what. */
export interface NodePair {
  readonly master: ClusterNodeServer;
  readonly replica: ClusterNodeServer;
}

/** Every node of the Cluster runs, and every master has one replica. */
export async function nodePairs(cluster: RedisClusterServers): Promise<NodePair[]> {
  const masters = cluster.nodes.length / 2;
  return Promise.all(
    cluster.nodes.slice(0, masters).map(async (first, place) => {
      const second = cluster.nodes[masters + place];
      if (second === undefined) throw new Error('every master has a replica');
      return (await isMaster(first))
        ? { master: first, replica: second }
        : { master: second, replica: first };
    }),
  );
}

/** The pair that has the coupon. */
export async function ownersOf(cluster: RedisClusterServers, couponId: number): Promise<NodePair> {
  for (const pair of await nodePairs(cluster)) if (await hasCoupon(pair.master, couponId)) return pair;
  throw new Error('no master has the coupon');
}

export async function hasCoupon(master: ClusterNodeServer, couponId: number): Promise<boolean> {
  const client = redisClient(master);
  // A node that does not have the slot refers to the one that has it.
  const there = await client.exists(couponKey(couponId, 'meta')).catch(() => 0);
  client.disconnect();
  return there === 1;
}

/** A planned failover; resolves when the replica is the master. */
export async function promote(replica: ClusterNodeServer): Promise<void> {
  const client = redisClient(replica);
  await client.call('CLUSTER', 'FAILOVER');
  client.disconnect();
  await untilMaster(replica);
}

export async function untilMaster(node: ClusterNodeServer): Promise<void> {
  while (!(await isMaster(node))) await pause(POLL_MS);
}

async function isMaster(node: ClusterNodeServer): Promise<boolean> {
  const client = redisClient(node);
  const replication = await client.info('replication');
  client.disconnect();
  return replication.includes('role:master');
}
