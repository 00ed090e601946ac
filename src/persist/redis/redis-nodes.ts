/** Finds the connection for a key: one node, or the masters of a Cluster as ioredis knows them. */
import type { ConnectionOptions } from 'node:tls';
import { Cluster, Command, Redis, type RedisOptions } from 'ioredis';
import type { ServerTls } from '../server-tls.js';
import { followSlots, SLOTS_WAIT_MS } from './cluster-slots.js';
import type { NatMap, SentinelGroup } from './redis-servers.js';

/** A connection is re-made for ever, at most this long after it broke. */
const RECONNECT_DELAY_MAX_MS = 500;
const RECONNECT_DELAY_STEP_MS = 50;
/** How long a connection to a replica is kept before the name is resolved again. */
const REPLICA_RECONNECT_MS = 1_000;
/** Between two choices of the node that a Cluster subscribes at; the first one is made at once. */
const SUBSCRIBER_INTERVAL_MS = 250;
/**
 * A connection on which a reply is overdue for this share of the deadline is cut. Before the deadline, not at it: the
 * next call must already find the connection closed, and report that nothing was attempted.
 */
const SILENCE_SHARE = 0.9;
/** Connections to nodes that a redirection named and the slot table does not. */
const UNLISTED_NODES_MAX = 64;

export interface RedisNodes {
  /** The node that serves the slot of this key, as far as is known. It need not be connected. */
  nodeOf(key: string): Redis | undefined;
  /** A small whole number for {@link nodeOf} this key: the same for all keys that one node serves. */
  shardOf(key: string): number;
  /** The node a redirection names, `host:port`. */
  nodeAt(address: string): Redis;
  masters(): Redis[];
  /** Masters and replicas: a client of a Cluster may listen on any of them. */
  all(): Redis[];
  /** False from the first refusal of a write by a replica until the name leads to a master. A Cluster redirects instead. */
  takesWrites(): boolean;
  /** Learns anew who serves which slot. Never rejects. */
  refresh(): Promise<void>;
  /** Precedes every key; '' where this Redis is not shared. */
  readonly keyPrefix: string;
  /** Precedes every channel. Channels are one space for all databases of a server, so it names the database too. */
  readonly channelPrefix: string;
  /** True where a node that is not connected may be replaced by another within a call's deadline. */
  readonly isCluster: boolean;
  /** For SUBSCRIBE only: it re-makes its connection and its subscriptions automatically. */
  subscriber(): Redis | Cluster;
  close(): void;
}

export interface RedisNodesOptions {
  readonly urls: readonly string[];
  /** The one URL has user, password and database of whichever server they name. */
  readonly sentinel?: SentinelGroup | undefined;
  readonly natMap?: NatMap | undefined;
  readonly tls?: ServerTls | undefined;
  /** `REDIS_PREFIX`. */
  readonly keyPrefix?: string;
  readonly callDeadlineMs: number;
  /** Called on broken connections; for the log. */
  readonly onConnectionError: (error: Error) => void;
}

/** What its constructors take: where `replyMapping` may be undefined, they no longer know how replies arrive. */
type NodeOptions = Omit<RedisOptions, 'replyMapping'>;

/**
 * Settings under which ioredis never sends anything twice and leaves no promise hanging (read in its 6.0 sources):
 * every close flushes the commands in flight (`maxRetriesPerRequest: 0`), a reconnect finds nothing to re-send, and a
 * node that is silent for most of a deadline is cut off, so that commands do not pile up in front of a frozen server.
 */
function nodeOptions(options: RedisNodesOptions, life: Life): NodeOptions {
  const url = new URL(options.urls[0] ?? '');
  return {
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: tlsOptions(options.tls) } : {}),
    // Nothing here needs RESP3, whose HELLO would be a step more that a proxy or an old server may refuse.
    protocol: 2,
    // It would send the name of the library to Redis: one more command that a user of few rights would need.
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: true,
    maxLoadingRetryTime: RECONNECT_DELAY_MAX_MS,
    connectTimeout: options.callDeadlineMs,
    disconnectTimeout: RECONNECT_DELAY_MAX_MS,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, life),
  };
}

function tlsOptions({ ca, check }: ServerTls = { ca: undefined, check: 'name' }): ConnectionOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(check === 'nothing' ? { rejectUnauthorized: false } : {}),
    ...(check === 'authority' ? { checkServerIdentity: () => undefined } : {}),
  };
}

const silenceMs = (options: RedisNodesOptions): number => Math.floor(options.callDeadlineMs * SILENCE_SHARE);

/** Whether the connections are still wanted. */
interface Life {
  closed: boolean;
}

/** After the close no connection is made again: a connection attempt at that moment would be repeated for ever. */
const reconnectDelayMs = (attempt: number, life: Life): number | null =>
  life.closed ? null : Math.min(attempt * RECONNECT_DELAY_STEP_MS, RECONNECT_DELAY_MAX_MS);

/** Before each connection the Sentinels are asked where the master is. */
function sentinelOptions({ sentinel, tls, natMap, callDeadlineMs, urls }: RedisNodesOptions, life: Life) {
  if (sentinel === undefined) return address(urls[0] ?? '');
  const { masterName, addresses, username, password, isEncrypted } = sentinel;
  return {
    name: masterName,
    sentinels: addresses.map((one) => ({ ...one })),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(isEncrypted ? { sentinelTLS: tlsOptions(tls) } : {}),
    // TLS of the servers; without this option `tls` would be ignored.
    enableTLSForSentinelMode: true,
    ...(natMap === undefined ? {} : { natMap: { ...natMap } }),
    // One that is frozen must not keep the others from being asked.
    sentinelCommandTimeout: callDeadlineMs,
    sentinelRetryStrategy: (attempt: number) => reconnectDelayMs(attempt, life),
  };
}

function address(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 6_379 : Number(port) };
}

/** One URL: a single node, which Sentinels may name. Several: the seeds of a Cluster. */
export function redisNodes(options: RedisNodesOptions): RedisNodes {
  return options.urls.length === 1 ? singleNode(options) : clusterNodes(options);
}

function singleNode(options: RedisNodesOptions): RedisNodes {
  const [url = ''] = options.urls;
  const database = Number(new URL(url).pathname.slice(1));
  const { keyPrefix = '' } = options;
  const life: Life = { closed: false };
  const settings = {
    ...nodeOptions(options, life),
    ...sentinelOptions(options, life),
    ...(database > 0 ? { db: database } : {}),
  };
  let listening: Redis | undefined;
  let takesWrites = true;
  const redis = new Redis({
    ...settings,
    socketTimeout: silenceMs(options),
    // A demoted master: the connection is given up, so that the name is resolved again. 1: nothing is sent a second time.
    reconnectOnError: ({ message }) => {
      if (!message.startsWith('READONLY')) return false;
      takesWrites = false;
      listening?.disconnect(true);
      return 1;
    },
  });
  redis.on('error', options.onConnectionError);
  redis.on('sentinelError', options.onConnectionError);
  const checkRole = async (): Promise<void> => {
    const { stream } = redis;
    takesWrites = /^role:master\b/m.test(await redis.info('replication'));
    if (takesWrites) return;
    setTimeout(() => {
      // Without a request nothing else would notice that the name leads elsewhere by now.
      if (!life.closed && redis.stream === stream && redis.status === 'ready') redis.disconnect(true);
    }, REPLICA_RECONNECT_MS).unref();
  };
  // A connection that breaks meanwhile is checked when it is made again.
  redis.on('ready', () => void checkRole().catch(() => undefined));
  return {
    nodeOf: () => redis,
    shardOf: () => 0,
    nodeAt: () => redis,
    masters: () => [redis],
    all: () => [redis],
    takesWrites: () => takesWrites,
    refresh: () => Promise.resolve(),
    keyPrefix,
    channelPrefix: database > 0 ? `${keyPrefix}seonchak:db${database}:` : keyPrefix,
    isCluster: false,
    subscriber() {
      if (listening === undefined) {
        // No socketTimeout: silence is normal here.
        listening = new Redis({ ...settings, enableOfflineQueue: true, maxRetriesPerRequest: null });
        listening.on('error', options.onConnectionError);
      }
      return listening;
    },
    close() {
      life.closed = true;
      redis.disconnect();
      listening?.disconnect();
    },
  };
}

/** The URLs are seeds: one of them is asked for all nodes. */
export function clusterNodes(options: RedisNodesOptions): RedisNodes {
  const life: Life = { closed: false };
  const redisOptions = { ...nodeOptions(options, life), socketTimeout: silenceMs(options) };
  const cluster = new Cluster(options.urls.map(address), {
    redisOptions,
    ...(options.natMap === undefined ? {} : { natMap: { ...options.natMap } }),
    clusterRetryStrategy: (attempt) => reconnectDelayMs(attempt, life),
    clusterNodeRetryStrategy: (attempt) => reconnectDelayMs(attempt, life),
    // Commands go to the nodes directly (redis-calls.ts): the Cluster object keeps the slot table and nothing else,
    // because it would re-send after a lost connection and cannot send a WAIT after a script.
    retryDelayOnFailover: 0,
    slotsRefreshInterval: 0,
    slotsRefreshTimeout: SLOTS_WAIT_MS,
  });
  paceSubscriber(cluster);
  const reachableAs = (announced: string): string => {
    const reachable = options.natMap?.[announced];
    return reachable === undefined ? announced : `${reachable.host}:${reachable.port}`;
  };
  const endFollowing = followSlots(cluster, reachableAs);
  cluster.on('error', options.onConnectionError);
  cluster.on('node error', options.onConnectionError);
  // Nodes are lazy: connected only when the first command comes, which would then find them not ready.
  cluster.on('+node', (node: Redis) => {
    if (node.status === 'wait') void node.connect().catch(() => undefined);
  });
  // Before the first refresh ioredis takes every seed for a master, replicas too: what serves no slot is not one here.
  let masterNames: string[] = [];
  cluster.on('refresh', () => {
    masterNames = [...new Set(cluster.slots.flatMap((names) => names.slice(0, 1)))];
  });
  const unlisted = new Map<string, Redis>();
  const known = (name: string): Redis | undefined =>
    cluster.nodes().find((node) => `${node.options.host ?? ''}:${node.options.port ?? 0}` === name);

  // By name, and never given up: a node that comes back is the same shard again.
  const shards = new Map<string, number>();

  return {
    shardOf(key) {
      const name = cluster.slots[slotOf(key)]?.[0] ?? '';
      const shard = shards.get(name) ?? shards.size;
      shards.set(name, shard);
      return shard;
    },
    nodeOf(key) {
      const name = cluster.slots[slotOf(key)]?.[0];
      return name === undefined ? undefined : known(name);
    },
    nodeAt(announced) {
      const name = reachableAs(announced);
      const connected = known(name) ?? unlisted.get(name);
      if (connected !== undefined) return connected;
      const colon = name.lastIndexOf(':');
      const node = new Redis({
        ...redisOptions,
        host: name.slice(0, colon),
        port: Number(name.slice(colon + 1)),
      });
      node.on('error', options.onConnectionError);
      unlisted.set(name, node);
      if (unlisted.size > UNLISTED_NODES_MAX) {
        const [oldest] = unlisted;
        oldest?.[1].disconnect();
        unlisted.delete(oldest?.[0] ?? '');
      }
      return node;
    },
    takesWrites: () => true,
    masters: () => masterNames.flatMap((name) => known(name) ?? []),
    all: () => cluster.nodes(),
    refresh: () =>
      new Promise((resolve) => {
        cluster.refreshSlotsCache(() => {
          resolve();
        });
      }),
    keyPrefix: options.keyPrefix ?? '',
    channelPrefix: options.keyPrefix ?? '',
    isCluster: true,
    subscriber: () => cluster,
    close() {
      life.closed = true;
      endFollowing();
      cluster.disconnect();
      for (const node of unlisted.values()) node.disconnect();
    },
  };
}

/**
 * The Cluster object selects another node for its subscriber the moment one ends. Where every node refuses connections it does so as fast as
 * they refuse: 1,600 times a second, for a whole core and 10 MB of memory more each second, for as long as the outage lasts.
 */
function paceSubscriber(cluster: Cluster): void {
  const { subscriber } = cluster as unknown as {
    readonly subscriber: {
      selectSubscriber: () => void;
      isStarted(): boolean;
      readonly lastActiveSubscriber?: Redis | null;
    };
  };
  const select = subscriber.selectSubscriber.bind(subscriber);
  let selectedAtMs = Number.NEGATIVE_INFINITY;
  let waiting: NodeJS.Timeout | undefined;
  const selectNow = (): void => {
    selectedAtMs = performance.now();
    const before = subscriber.lastActiveSubscriber;
    // It is disconnected with each choice, and each time leaves a timer and a listener at its socket, which has closed.
    if (before?.status === 'end') before.disconnect = () => undefined;
    select();
  };
  subscriber.selectSubscriber = () => {
    const waitMs = selectedAtMs + SUBSCRIBER_INTERVAL_MS - performance.now();
    if (waitMs <= 0) {
      selectNow();
      return;
    }
    waiting ??= setTimeout(() => {
      waiting = undefined;
      if (subscriber.isStarted()) selectNow();
    }, waitMs).unref();
  };
}

/** By hash tag: computing a slot takes two microseconds, for each batch, and keys of coupons have few tags. */
const slotsOfTags = new Map<string, number>();
/** Keys without one of the common tags are not kept. */
const TAGS_MAX = 64;

function slotOf(key: string): number {
  const opens = key.indexOf('{');
  const tag = opens < 0 ? key : key.slice(opens + 1, key.indexOf('}', opens));
  const known = slotsOfTags.get(tag);
  if (known !== undefined) return known;
  const slot = new Command('get', [key]).getSlot();
  if (slotsOfTags.size < TAGS_MAX) slotsOfTags.set(tag, slot);
  return slot;
}
