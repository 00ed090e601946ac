/** The stores that the systems of one bench share, started when the first one needs them. */
import { type MariadbServer, startMariadb } from '../../test/servers/mariadb.js';
import { type RedisServer, startRedis } from '../../test/servers/redis.js';
import { type RedisClusterServers, startRedisCluster } from '../../test/servers/redis-cluster.js';

/** The tests' 64 MB would measure the disk once the bench has written some million rows. */
const databaseOptions = ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M'];

export class Stores {
  #stops: (() => Promise<void>)[] = [];
  #mariadb: Promise<MariadbServer> | undefined;
  #redis: Promise<RedisServer> | undefined;
  #lockRedis: Promise<RedisServer> | undefined;
  #cluster: Promise<RedisClusterServers> | undefined;

  mariadb(): Promise<MariadbServer> {
    return (this.#mariadb ??= this.#owned(startMariadb(databaseOptions)));
  }

  /** What our server and the script baseline decide in: durable before the answer. */
  redis(): Promise<RedisServer> {
    return (this.#redis ??= this.#owned(startRedis({ appendfsync: 'always' })));
  }

  /** A lock need not survive a crash, so whoever only locks would not pay for fsync. */
  lockRedis(): Promise<RedisServer> {
    return (this.#lockRedis ??= this.#owned(startRedis({ appendfsync: 'off' })));
  }

  cluster(): Promise<RedisClusterServers> {
    return (this.#cluster ??= this.#owned(startRedisCluster({ masters: 3, appendfsync: 'always' })));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }

  async #owned<Server extends { stop(): Promise<void> }>(starting: Promise<Server>): Promise<Server> {
    const server = await starting;
    this.#stops.push(() => server.stop());
    return server;
  }
}
