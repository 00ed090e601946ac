/** The back ends as an operator would set them up, each with a look at its rows that does not go through our code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { createConnection } from 'mysql2/promise';
import { type MariadbServer, startMariadb } from '../servers/mariadb.js';
import { startRedis } from '../servers/redis.js';
import { startRedisCluster } from '../servers/redis-cluster.js';

export interface Row {
  readonly issueNo: number;
  readonly memberId: string;
}

export interface BackEndUnderTest {
  readonly name: string;
  /** Environment of a server that uses it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Absent with the embedded back end. */
  readonly mariadb?: MariadbServer;
  /** Rows of `member_coupon`, ascending by number. */
  rows(couponId: number): Promise<Row[]>;
  stop(): Promise<void>;
}

export type BackEndName = 'embedded' | 'redis' | 'cluster';
export const backEndNames: readonly BackEndName[] = ['embedded', 'redis', 'cluster'];

export async function startBackEnd(name: BackEndName): Promise<BackEndUnderTest> {
  return name === 'embedded' ? startEmbedded() : startDistributed(name);
}

async function startEmbedded(): Promise<BackEndUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'seonchak-data-'));
  return {
    name: 'embedded',
    settings: { DATA_DIR: folder },
    rows: (couponId) => {
      const database = new Database(join(folder, 'seonchak.db'), { readonly: true });
      try {
        const statement = database.prepare(ROWS);
        return Promise.resolve((statement.all(couponId) as RawRow[]).map(asRow));
      } finally {
        database.close();
      }
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startDistributed(name: 'redis' | 'cluster'): Promise<BackEndUnderTest> {
  const [mariadb, redis] = await Promise.all([
    startMariadb(),
    name === 'redis'
      ? startRedis().then((server) => ({ urls: [server.url], stop: () => server.stop() }))
      : startRedisCluster({ masters: 3 }),
  ]);
  return {
    name: name === 'redis' ? 'single Redis and MariaDB' : 'Redis Cluster and MariaDB',
    settings: { REDIS_URL: redis.urls.join(','), MYSQL_URL: mariadb.url },
    mariadb,
    rows: async (couponId) => {
      const connection = await createConnection(mariadb.url);
      try {
        const [rows] = await connection.query(ROWS, [couponId]);
        return (rows as RawRow[]).map(asRow);
      } finally {
        await connection.end();
      }
    },
    stop: async () => {
      await Promise.all([mariadb.stop(), redis.stop()]);
    },
  };
}

const ROWS = 'select issue_no, member_id from member_coupon where coupon_id = ? order by issue_no';

interface RawRow {
  readonly issue_no: number;
  readonly member_id: string;
}

function asRow(raw: RawRow): Row {
  return { issueNo: raw.issue_no, memberId: raw.member_id };
}
