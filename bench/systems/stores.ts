/** Starts the shared stores of the measured systems when the first one needs them. */
import { type MariadbServer, startMariadb } from '../../test/servers/mariadb.js';
import { type RedisServer, startRedis } from '../../test/servers/redis.js';
import { freePort } from '../../test/servers/free-port.js';
import { startRedisCluster } from '../../test/servers/redis-cluster.js';
import type { ChildServer } from '../../test/servers/child-server.js';
import { startNode } from './node-process.js';

/**
 * The tests' 64 MB would measure the disk once the bench has written some million rows. With `--full`, ten million rows
 * of each method need 4 GB: in one, rows came 700 ms after the answer instead of 150, and the disk was what was measured.
 */
const databaseOptions = (full: boolean): string[] => [
  `--innodb-buffer-pool-size=${full ? '4G' : '1G'}`,
  '--innodb-log-file-size=512M',
];

/** A Redis that our server can use, as one address list. */
export interface RedisAddresses {
  readonly urls: readonly string[];
  readonly pids: readonly number[];
}

export class Stores {
  #stops: (() => Promise<void>)[] = [];
  #mariadb: Promise<MariadbServer> | undefined;
  #single: Promise<RedisAddresses> | undefined;
  #cluster: Promise<RedisAddresses> | undefined;
  #lockRedis: Promise<RedisServer> | undefined;
  readonly #recorders = new Map<RedisAddresses, Promise<ChildServer>>();

  readonly #full: boolean;
  /** Server file of the systems that use these stores. */
  readonly serverFile: string;

  constructor(full: boolean, serverFile: string) {
    this.#full = full;
    this.serverFile = serverFile;
  }

  mariadb(): Promise<MariadbServer> {
    return (this.#mariadb ??= this.#owned(startMariadb(databaseOptions(this.#full))));
  }

  /** What our server and the script baseline decide in: durable before the answer. */
  redis(kind: 'single' | 'cluster'): Promise<RedisAddresses> {
    if (kind === 'cluster') return (this.#cluster ??= this.#startCluster());
    return (this.#single ??= this.#startSingle());
  }

  /** A lock need not survive a crash, so a system that only locks would not pay for fsync. */
  lockRedis(): Promise<RedisServer> {
    return (this.#lockRedis ??= this.#owned(startRedis({ appendfsync: 'off' })));
  }

  /**
   * The recorder of all systems on one Redis: with one each, any of them might do the work of the one being measured.
   * It brings the tables up to date when it starts.
   */
  async recorder(redis: RedisAddresses): Promise<ChildServer> {
    const running = this.#recorders.get(redis);
    if (running !== undefined) return running;
    const starting = this.#startRecorder(redis);
    this.#recorders.set(redis, starting);
    return starting;
  }

  /** Recorders first: they would only complain about the rest going away. */
  async stop(): Promise<void> {
    for (const recorder of this.#recorders.values()) {
      const child = await recorder;
      await child.kill('SIGCONT');
      await child.kill('SIGTERM');
    }
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }

  async #startRecorder({ urls }: RedisAddresses): Promise<ChildServer> {
    const mariadb = await this.mariadb();
    const env = {
      REDIS_URL: urls.join(','),
      MYSQL_URL: mariadb.url,
      ROLES: 'recorder',
      PORT: String(await freePort()),
    };
    return startNode(this.serverFile, { args: ['serve'], env });
  }

  async #startSingle(): Promise<RedisAddresses> {
    const server = await this.#owned(startRedis({ appendfsync: 'always' }));
    return { urls: [server.url], pids: [server.pid()] };
  }

  async #startCluster(): Promise<RedisAddresses> {
    const { urls, nodes } = await this.#owned(startRedisCluster({ masters: 3, appendfsync: 'always' }));
    return { urls, pids: nodes.map((node) => node.pid()) };
  }

  async #owned<Server extends { stop(): Promise<void> }>(starting: Promise<Server>): Promise<Server> {
    const server = await starting;
    this.#stops.push(() => server.stop());
    return server;
  }
}
