/**
 * Drains coupons in a recorder thread, over connections of its own.
 *
 * Started by recorder-threads.ts, never imported.
 */
import { randomUUID } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { SeonchakError } from '../engine/domain/errors.js';
import { type CouponDrain, Flusher } from '../engine/recording/flusher.js';
import type { DrainReport, DrainTask, DrainWorkerSettings, ReportedDrain } from './recorder-threads.js';
import { connectRedis } from '../persist/redis/connect.js';
import { RedisCalls } from '../persist/redis/redis-calls.js';
import { RedisIssuanceQueue } from '../persist/redis/redis-issuance-queue.js';
import { timedRecording } from './timed-recording.js';
import { openMysql } from '../persist/sql/open-mysql.js';

/** Drains of a thread that are in the database at the same time: of each node of a Cluster, and of contested coupons. */
const RECORDING_CONNECTIONS = 6;

const settings = workerData as DrainWorkerSettings;

// The main thread connects to the same servers, judges their settings and reports on them; here it only takes patience.
const nodes = await connectRedis({ ...settings, connectWithinMs: Number.POSITIVE_INFINITY });
const queue = new RedisIssuanceQueue(new RedisCalls(nodes, { ...settings, replicaAcks: 0 }), nodes);
const mysql = openMysql(settings.mysqlUrl, {
  connections: RECORDING_CONNECTIONS,
  tls: settings.mysqlTls,
});
const timed = timedRecording(queue, mysql.ledger, () => performance.now());
const flusher = new Flusher({ ...timed, newToken: randomUUID }, settings);

export async function drain({ couponIds, alone }: DrainTask): Promise<DrainReport> {
  const drained = await flusher.drain(couponIds, alone);
  return { drained: drained.map(reported), times: timed.times.take() };
}

/** An exception would lose its class on the way between threads. */
function reported(drain: CouponDrain): ReportedDrain {
  if (typeof drain === 'string' || drain.status !== 'fault') return drain;
  const { fault } = drain;
  const code = fault instanceof SeonchakError ? fault.code : SeonchakError.code;
  return { status: 'fault', code, message: String(fault) };
}
