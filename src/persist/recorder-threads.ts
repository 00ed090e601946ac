/** Runs the recorder's threads: a piscina pool whose tasks drain one coupon each, many concurrent per thread. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { CouponId } from '../engine/domain/coupon.js';
import { SeonchakError, StoreOutcomeUnknownError, StoreUnavailableError } from '../engine/domain/errors.js';
import type { DrainResult } from '../engine/recording/flusher.js';
import type { RecordingTimesDelta } from '../engine/recording/recording-times.js';
import type { NatMap, SentinelGroup } from './redis/redis-servers.js';
import type { ServerTls } from './server-tls.js';

/**
 * Concurrent drains of a thread. Redis takes claims that arrive at about the same time in one turn, with one fsync, and
 * their rows are one transaction (docs/adr/0044).
 */
const DRAINS_PER_THREAD = 64;

export interface DrainWorkerSettings {
  readonly redisUrls: readonly string[];
  readonly redisTls: ServerTls | undefined;
  readonly redisSentinel: SentinelGroup | undefined;
  readonly redisNatMap: NatMap | undefined;
  readonly redisPrefix: string;
  readonly mysqlUrl: string;
  readonly mysqlTls: ServerTls | undefined;
  readonly callDeadlineMs: number;
  readonly recordBatchMax: number;
  readonly leaseMs: number;
}

export type DrainReport = (
  | { readonly status: 'drained'; readonly result: DrainResult }
  | { readonly status: 'fault'; readonly code: string; readonly message: string }
) & { readonly times: RecordingTimesDelta };

export interface RecorderThreads {
  /** @throws StoreUnavailableError, StoreOutcomeUnknownError, or SeonchakError when the thread itself ended. */
  drain(couponId: CouponId): Promise<DrainResult>;
  /** How many drains may be under way. */
  readonly drainsMax: number;
  /** Lets running tasks finish, then ends the threads. */
  close(): Promise<void>;
}

/** @param onTimes called after every drain with the times of its batches. */
export function startRecorderThreads(
  settings: DrainWorkerSettings,
  threads: number,
  onTimes: (times: RecordingTimesDelta) => void,
): RecorderThreads {
  const pool = new Piscina({
    filename: workerFile(),
    name: 'drain',
    workerData: settings,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: DRAINS_PER_THREAD,
    // With the default an idle thread sleeps in Atomics.wait and its sockets go unattended: no keep-alive, no reconnect.
    atomics: 'disabled',
    ...loadedByImport(),
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
  });
  return {
    async drain(couponId) {
      const report = await run(pool, couponId);
      onTimes(report.times);
      if (report.status === 'drained') return report.result;
      throw asFault(report);
    },
    drainsMax: threads * DRAINS_PER_THREAD,
    close: () => pool.close(),
  };
}

async function run(pool: Piscina, couponId: CouponId): Promise<DrainReport> {
  try {
    return (await pool.run(couponId)) as DrainReport;
  } catch (cause) {
    // The thread died during the drain; piscina starts another, and the claim's lease runs out.
    throw new SeonchakError('A recorder thread ended while draining a coupon.', { cause });
  }
}

function asFault(report: { readonly code: string; readonly message: string }): SeonchakError {
  const cause = new Error(report.message);
  switch (report.code) {
    case StoreUnavailableError.code:
      return new StoreUnavailableError('A store refused the batch of the recorder. Nothing was written.', {
        cause,
      });
    case StoreOutcomeUnknownError.code:
      return new StoreOutcomeUnknownError(
        'A store did not respond to the recorder. The batch may or may not have been written.',
        { cause },
      );
    default:
      return new SeonchakError('Unexpected error while recording.', { cause });
  }
}

/**
 * Piscina tries `require` first. Where Node.js can `require` a module, a thread that is ended in the middle of that aborts the whole
 * process (`v8::Module::IsGraphAsync`, seen with 20.20) before it has said why it ends. An import may be cut short at any point.
 *
 * The flag alone: a thread refuses those that only a whole process may have, such as `--max-old-space-size`.
 */
function loadedByImport(): { readonly execArgv?: string[] } {
  const flag = '--experimental-require-module';
  return process.allowedNodeEnvironmentFlags.has(flag) ? { execArgv: [flag.replace('--', '--no-')] } : {};
}

/** Beside this file in the build. Run from source (tests), the thread still needs the build: threads load plain JavaScript. */
function workerFile(): string {
  const beside = fileURLToPath(new URL('./drain-worker.js', import.meta.url));
  return existsSync(beside)
    ? beside
    : fileURLToPath(new URL('../../dist/persist/drain-worker.js', import.meta.url));
}
