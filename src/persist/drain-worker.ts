/**
 * Drains coupons in a recorder thread, over connections of its own.
 *
 * Started by recorder-threads.ts, never imported.
 */
import { randomUUID } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import type { CouponId } from '../engine/domain/coupon.js';
import { SeonchakError } from '../engine/domain/errors.js';
import { Flusher } from '../engine/recording/flusher.js';
import type { DrainReport, DrainWorkerSettings } from './recorder-threads.js';
import { connectRedis } from './redis/connect.js';
import { RedisCalls } from './redis/redis-calls.js';
import { RedisIssuanceQueue } from './redis/redis-issuance-queue.js';
import { timedRecording } from './timed-recording.js';
import { RECORDING_CONNECTIONS } from './sql/grouped-recording.js';
import { openMysql } from './sql/open-mysql.js';

const settings = workerData as DrainWorkerSettings;

// The main thread connects to the same servers, judges their settings and reports on them; here it only takes patience.
const nodes = await connectRedis({ ...settings, connectWithinMs: Number.POSITIVE_INFINITY });
const queue = new RedisIssuanceQueue(new RedisCalls(nodes, { ...settings, replicaAcks: 0 }));
const mysql = openMysql(settings.mysqlUrl, {
  connections: RECORDING_CONNECTIONS,
  tls: settings.mysqlTls,
});
const timed = timedRecording(queue, mysql.recording, () => performance.now());
let draining = 0;
const flusher = new Flusher(
  { ...timed, queue: { ...timed.queue, claim: claimShare }, newToken: randomUUID },
  settings,
);

/** The drains under way share what one may claim: a claim that has to wait for the others' rows would wait out its lease. */
function claimShare(couponId: CouponId, token: string, limit: number, leaseMs: number) {
  return timed.queue.claim(couponId, token, Math.max(1, Math.floor(limit / draining)), leaseMs);
}

/** An exception would lose its class on the way between threads, so a fault travels as a value. */
export async function drain(couponId: CouponId): Promise<DrainReport> {
  draining += 1;
  try {
    return { status: 'drained', result: await flusher.drain(couponId), times: timed.times.take() };
  } catch (fault) {
    const code = fault instanceof SeonchakError ? fault.code : SeonchakError.code;
    return { status: 'fault', code, message: String(fault), times: timed.times.take() };
  } finally {
    draining -= 1;
  }
}
