/** Lists the back ends by name. A test of the embedded one alone imports embedded-back-end.ts and needs no server. */
import { createPool } from 'mysql2/promise';
import { startMariadb } from '../servers/mariadb.js';
import { startRedis } from '../servers/redis.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { asRow, type BackEndUnderTest, type RawRow, ROWS } from './back-end.js';
import { startEmbedded } from './embedded-back-end.js';

export type BackEndName = 'embedded' | 'redis' | 'cluster';
export const backEndNames: readonly BackEndName[] = ['embedded', 'redis', 'cluster'];

export async function startBackEnd(name: BackEndName): Promise<BackEndUnderTest> {
  return name === 'embedded' ? startEmbedded() : startDistributed(name);
}

async function startDistributed(name: 'redis' | 'cluster'): Promise<BackEndUnderTest> {
  const [mariadb, redis] = await Promise.all([
    startMariadb(),
    name === 'redis'
      ? startRedis().then((server) => ({ urls: [server.url], stop: () => server.stop() }))
      : startRedisCluster({ masters: 3 }),
  ]);
  // Kept, since tests read until the rows are there.
  const pool = createPool(mariadb.url);
  return {
    name: name === 'redis' ? 'single Redis and MariaDB' : 'Redis Cluster and MariaDB',
    settings: { REDIS_URL: redis.urls.join(','), MYSQL_URL: mariadb.url },
    mariadb,
    rows: async (couponId) => {
      const [rows] = await pool.query(ROWS, [couponId]);
      return (rows as RawRow[]).map(asRow);
    },
    stop: async () => {
      await pool.end();
      await Promise.all([mariadb.stop(), redis.stop()]);
    },
  };
}
