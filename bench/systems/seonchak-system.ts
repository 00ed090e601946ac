/** Our server in its three set-ups, as an operator would run it: API processes apart from the recorder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildServer } from '../../test/servers/child-server.js';
import { freePort } from '../../test/servers/free-port.js';
import { processTree } from '../measure/process-usage.js';
import { BENCH_SECRET, seonchakFile, startNode } from './api-process.js';
import { MysqlBooks, redisBytes, sqliteRows } from './book-keeping.js';
import { SellerClient } from './seller-client.js';
import type { Stores } from './stores.js';
import type { Books, System } from './system.js';

export interface SeonchakOptions {
  readonly redis: 'single' | 'cluster';
  readonly apiProcesses: number;
  readonly profileFolder?: string | undefined;
}

interface StoreAddresses {
  readonly urls: readonly string[];
  readonly pids: readonly number[];
}

const keysOf = (couponId: number): string[] =>
  ['meta', 'winners', 'issuable_coupon_queue', 'claims', 'claimed'].map(
    (part) => `coupon:{${couponId}}:${part}`,
  );

export async function startSeonchakSystem(stores: Stores, options: SeonchakOptions): Promise<System> {
  const [mariadb, redis] = await Promise.all([stores.mariadb(), addressesOf(stores, options.redis)]);
  const port = await freePort();
  const env = {
    REDIS_URL: redis.urls.join(','),
    MYSQL_URL: mariadb.url,
    PORT: String(port),
    PROCESSES: String(options.apiProcesses),
  };
  // The recorder first: it brings the tables up to date.
  const recorder = await startNode(seonchakFile, {
    args: ['serve'],
    env: { ...env, ROLES: 'recorder', PROCESSES: '1' },
  });
  const { profileFolder } = options;
  const api = await startNode(seonchakFile, {
    args: ['serve'],
    env: { ...env, ROLES: 'api' },
    profileFolder,
  });
  const host = `127.0.0.1:${port}`;
  const seller = new SellerClient(host, BENCH_SECRET);
  const mysql = new MysqlBooks(mariadb.url, 'member_coupon');
  const books: Books = {
    whereabouts: (couponId) => seller.whereabouts(couponId),
    rows: (couponId) => mysql.rows(couponId),
    highest: (couponIds) => mysql.highest(couponIds),
    redisBytes: (couponId) => redisBytes(redis.urls, keysOf(couponId)),
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
    books,
    stop: () => stopAll([api, recorder], () => mysql.close(), seller),
  };
}

export async function startEmbeddedSystem(profileFolder?: string): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-bench-'));
  const port = await freePort();
  const env = { DATA_DIR: folder, PORT: String(port) };
  const api = await startNode(seonchakFile, { args: ['serve'], env, profileFolder });
  const host = `127.0.0.1:${port}`;
  const seller = new SellerClient(host, BENCH_SECRET);
  return {
    host,
    processes: { api: [api.pid], recorder: [], redis: [], database: [] },
    createCoupon: (coupon) => seller.createCoupon(coupon),
    books: {
      whereabouts: (couponId) => seller.whereabouts(couponId),
      rows: (couponId) => Promise.resolve(sqliteRows(join(folder, 'seonchak.db'), couponId)),
      highest: undefined,
      redisBytes: undefined,
      recorder: undefined,
    },
    stop: () => stopAll([api], () => rm(folder, { recursive: true, force: true }), seller),
  };
}

async function addressesOf(stores: Stores, redis: SeonchakOptions['redis']): Promise<StoreAddresses> {
  if (redis === 'single') {
    const server = await stores.redis();
    return { urls: [server.url], pids: [server.pid()] };
  }
  const cluster = await stores.cluster();
  return { urls: cluster.urls, pids: cluster.nodes.map((node) => node.pid()) };
}

async function stopAll(
  processes: readonly ChildServer[],
  thenRemove: () => Promise<void>,
  seller: SellerClient,
): Promise<void> {
  seller.close();
  for (const child of processes) {
    await child.kill('SIGCONT');
    await child.kill('SIGTERM');
  }
  await thenRemove();
}
