/** Fills the tables for `--full`, as large as those of the reference service's load test, for every method. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createConnection } from 'mysql2/promise';
import { memberCouponTable } from '../baselines/baseline-tables.js';
import { seonchakFile } from './node-process.js';
import type { Stores } from './stores.js';

const MEMBERS = 1_000_000;
const COUPONS = 100_000;
const MEMBER_COUPONS = 10_000_000;
/** Coupons whose rows are copied in one statement: a tenth of them all, so that progress is printed every few seconds. */
const COPIED_AT_ONCE = COUPONS / 10;

type Say = (text: string) => void;

/** Our own command fills our tables; the baselines' are copied from them, where their systems have made them. */
export async function fillTables(stores: Stores, report: Say): Promise<void> {
  const [mariadb, redis] = await Promise.all([stores.mariadb(), stores.redis('single')]);
  await seed({ REDIS_URL: redis.urls.join(), MYSQL_URL: mariadb.url }, report);
  const connection = await createConnection(mariadb.url);
  try {
    for (const name of ['lock', 'script'] as const) {
      const table = memberCouponTable(name);
      const [made] = await connection.query('show tables like ?', [table]);
      if (!Array.isArray(made) || made.length === 0) continue;
      for (let first = 1; first <= COUPONS; first += COPIED_AT_ONCE) {
        await connection.query(
          `insert into ${table} (coupon_id, issue_no, member_id, issued_at)
           select -coupon_id, issue_no, member_id, issued_at from member_coupon where coupon_id between ? and ?`,
          [first, first + COPIED_AT_ONCE - 1],
        );
        const copied = ((first + COPIED_AT_ONCE - 1) / COUPONS) * 100;
        report(`copying the rows for the baseline ${name}: ${copied} %`);
      }
    }
  } finally {
    await connection.end();
  }
}

async function seed(stores: Readonly<Record<string, string>>, report: Say): Promise<void> {
  const sizes = { members: MEMBERS, coupons: COUPONS, 'member-coupons': MEMBER_COUPONS };
  const child = spawn(
    process.execPath,
    [seonchakFile, 'seed', ...Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, String(size)])],
    {
      env: { ...process.env, ...stores, JWT_SECRET: 'not-used-for-anything-while-seeding' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = once(child, 'close');
  // Its progress, and at the end how many rows a second it was.
  for (const output of [child.stdout, child.stderr]) createInterface(output).on('line', report);
  await ended;
  if (child.exitCode !== 0) throw new Error(`seonchak seed ended with ${child.exitCode ?? child.signalCode}`);
}
