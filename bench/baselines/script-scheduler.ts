/**
 * Pops the winners of the script baseline and inserts them.
 *
 * A crash between the two steps loses winners, as in the reference service.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createPool } from 'mysql2/promise';
import { createBaselineTables, memberCouponTable } from './baseline-tables.js';
import { QUEUE_KEY } from './script-keys.js';

/** The same as our recorder's default, so that only the method differs. */
const ROWS_MAX = 1_000;
const IDLE_MS = 10;

const pool = createPool({ uri: process.env['MYSQL_URL'] ?? '', connectionLimit: 1 });
const redis = new Redis(process.env['REDIS_URL'] ?? '');
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());

async function moveSome(): Promise<number> {
  const popped = await redis.zpopmin(QUEUE_KEY, ROWS_MAX);
  if (popped.length === 0) return 0;
  const values: (string | number)[] = [];
  for (let place = 0; place < popped.length; place += 2) {
    const [couponId = '', issueNo = '', memberId = ''] = (popped[place] ?? '').split(':');
    values.push(Number(couponId), Number(issueNo), memberId, Number(popped[place + 1]));
  }
  const places = '(?,?,?,?),'.repeat(popped.length / 2).slice(0, -1);
  await pool.query(
    `insert into ${memberCouponTable('script')} (coupon_id, issue_no, member_id, issued_at) values ${places}`,
    values,
  );
  return popped.length / 2;
}

await createBaselineTables(pool, 'script');
process.stdout.write('ready\n');
for (;;) {
  const moved = await moveSome();
  if (ending.signal.aborted && moved === 0) break;
  if (moved === 0) await pause(IDLE_MS);
}
redis.disconnect();
await pool.end();
