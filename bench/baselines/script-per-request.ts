/**
 * Implements the reference service's second version: one Lua call per request decides everything.
 *
 * A scheduler (script-scheduler.ts) moves the winners into the database. As good as the method allows: ioredis writes
 * the calls of one turn of the event loop as one pipeline, the script is called by its digest, and one reply has
 * membership and number.
 */
import { Redis, type Result } from 'ioredis';
import { createPool } from 'mysql2/promise';
import { createBaselineTables, insertCoupon, recordedCount } from './baseline-tables.js';
import { type BaselineOutcome, serveBaseline } from './download-server.js';
import { metaKey, QUEUE_KEY, winnersKey } from './script-keys.js';

const decideScript = `
local held = redis.call('HGET', KEYS[2], ARGV[1])
if held then return 'already:' .. held end
local meta = redis.call('HMGET', KEYS[1], 'quantity', 'opensAt')
if not meta[1] then return 'unknown' end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if now < tonumber(meta[2]) then return 'not_open' end
local issueNo = redis.call('HLEN', KEYS[2]) + 1
if issueNo > tonumber(meta[1]) then return 'sold_out' end
local value = issueNo .. ':' .. string.format('%.0f', now)
redis.call('HSET', KEYS[2], ARGV[1], value)
redis.call('ZADD', KEYS[3], now, ARGV[2] .. ':' .. issueNo .. ':' .. ARGV[1])
return 'issued:' .. value`;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    decideDownload(
      meta: string,
      winners: string,
      queue: string,
      memberId: string,
      couponId: number,
    ): Result<string, Context>;
  }
}

const pool = createPool({ uri: process.env['MYSQL_URL'] ?? '', connectionLimit: 2 });
const redis = new Redis(process.env['REDIS_URL'] ?? '', { enableAutoPipelining: true });
redis.defineCommand('decideDownload', { numberOfKeys: 3, lua: decideScript });

async function download(couponId: number, memberId: string): Promise<BaselineOutcome> {
  const reply = await redis.decideDownload(
    metaKey(couponId),
    winnersKey(couponId),
    QUEUE_KEY,
    memberId,
    couponId,
  );
  if (reply === 'sold_out' || reply === 'not_open') return { outcome: reply };
  if (reply === 'unknown') return { outcome: 'unknown_coupon' };
  const [kind, issueNo, issuedAtMs] = reply.split(':');
  return {
    outcome: kind === 'issued' ? 'issued' : 'already_issued',
    issueNo: Number(issueNo),
    issuedAtMs: Number(issuedAtMs),
  };
}

await createBaselineTables(pool, 'script');
serveBaseline({
  async createCoupon(quantity, opensAtMs) {
    const couponId = await insertCoupon(pool, 'script', quantity, opensAtMs);
    await redis.hset(metaKey(couponId), { quantity, opensAt: opensAtMs ?? 0 });
    return couponId;
  },
  download,
  async whereabouts(couponId) {
    const [quantity, issued, queued, recorded] = await Promise.all([
      redis.hget(metaKey(couponId), 'quantity').then(Number),
      redis.hlen(winnersKey(couponId)),
      redis.zcard(QUEUE_KEY),
      recordedCount(pool, 'script', couponId),
    ]);
    // What the scheduler has popped and not yet inserted is in no book: the flaw of the method.
    return { quantity, remaining: quantity - issued, queued, claimed: 0, recorded, deadLettered: 0 };
  },
});
