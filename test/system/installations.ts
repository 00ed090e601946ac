/** Starts a MariaDB and a Redis on which tests make databases and installations of their own. */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection, type Connection } from 'mysql2/promise';
import type { Redis } from 'ioredis';
import type { Test } from 'tap';
import { signToken } from '../clients/tokens.js';
import { startMariadb } from '../servers/mariadb.js';
import { redisClient, type RedisServer, startRedis } from '../servers/redis.js';
import { type SeonchakServer, startSeonchak, TEST_SECRET } from '../servers/seonchak.js';

const PATIENCE_MS = 30_000;

export interface Installations {
  readonly client: Redis;
  readonly redis: RedisServer;
  readonly asRoot: Connection;
  readonly seller: string;
  /** A database of its own on the one server. @returns its URL. */
  readonly database: (name: string) => Promise<string>;
  /** A second database as a dump and its restore make it. @returns its URL. */
  readonly copy: (from: string, to: string) => Promise<string>;
  /** Gives a database the rows of an earlier copy. */
  readonly restore: (name: string, from: string) => Promise<void>;
  readonly settingsOf: (mysqlUrl: string, prefix?: string) => Readonly<Record<string, string>>;
  readonly serverOf: (t: Test, settings: Readonly<Record<string, string>>) => Promise<SeonchakServer>;
  readonly register: (server: SeonchakServer, quantity: number) => Promise<Response>;
  /** @returns the id of the new coupon. */
  readonly registered: (server: SeonchakServer, quantity: number) => Promise<number>;
  readonly outcome: (server: SeonchakServer, couponId: number, member: string) => Promise<string>;
  /** On a loaded machine a request may have to be repeated. */
  readonly decision: (server: SeonchakServer, couponId: number, member: string) => Promise<string>;
  readonly rowsOf: (name: string, couponId: number) => Promise<number>;
}

export async function startInstallations(t: Test): Promise<Installations> {
  const [mariadb, redis] = await Promise.all([startMariadb(), startRedis()]);
  t.teardown(() => Promise.all([mariadb.stop(), redis.stop()]));
  const client = redisClient(redis);
  t.teardown(() => client.disconnect());
  const asRoot = await createConnection({ host: '127.0.0.1', port: mariadb.port, user: 'root' });
  t.teardown(() => asRoot.end());
  const [users] = await asRoot.query(
    "select concat(quote(user), '@', quote(host)) as name from mysql.user where user = ?",
    [new URL(mariadb.url).username],
  );
  const user = (users as { name: string }[])[0]?.name ?? '';
  const seller = `Bearer ${await signToken('9', 'seller')}`;

  const register = (server: SeonchakServer, quantity: number): Promise<Response> =>
    fetch(`${server.origin}/v1/coupons`, {
      method: 'POST',
      headers: { authorization: seller, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'drop', quantity }),
    });

  const database = async (name: string): Promise<string> => {
    await asRoot.query(`create database ${name}`);
    await asRoot.query(`grant all on ${name}.* to ${user}`);
    return mariadb.url.replace(/\/\w+$/, `/${name}`);
  };
  const tablesOf = async (name: string): Promise<string[]> => {
    const [tables] = await asRoot.query(`show tables from ${name}`);
    return (tables as object[]).flatMap((row) => Object.values(row).map(String));
  };

  return {
    ...{ client, redis, database, asRoot, seller, register, outcome, decision },
    async copy(from, to) {
      const url = await database(to);
      for (const table of await tablesOf(from)) {
        await asRoot.query(`create table ${to}.${table} like ${from}.${table}`);
        await asRoot.query(`insert into ${to}.${table} select * from ${from}.${table}`);
      }
      return url;
    },
    async restore(name, from) {
      for (const table of await tablesOf(name)) {
        await asRoot.query(`delete from ${name}.${table}`);
        await asRoot.query(`insert into ${name}.${table} select * from ${from}.${table}`);
      }
    },
    settingsOf: (mysqlUrl, prefix = '') => ({
      ...{ REDIS_URL: redis.url, MYSQL_URL: mysqlUrl, JWT_SECRET: TEST_SECRET },
      ...(prefix === '' ? {} : { REDIS_PREFIX: prefix }),
    }),
    async serverOf(t, settings) {
      const server = await startSeonchak(settings);
      t.teardown(() => server.stop());
      return server;
    },
    async registered(server, quantity) {
      const reply = await register(server, quantity);
      if (reply.status !== 201) throw new Error(`${reply.status} ${await reply.text()}`);
      return ((await reply.json()) as { id: number }).id;
    },
    async rowsOf(name, couponId) {
      const [rows] = await asRoot.query(
        `select count(*) as n from ${name}.member_coupon where coupon_id = ?`,
        [couponId],
      );
      return (rows as { n: number }[])[0]?.n ?? 0;
    },
  };
}

async function outcome(server: SeonchakServer, couponId: number, member: string): Promise<string> {
  const headers = { authorization: `Bearer ${await signToken(member, 'member')}` };
  const reply = await fetch(`${server.origin}/v1/coupons/${couponId}/download`, { method: 'POST', headers });
  const body = (await reply.json()) as Record<string, string>;
  return body['outcome'] ?? body['code'] ?? '';
}

async function decision(server: SeonchakServer, couponId: number, member: string): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const found = await outcome(server, couponId, member);
    const isDecided = !/^(?:busy|not_ready|outcome_unknown)$/.test(found);
    if (isDecided && attempt > 1 && found === 'already_issued') return 'issued';
    if (isDecided || performance.now() > deadline) return found;
    await pause(100);
  }
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await pause(50);
  }
}
