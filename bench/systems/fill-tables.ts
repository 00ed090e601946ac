/** `--full`: the tables as large as those of the model's load test, for every method. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { memberCouponTable } from '../baselines/baseline-tables.js';
import { seonchakFile } from './node-process.js';
import type { Stores } from './stores.js';

const run = promisify(execFile);

const MEMBERS = 1_000_000;
const COUPONS = 100_000;
const MEMBER_COUPONS = 10_000_000;

/** Our own command fills our tables; the baselines' are copied from them, where their systems have made them. */
export async function fillTables(stores: Stores, say: (text: string) => void): Promise<void> {
  const [mariadb, redis] = await Promise.all([stores.mariadb(), stores.redis('single')]);
  const sizes = { members: MEMBERS, coupons: COUPONS, 'member-coupons': MEMBER_COUPONS };
  say(
    `filling the tables: ${MEMBER_COUPONS.toLocaleString('en')} rows of ${COUPONS.toLocaleString('en')} coupons`,
  );
  await run(
    process.execPath,
    [seonchakFile, 'seed', ...Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, String(size)])],
    {
      env: {
        ...process.env,
        REDIS_URL: redis.urls.join(),
        MYSQL_URL: mariadb.url,
        JWT_SECRET: 'not-used-for-anything-while-seeding',
      },
    },
  );
  const connection = await createConnection(mariadb.url);
  try {
    for (const name of ['lock', 'script'] as const) {
      const table = memberCouponTable(name);
      const [made] = await connection.query('show tables like ?', [table]);
      if (!Array.isArray(made) || made.length === 0) continue;
      say(`copying them for the baseline ${name}`);
      await connection.query(
        `insert into ${table} (coupon_id, issue_no, member_id, issued_at)
         select -coupon_id, issue_no, member_id, issued_at from member_coupon`,
      );
    }
  } finally {
    await connection.end();
  }
}
