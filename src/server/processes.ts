/**
 * Starts and replaces the API processes when PROCESSES is above 1.
 *
 * The parent process records; its children share the port and serve.
 */
import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { DistributedConfig } from '../config/config.js';
import { SeonchakError } from '../engine/domain/errors.js';

/** A child that dies is replaced after this; one that cannot start at all must not spin. */
const RESPAWN_PAUSE_MS = 1_000;

/** The child's own message is printed above. */
class ApiProcessEndedError extends SeonchakError {
  static override readonly code = 'process_ended';

  constructor(exitCode: number | null, signal: string | null) {
    super(
      `An API process ended before it was ready (${signal ?? `exit code ${exitCode ?? 'unknown'}`}). Its own log lines have the cause.`,
    );
  }
}

export interface ApiProcesses {
  /** Sends SIGTERM to all of them and waits until they have shut down and ended. */
  stop(): Promise<void>;
}

/** Resolves when every child serves. @throws when one of them cannot; then none is left running. */
export async function startApiProcesses(config: DistributedConfig, logger: Logger): Promise<ApiProcesses> {
  let started = false;
  let stopping = false;
  const spawn = (): Worker => {
    const child = cluster.fork({ ROLES: 'api', PROCESSES: '1' });
    child.on('exit', (code, signal) => {
      if (!started || stopping) return;
      logger.error(
        { childPid: child.process.pid, code, signal },
        'API process ended unexpectedly; starting a replacement',
      );
      setTimeout(() => {
        if (!stopping) spawn();
      }, RESPAWN_PAUSE_MS);
    });
    return child;
  };
  const children = Array.from({ length: config.processes }, spawn);
  const stop = async (): Promise<void> => {
    stopping = true;
    const alive = Object.values(cluster.workers ?? {}).filter((child) => child !== undefined);
    await Promise.all(
      alive.map(async (child) => {
        if (child.isDead()) return;
        const ended = once(child.process, 'exit');
        child.process.kill('SIGTERM');
        await ended;
      }),
    );
  };
  try {
    await Promise.race([Promise.all(children.map(untilServing)), firstEnd(children)]);
    started = true;
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { stop };
}

/** A child sends this to its parent when it listens. */
const SERVING = 'serving';

export function reportServingToParent(): void {
  process.send?.(SERVING);
}

/**
 * A child that has drained, or could not start, may end: the channel to its parent would keep it for ever, since every child of a cluster
 * listens on it.
 */
export function unrefParentChannel(): void {
  process.channel?.unref();
}

/** Whether this process is one of several that share the port. */
export function isApiChild(): boolean {
  return cluster.isWorker;
}

function untilServing(child: Worker): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (message === SERVING) resolve();
    });
  });
}

/**
 * Rejects as soon as one of them fails, whether it has served before or not. An orderly end is not a failure: a Ctrl-C reaches the children as well, and
 * they serve before they obey.
 */
function firstEnd(children: readonly Worker[]): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const child of children) {
      child.once('exit', (code: number | null, signal: string | null) => {
        if (code !== 0) reject(new ApiProcessEndedError(code, signal));
      });
    }
  });
}
