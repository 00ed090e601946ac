/** Starts our server in its three set-ups, with API processes separate from the recorder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CouponId } from '../../src/engine/domain/coupon.js';
import { couponKeys, winnersKey } from '../../src/persist/redis/keys.js';
import type { ChildServer } from '../../test/servers/child-server.js';
import { freePort } from '../../test/servers/free-port.js';
import { processTree } from '../measure/process-usage.js';
import { BENCH_SECRET, startNode } from './node-process.js';
import { hashLength, MysqlBooks, redisBytes, sqliteRows } from './book-keeping.js';
import { SellerClient } from './seller-client.js';
import type { Stores } from './stores.js';
import type { SystemRecords, System } from './system.js';

export interface SeonchakOptions {
  readonly redis: 'single' | 'cluster';
  readonly apiProcesses: number;
  readonly profileFolder?: string | undefined;
  /** Settings of the API processes, beyond what every system has. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startSeonchakSystem(stores: Stores, options: SeonchakOptions): Promise<System> {
  const [mariadb, redis] = await Promise.all([stores.mariadb(), stores.redis(options.redis)]);
  const port = await freePort();
  const env = {
    REDIS_URL: redis.urls.join(','),
    MYSQL_URL: mariadb.url,
    PORT: String(port),
    PROCESSES: String(options.apiProcesses),
    ...options.settings,
  };
  const recorder = await stores.recorder(redis);
  const { profileFolder } = options;
  const api = await startNode(stores.serverFile, {
    args: ['serve'],
    env: { ...env, ROLES: 'api' },
    profileFolder,
  });
  const host = `127.0.0.1:${port}`;
  const seller = new SellerClient(host, BENCH_SECRET);
  const mysql = new MysqlBooks(mariadb.url, 'member_coupon');
  const records: SystemRecords = {
    whereabouts: (couponId) => seller.whereabouts(couponId),
    rows: (couponId) => mysql.rows(couponId),
    highest: (couponIds) => mysql.highest(couponIds),
    redisBytes: (couponId) => redisBytes(redis.urls, couponKeys(couponId as CouponId)),
    winners: (couponId) => hashLength(redis.urls, winnersKey(couponId as CouponId)),
    recorder: { freeze: () => recorder.kill('SIGSTOP'), thaw: () => recorder.kill('SIGCONT') },
  };
  return {
    host,
    processes: {
      api: processTree(api.pid),
      recorder: [recorder.pid],
      redis: redis.pids,
      database: [mariadb.pid],
    },
    createCoupon: (coupon) => seller.createCoupon(coupon),
    records,
    stop: () => stopAll(api, () => mysql.close(), seller),
  };
}

export async function startEmbeddedSystem(serverFile: string, profileFolder?: string): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-bench-'));
  const port = await freePort();
  const env = { DATA_DIR: folder, PORT: String(port) };
  const api = await startNode(serverFile, { args: ['serve'], env, profileFolder });
  const host = `127.0.0.1:${port}`;
  const seller = new SellerClient(host, BENCH_SECRET);
  return {
    host,
    processes: { api: [api.pid], recorder: [], redis: [], database: [] },
    createCoupon: (coupon) => seller.createCoupon(coupon),
    records: {
      whereabouts: (couponId) => seller.whereabouts(couponId),
      rows: (couponId) => Promise.resolve(sqliteRows(join(folder, 'seonchak.db'), couponId)),
      highest: undefined,
      redisBytes: undefined,
      winners: undefined,
      recorder: undefined,
    },
    stop: () => stopAll(api, () => rm(folder, { recursive: true, force: true }), seller),
  };
}

async function stopAll(
  api: ChildServer,
  thenRemove: () => Promise<void>,
  seller: SellerClient,
): Promise<void> {
  seller.close();
  await api.kill('SIGTERM');
  await thenRemove();
}
