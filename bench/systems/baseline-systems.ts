/** Starts the baselines as systems of the bench. */
import { freePort } from '../../test/servers/free-port.js';
import { memberCouponTable } from '../baselines/baseline-tables.js';
import { metaKey, winnersKey } from '../baselines/script-keys.js';
import { BENCH_SECRET, baselineFile, startNode } from './node-process.js';
import { MysqlBooks, redisBytes } from './book-keeping.js';
import { SellerClient } from './seller-client.js';
import type { Stores } from './stores.js';
import type { System } from './system.js';

export async function startBareSystem(
  kind: 'bare' | 'late',
  apiProcesses: number,
  profileFolder?: string,
): Promise<System> {
  const port = await freePort();
  const apis = await startSeveral(`${kind}-handler`, apiProcesses, { PORT: String(port) }, profileFolder);
  let couponId = 0;
  return {
    host: `127.0.0.1:${port}`,
    processes: { api: apis.map((api) => api.pid), recorder: [], redis: [], database: [] },
    createCoupon: () => Promise.resolve((couponId += 1)),
    records: undefined,
    stop: async () => {
      for (const api of apis) await api.kill('SIGTERM');
    },
  };
}

/** The model's first version, as many API processes as asked for. */
export async function startLockSystem(stores: Stores, apiProcesses: number): Promise<System> {
  const [mariadb, redis] = await Promise.all([stores.mariadb(), stores.lockRedis()]);
  const port = await freePort();
  const env = { PORT: String(port), MYSQL_URL: mariadb.url, REDIS_URL: redis.url };
  const apis = await startSeveral('lock-per-download', apiProcesses, env);
  const host = `127.0.0.1:${port}`;
  const seller = new SellerClient(host, BENCH_SECRET);
  const mysql = new MysqlBooks(mariadb.url, memberCouponTable('lock'));
  return {
    host,
    processes: {
      api: apis.map((api) => api.pid),
      recorder: [],
      redis: [redis.pid()],
      database: [mariadb.pid],
    },
    createCoupon: (coupon) => seller.createCoupon(coupon),
    records: {
      whereabouts: (couponId) => seller.whereabouts(couponId),
      rows: (couponId) => mysql.rows(couponId),
      highest: undefined,
      redisBytes: undefined,
      winners: undefined,
      recorder: undefined,
    },
    stop: async () => {
      seller.close();
      for (const api of apis) await api.kill('SIGTERM');
      await mysql.close();
    },
  };
}

/** The model's second version. */
export async function startScriptSystem(stores: Stores, apiProcesses: number): Promise<System> {
  const [mariadb, redis] = await Promise.all([stores.mariadb(), stores.redis('single')]);
  const port = await freePort();
  const env = { PORT: String(port), MYSQL_URL: mariadb.url, REDIS_URL: redis.urls.join() };
  const apis = await startSeveral('script-per-request', apiProcesses, env);
  const scheduler = await startNode(baselineFile('script-scheduler'), { env });
  const host = `127.0.0.1:${port}`;
  const seller = new SellerClient(host, BENCH_SECRET);
  const mysql = new MysqlBooks(mariadb.url, memberCouponTable('script'));
  return {
    host,
    processes: {
      api: apis.map((api) => api.pid),
      recorder: [scheduler.pid],
      redis: redis.pids,
      database: [mariadb.pid],
    },
    createCoupon: (coupon) => seller.createCoupon(coupon),
    records: {
      whereabouts: (couponId) => seller.whereabouts(couponId),
      rows: (couponId) => mysql.rows(couponId),
      highest: (couponIds) => mysql.highest(couponIds),
      redisBytes: (couponId) => redisBytes(redis.urls, [metaKey(couponId), winnersKey(couponId)]),
      winners: undefined,
      recorder: {
        freeze: () => scheduler.kill('SIGSTOP'),
        thaw: () => scheduler.kill('SIGCONT'),
      },
    },
    stop: async () => {
      seller.close();
      for (const api of apis) await api.kill('SIGTERM');
      await scheduler.kill('SIGTERM');
      await mysql.close();
    },
  };
}

/** They share the port; the kernel deals out the connections. */
async function startSeveral(
  name: string,
  processes: number,
  env: Readonly<Record<string, string>>,
  profileFolder?: string,
) {
  // One first: it makes the tables.
  const first = await startNode(baselineFile(name), { env, profileFolder });
  const others = await Promise.all(
    Array.from({ length: processes - 1 }, () => startNode(baselineFile(name), { env })),
  );
  return [first, ...others];
}
