/** Lists the faults of the random mix. Each fault ends automatically, and afterwards everything runs again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../src/engine/testing/simulation/random.js';
import type { AdministeredMariadb } from '../servers/administered-mariadb.js';
import type { RedisClusterServers } from '../servers/redis-cluster.js';
import { redisClient, type RedisServer } from '../servers/redis.js';
import type { SmallDisk } from '../servers/small-disk.js';
import type { EmbeddedWorld } from './embedded-world.js';
import type { World } from './world.js';
import { couponKey } from '../../src/persist/redis/keys.js';

export type RandomFault = readonly [name: string, inject: (random: Random) => Promise<void>];

const FREEZE_LEAST_MS = 100;
const FREEZE_MOST_MS = 3_000;
const DOWN_MOST_MS = 1_500;
const POLL_MS = 20;
const STARTS_MAX = 10;
/** Nodes exchange what they know several times in this. */
const REPLACED_KNOWN_MS = 1_000;
const COUPON_KEYS = ['meta', 'winners', 'issuable_coupon_queue', 'claims', 'claimed'] as const;
/** The lease, and a rebuild on a busy machine. */
const REPAIRED_WITHIN_MS = 30_000;

interface Server {
  kill(signal: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
}

const killed = async (server: Server | undefined, random: Random, onDead?: () => void): Promise<void> => {
  await server?.kill('SIGKILL');
  onDead?.();
  await pause(random.between(0, DOWN_MOST_MS));
  if (server !== undefined) await startedAgain(server);
};

/** As a service manager does: a process that finds its stores out of reach ends, and is started again. */
async function startedAgain(server: Server): Promise<void> {
  for (let starts = 1; ; starts += 1) {
    try {
      await server.restart();
      return;
    } catch (fault) {
      if (starts === STARTS_MAX || !/\[store_(unavailable|outcome_unknown)\]/.test(String(fault)))
        throw fault;
      await pause(DOWN_MOST_MS);
    }
  }
}

const frozen = async (server: Pick<Server, 'kill'> | undefined, random: Random): Promise<void> => {
  await server?.kill('SIGSTOP');
  await pause(random.between(FREEZE_LEAST_MS, FREEZE_MOST_MS));
  await server?.kill('SIGCONT');
};

/** Takes all room for a while. */
async function filled(disk: SmallDisk, random: Random): Promise<void> {
  disk.fill();
  await pause(random.between(FREEZE_LEAST_MS, DOWN_MOST_MS));
  disk.makeRoom();
}

type SetReadOnly = AdministeredMariadb['readOnly'];

/** Faults of our own processes and MariaDB, which every mix has. */
function commonFaults(worlds: readonly [World, ...World[]], readOnly: SetReadOnly): RandomFault[] {
  const [{ servers, mariadb, mysqlProxy }] = worlds;
  const outOfReach = (act: (random: Random) => Promise<void>) => async (random: Random) => {
    const fromMs = performance.now();
    await act(random);
    for (const world of worlds) world.databaseUnreadable(fromMs);
  };
  return [
    ['an API server killed', (random) => killed(random.pick(servers), random)],
    ['an API server frozen', (random) => frozen(random.pick(servers), random)],
    ['MariaDB killed', outOfReach((random) => killed(mariadb, random))],
    ['MariaDB frozen', outOfReach((random) => frozen(mariadb, random))],
    [
      'MariaDB refuses writes',
      async (random) => {
        await readOnly(true);
        await pause(random.between(FREEZE_LEAST_MS, FREEZE_MOST_MS));
        await readOnly(false);
      },
    ],
    [
      'replies of MariaDB lost',
      outOfReach(async () => {
        mysqlProxy.behave({ replies: 'drop' });
        await Promise.race([mysqlProxy.nextReply(), pause(DOWN_MOST_MS)]);
        mysqlProxy.cut();
        mysqlProxy.behave({});
      }),
    ],
  ];
}

/**
 * One key is lost, and what it held is in the others. A second loss before the first is repaired may take the only copy of what was
 * acknowledged.
 */
function keyLost(
  worlds: readonly World[],
  serverOf: (couponId: number) => Promise<RedisServer | undefined>,
): RandomFault {
  const repairedByMs = new Map<World, number>();
  return [
    'one key lost',
    async (random) => {
      const world = anyOf(worlds, random);
      const server = await serverOf(world.couponId);
      if (server === undefined) return;
      if (performance.now() < (repairedByMs.get(world) ?? 0)) world.storeLost();
      repairedByMs.set(world, performance.now() + REPAIRED_WITHIN_MS);
      await commanded([server], ['DEL', couponKey(world.couponId, random.pick(COUPON_KEYS))]);
    },
  ];
}

/** Without a draw where there is nothing to choose: a seed of one coupon draws what it drew before there were more. */
function anyOf<T>(several: readonly T[], random: Random): T {
  return several.length === 1 ? (several[0] as T) : random.pick(several);
}

/** What was acknowledged of any coupon may be missing. */
const allLost = (worlds: readonly World[]) => (): void => {
  for (const world of worlds) world.storeLost();
};

/**
 * @param worlds one for each coupon, on the same servers.
 * @param disk that of Redis.
 */
export function singleFaults(
  worlds: readonly [World, ...World[]],
  readOnly: SetReadOnly,
  disk: SmallDisk,
): RandomFault[] {
  const [world] = worlds;
  const { redis, redisProxy } = world;
  const lose = async (way: 'requests' | 'replies'): Promise<void> => {
    redisProxy.behave({ [way]: 'drop' });
    await Promise.race([
      way === 'replies' ? redisProxy.nextReply() : redisProxy.nextRequest(),
      pause(DOWN_MOST_MS),
    ]);
    redisProxy.cut();
    redisProxy.behave({});
  };
  const misbehaves = async (
    behaviour: Parameters<typeof redisProxy.behave>[0],
    random: Random,
  ): Promise<void> => {
    redisProxy.behave(behaviour);
    await pause(random.between(FREEZE_LEAST_MS, FREEZE_MOST_MS));
    redisProxy.behave({});
  };
  return [
    ...commonFaults(worlds, readOnly),
    ['Redis killed', (random) => killed(redis, random)],
    ['Redis frozen', (random) => frozen(redis, random)],
    [
      'the disk of Redis full',
      async (random) => {
        await filled(disk, random);
        await serves(redis);
      },
    ],
    ['Redis emptied', () => commanded([redis], ['FLUSHALL']).then(allLost(worlds))],
    ['script cache emptied', () => commanded([redis], ['SCRIPT', 'FLUSH'])],
    ['append-only file rewritten', () => commanded([redis], ['BGREWRITEAOF'])],
    ['replies of Redis lost', () => lose('replies')],
    ['requests to Redis lost', () => lose('requests')],
    ['news lost', (random) => misbehaves({ messages: 'drop' }, random)],
    keyLost(worlds, () => Promise.resolve(redis)),
    ['the marks of pending coupons lost', () => commanded([redis], ['DEL', 'seonchak:announced'])],
    [
      'subscriptions to news refused',
      async (random) => {
        redisProxy.behave({ subscriptions: 'refuse' });
        await commanded([redis], ['CLIENT', 'KILL', 'TYPE', 'pubsub']);
        await pause(random.between(FREEZE_LEAST_MS, FREEZE_MOST_MS));
        redisProxy.behave({});
      },
    ],
    ['a black hole', (random) => misbehaves({ requests: 'hold', replies: 'hold' }, random)],
    ['a slow way', (random) => misbehaves({ delayMs: random.between(5, 100) }, random)],
  ];
}

/** @param worlds one for each coupon, on the same servers. */
export function clusterFaults(
  worlds: readonly [World, ...World[]],
  readOnly: SetReadOnly,
  cluster: RedisClusterServers,
): RandomFault[] {
  const storeLost = allLost(worlds);
  const ownerOf = (couponId: number) => roleHolder(cluster, couponId);
  const owner = (random: Random) => ownerOf(anyOf(worlds, random).couponId);
  return [
    ...commonFaults(worlds, readOnly),
    ['script caches emptied', () => commanded(cluster.nodes, ['SCRIPT', 'FLUSH'])],
    keyLost(worlds, ownerOf),
    ['a node killed', async (random) => killed(random.pick(cluster.nodes), random, storeLost)],
    ['the master killed', async (random) => killed(await owner(random), random, storeLost)],
    [
      'the master frozen',
      async (random) => {
        await frozen(await owner(random), random);
        // Silent for longer than the nodes wait for each other, it may have been replaced. Until it learns that, it decides what waits in its
        // sockets, and all that is lost.
        await pause(REPLACED_KNOWN_MS);
        storeLost();
      },
    ],
    [
      'a planned failover',
      async (random) => {
        const replica = await replicaOf(cluster, await owner(random));
        if (replica !== undefined) await commanded([replica], ['CLUSTER', 'FAILOVER']);
      },
    ],
  ];
}

/** @param disk that of the data folder. */
export function embeddedFaults({ server }: EmbeddedWorld, disk: SmallDisk): RandomFault[] {
  return [
    ['the server killed', (random) => killed(server, random)],
    ['the server frozen', (random) => frozen(server, random)],
    ['the disk full', (random) => filled(disk, random)],
  ];
}

/** A Redis at `appendfsync always` ends itself where it cannot write, and is started again. */
async function serves(redis: RedisServer): Promise<void> {
  while ((await asked(redis, (client) => client.ping())) !== 'PONG') {
    if (!redis.isAlive()) return redis.restart();
    await pause(POLL_MS);
  }
}

/** To those that answer; a node that is down is not asked twice. */
async function commanded(servers: readonly RedisServer[], words: readonly string[]): Promise<void> {
  const [name = '', ...parameters] = words;
  for (const server of servers) await asked(server, (client) => client.call(name, ...parameters));
}

async function asked<T>(
  server: RedisServer,
  question: (client: ReturnType<typeof redisClient>) => Promise<T>,
): Promise<T | undefined> {
  if (!server.isAlive()) return undefined;
  const client = redisClient(server);
  client.on('error', () => undefined);
  try {
    return await Promise.race([question(client).catch(() => undefined), pause(DOWN_MOST_MS, undefined)]);
  } finally {
    client.disconnect();
  }
}

/** The master that answers for the coupon now. */
async function roleHolder(cluster: RedisClusterServers, couponId: number): Promise<RedisServer | undefined> {
  for (let polls = 0; polls < 50; polls += 1) {
    for (const node of cluster.nodes) {
      const there = await asked(node, (client) => client.exists(couponKey(couponId, 'meta')));
      if (there === 1) return node;
    }
    await pause(POLL_MS);
  }
  return undefined;
}

async function replicaOf(
  cluster: RedisClusterServers,
  master: RedisServer | undefined,
): Promise<RedisServer | undefined> {
  for (const node of cluster.nodes) {
    const info = await asked(node, (client) => client.info('replication'));
    if (info?.includes(`master_port:${master?.port ?? 0}`) === true) return node;
  }
  return undefined;
}
