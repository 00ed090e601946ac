/**
 * Implements the reference service's first version: a distributed lock around every download, decided in the database.
 *
 * As good as the method allows:
 *
 * - Members of one process wait in a line, and only its head asks for the lock. Without the line every waiter polls
 *   Redis, and the lock goes to the waiter that polls at the right moment.
 * - One query reads the terms, the member's own row and the last number; the decision is one INSERT.
 * - The Redis of the lock writes nothing to disk: a lock need not survive a crash.
 */
import { Redlock } from '@sesamecare-oss/redlock';
import { Redis } from 'ioredis';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import {
  couponTable,
  createBaselineTables,
  insertCoupon,
  memberCouponTable,
  recordedCount,
} from './baseline-tables.js';
import { type BaselineOutcome, serveBaseline } from './download-server.js';

/** Far above one download; a process that died frees its lock after this. */
const LOCK_MS = 5_000;
/** Another process holds the lock for about a millisecond. */
const RETRY_DELAY_MS = 1;
const RETRIES_MAX = 20_000;

const pool = createPool({ uri: process.env['MYSQL_URL'] ?? '', connectionLimit: 8 });
const redis = new Redis(process.env['REDIS_URL'] ?? '');
const redlock = new Redlock([redis], {
  retryCount: RETRIES_MAX,
  retryDelay: RETRY_DELAY_MS,
  retryJitter: RETRY_DELAY_MS,
});

const decision = `
  select c.quantity, c.opens_at,
    (select max(issue_no) from ${memberCouponTable('lock')} where coupon_id = c.id) as last_issue_no,
    own.issue_no, own.issued_at
  from ${couponTable('lock')} c
  left join ${memberCouponTable('lock')} own on own.coupon_id = c.id and own.member_id = ?
  where c.id = ?`;
const insertion = `insert into ${memberCouponTable('lock')} (coupon_id, issue_no, member_id, issued_at) values (?, ?, ?, ?)`;

interface Known extends RowDataPacket {
  readonly quantity: number;
  readonly opens_at: number | null;
  readonly last_issue_no: number | null;
  readonly issue_no: number | null;
  readonly issued_at: number | null;
}

async function decide(couponId: number, memberId: string): Promise<BaselineOutcome> {
  const [rows] = await pool.execute<Known[]>(decision, [memberId, couponId]);
  const known = rows[0];
  if (known === undefined) return { outcome: 'unknown_coupon' };
  if (known.issue_no !== null && known.issued_at !== null) {
    return { outcome: 'already_issued', issueNo: known.issue_no, issuedAtMs: known.issued_at };
  }
  const issuedAtMs = Date.now();
  if (known.opens_at !== null && issuedAtMs < known.opens_at) return { outcome: 'not_open' };
  const issueNo = (known.last_issue_no ?? 0) + 1;
  if (issueNo > known.quantity) return { outcome: 'sold_out' };
  await pool.execute(insertion, [couponId, issueNo, memberId, issuedAtMs]);
  return { outcome: 'issued', issueNo, issuedAtMs };
}

async function decideUnderLock(couponId: number, memberId: string): Promise<BaselineOutcome> {
  const lock = await redlock.acquire([`lock:coupon:${couponId}`], LOCK_MS);
  try {
    return await decide(couponId, memberId);
  } finally {
    await lock.release();
  }
}

/** The end of each coupon's line in this process. */
const lines = new Map<number, Promise<unknown>>();

function download(couponId: number, memberId: string): Promise<BaselineOutcome> {
  const turn = (lines.get(couponId) ?? Promise.resolve()).then(
    () => decideUnderLock(couponId, memberId),
    () => decideUnderLock(couponId, memberId),
  );
  lines.set(couponId, turn);
  return turn;
}

await createBaselineTables(pool, 'lock');
serveBaseline({
  createCoupon: (quantity, opensAtMs) => insertCoupon(pool, 'lock', quantity, opensAtMs),
  download,
  async whereabouts(couponId) {
    const recorded = await recordedCount(pool, 'lock', couponId);
    const [rows] = await pool.query<Known[]>(`select quantity from ${couponTable('lock')} where id = ?`, [
      couponId,
    ]);
    const quantity = rows[0]?.quantity ?? 0;
    return { quantity, remaining: quantity - recorded, queued: 0, claimed: 0, recorded, deadLettered: 0 };
  },
});
