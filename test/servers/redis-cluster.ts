/** Starts a private Redis Cluster: N masters with R replicas each, ready when every node is. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { redisClient, type RedisServer, type RedisServerOptions, startRedis } from './redis.js';

export interface RedisClusterOptions extends RedisServerOptions {
  readonly masters?: number;
  /** Replicas of each master. */
  readonly replicas?: number;
  /** How long a node must be silent before the others call it failed, milliseconds. */
  readonly nodeTimeoutMs?: number;
}

export interface ClusterNodeServer extends RedisServer {
  /** Its place at the start; a failover does not change it. */
  readonly startedAs: 'master' | 'replica';
  readonly nodeId: string;
}

export interface RedisClusterServers {
  /** Masters first, then replicas: replica k of master m is at masters + m × replicas + k. */
  readonly nodes: readonly ClusterNodeServer[];
  readonly urls: readonly string[];
  /** Waits until every node that is alive reports `cluster_state:ok`. */
  untilOk(): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const FORMING_TIMEOUT_MS = 60_000;
const POLL_MS = 25;

export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisClusterServers> {
  const masters = options.masters ?? 3;
  const replicas = options.replicas ?? 0;
  const servers: RedisServer[] = [];
  const busPorts: number[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (let index = 0; index < masters * (1 + replicas); index++) {
      const busPort = await freePort(busPorts);
      busPorts.push(busPort);
      servers.push(
        await startRedis({ ...options, args: [...nodeArgs(busPort, options), ...(options.args ?? [])] }),
      );
    }
    const nodeIds = await form(servers, busPorts, masters, replicas);
    const nodes = servers.map((server, index): ClusterNodeServer => ({
      ...server,
      startedAs: index < masters ? 'master' : 'replica',
      nodeId: nodeIds[index] ?? '',
    }));
    return { nodes, urls: nodes.map((node) => node.url), untilOk: () => untilOk(servers), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function nodeArgs(busPort: number, options: RedisClusterOptions): string[] {
  return [
    ...['--cluster-enabled', 'yes'],
    ...['--cluster-port', String(busPort)],
    ...['--cluster-node-timeout', String(options.nodeTimeoutMs ?? 2_000)],
  ];
}

/** What `redis-cli --cluster create` does, without a terminal: slots, distinct epochs, meet, replicate. Returns the node ids. */
async function form(
  servers: readonly RedisServer[],
  busPorts: readonly number[],
  masters: number,
  replicas: number,
): Promise<string[]> {
  const clients = servers.map(redisClient);
  const first = clients[0];
  const firstServer = servers[0];
  if (first === undefined || firstServer === undefined) throw new Error('a Cluster needs at least one node');
  try {
    const nodeIds = await Promise.all(
      clients.map(async (client) => String(await client.call('CLUSTER', 'MYID'))),
    );
    await Promise.all(
      clients.map(async (client, index) => {
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
        if (index < masters) {
          const from = Math.floor((index * SLOTS) / masters);
          const to = Math.floor(((index + 1) * SLOTS) / masters) - 1;
          await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
        }
      }),
    );
    for (const [index, server] of servers.entries()) {
      if (index > 0) await first.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPorts[index] ?? 0);
    }
    await until('every node knows every other', async () =>
      (await Promise.all(clients.map((client) => clusterInfo(client)))).every(
        (info) => info.cluster_known_nodes === String(servers.length),
      ),
    );
    for (let index = masters; index < servers.length; index++) {
      const masterId = nodeIds[Math.floor((index - masters) / replicas)] ?? '';
      // A node that has just joined may not know the master's id for a moment more.
      await until('replica attached', async () => {
        const reply = await clients[index]?.call('CLUSTER', 'REPLICATE', masterId).catch(() => undefined);
        return reply === 'OK';
      });
    }
    await until('every replica is in step', async () =>
      (await Promise.all(clients.slice(masters).map((client) => client.info('replication')))).every((info) =>
        info.includes('master_link_status:up'),
      ),
    );
    await untilOk(servers);
    return nodeIds;
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function untilOk(servers: readonly RedisServer[]): Promise<void> {
  const clients = servers.filter((server) => isAlive(server.pid())).map(redisClient);
  try {
    await until('cluster_state ok on every node', async () =>
      (await Promise.all(clients.map((client) => clusterInfo(client)))).every(
        (info) => info.cluster_state === 'ok' && info.cluster_slots_assigned === String(SLOTS),
      ),
    );
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function clusterInfo(client: Redis): Promise<Record<string, string>> {
  const text = String(await client.call('CLUSTER', 'INFO'));
  return Object.fromEntries(text.split('\r\n').map((line) => line.split(':') as [string, string]));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + FORMING_TIMEOUT_MS;
  while (!(await holds())) {
    if (performance.now() > deadline)
      throw new Error(`Cluster: not within ${FORMING_TIMEOUT_MS} ms: ${what}`);
    await delay(POLL_MS);
  }
}
