/**
 * Runs the recorder's threads: a piscina pool of one thread for each, whose tasks drain many coupons.
 *
 * Piscina does not replace a thread that ended before it was ready, then or later, and keeps what waits for it. A pool
 * with a thread left would give that thread every task and never start a second one. A pool without one starts it for
 * the next task, so each has one thread, and an empty task after its end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { CouponId } from '../engine/domain/coupon.js';
import { SeonchakError, StoreOutcomeUnknownError, StoreUnavailableError } from '../engine/domain/errors.js';
import type { QueueFault } from '../engine/ports/issuance-queue.js';
import type { CouponDrain } from '../engine/recording/flusher.js';
import type { RecordingTimesDelta } from '../engine/recording/recording-times.js';
import { packageFolder } from '../package-folder.js';
import type { NatMap, SentinelGroup } from '../persist/redis/redis-servers.js';
import type { ServerTls } from '../persist/server-tls.js';

/** Concurrent drains of a thread: of each node of a Cluster, and of contested coupons, which may wait for locks. */
const DRAINS_PER_THREAD = 16;
/** A thread that can never start is tried no more often than this. */
const START_AGAIN_MS = 1_000;
/** What waits for a thread that cannot start is given up: its leases run out. */
const CLOSE_WITHIN_MS = 5_000;

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

export interface DrainTask {
  readonly couponIds: readonly CouponId[];
  readonly alone: boolean;
}

/** A fault travels between threads as a value. */
export type ReportedDrain =
  | Exclude<CouponDrain, QueueFault>
  | { readonly status: 'fault'; readonly code: string; readonly message: string };

export interface DrainReport {
  /** One for each coupon of the task, in their order. */
  readonly drained: readonly ReportedDrain[];
  readonly times: RecordingTimesDelta;
}

export interface RecorderThreads {
  /** See {@link Flusher.drain}. @throws SeonchakError when the thread itself ended. */
  drain(couponIds: readonly CouponId[], alone: boolean): Promise<CouponDrain[]>;
  /** Lets running tasks finish, then ends the threads. */
  close(): Promise<void>;
}

export interface RecorderThreadsHooks {
  /** Called after every drain with the times of its batches. */
  onTimes(times: RecordingTimesDelta): void;
  /** A thread ended while it had no task; another one starts. */
  onFault(fault: unknown): void;
}

export function startRecorderThreads(
  settings: DrainWorkerSettings,
  count: number,
  hooks: RecorderThreadsHooks,
): RecorderThreads {
  const threads = Array.from(
    { length: count },
    () => new RecorderThread(settings, (fault) => hooks.onFault(fault)),
  );
  return {
    async drain(couponIds, alone) {
      const ready = threads.filter((thread) => thread.isReady);
      const thread = leastBusy(ready.length > 0 ? ready : threads);
      const { drained, times } = await thread.run({ couponIds, alone });
      hooks.onTimes(times);
      return drained.map((report) =>
        typeof report === 'object' && report.status === 'fault'
          ? { status: 'fault', fault: asFault(report) }
          : report,
      );
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

function leastBusy(threads: readonly RecorderThread[]): RecorderThread {
  return threads.reduce((least, one) => (one.tasks < least.tasks ? one : least));
}

class RecorderThread {
  readonly #pool: Piscina;
  /** Running or waiting. */
  tasks = 0;
  /** It is connected to the stores. One that cannot connect keeps every task it was given. */
  isReady = false;
  #closing = false;

  constructor(settings: DrainWorkerSettings, onFault: (fault: unknown) => void) {
    this.#pool = new Piscina({
      filename: WORKER_FILE,
      name: 'drain',
      workerData: settings,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: DRAINS_PER_THREAD,
      // With the default an idle thread sleeps in Atomics.wait and its sockets go unattended: no keep-alive, no reconnect.
      atomics: 'disabled',
      ...loadedByImport(),
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
      closeTimeout: CLOSE_WITHIN_MS,
    });
    this.#pool.on('error', onFault);
    this.#pool.on('workerDestroy', () => void this.#startAgain());
    void this.#awaitReady();
  }

  async run(task: DrainTask): Promise<DrainReport> {
    this.tasks += 1;
    try {
      return (await this.#pool.run(task)) as DrainReport;
    } catch (cause) {
      // The thread died during the drain; another starts, and the leases of its claims run out.
      throw new SeonchakError('A recorder thread ended while draining coupons.', { cause });
    } finally {
      this.tasks -= 1;
    }
  }

  close(): Promise<void> {
    this.#closing = true;
    return this.#pool.close();
  }

  async #startAgain(): Promise<void> {
    this.isReady = false;
    await pause(START_AGAIN_MS, undefined, { ref: false });
    if (this.#closing) return;
    await this.#awaitReady();
  }

  /** A task without coupons starts a thread where there is none, and ends once the thread is connected. */
  async #awaitReady(): Promise<void> {
    try {
      await this.#pool.run({ couponIds: [], alone: false });
      this.isReady = true;
    } catch {
      // The thread ended, which `workerDestroy` reports, or the pool was closed.
    }
  }
}

function asFault(report: { readonly code: string; readonly message: string }): SeonchakError {
  const cause = new Error(report.message);
  switch (report.code) {
    case StoreUnavailableError.code:
      return new StoreUnavailableError(
        'A store refused the batch of the recorder. Nothing was written, and the recorder retries. See `cause` for the error; run `seonchak doctor`.',
        {
          cause,
        },
      );
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
 * process (`v8::Module::IsGraphAsync`, seen with 20.20) before it has printed why it ends. An import may be cut short at any point.
 *
 * The flag alone: a thread refuses those that only a whole process may have, such as `--max-old-space-size`.
 */
function loadedByImport(): { readonly execArgv?: string[] } {
  const flag = '--experimental-require-module';
  return process.allowedNodeEnvironmentFlags.has(flag) ? { execArgv: [flag.replace('--', '--no-')] } : {};
}

/** Run from source (tests), the thread still needs the build: threads load plain JavaScript. */
const WORKER_FILE = fileURLToPath(new URL('dist/server/drain-worker.js', packageFolder));
