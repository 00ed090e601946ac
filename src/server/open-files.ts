/**
 * Reads how many files this process may have open, and derives how many connections it accepts.
 *
 * Without a bound of its own a process that has no descriptor left cannot accept the connections that wait, and the event loop is woken for
 * them again and again: half a core for nothing, and no log line or store connection can be opened any more.
 */
import { readFileSync } from 'node:fs';
import { SeonchakError } from '../engine/domain/errors.js';

/** A server needs what is reserved below, and some 380 connections of clients. */
export const OPEN_FILES_MIN = 1_024;

/** A command needs these: below 48 Node.js itself ends with a stack trace while it loads modules. */
export const COMMAND_OPEN_FILES_MIN = 128;

/**
 * For connections to stores and log files (30 to 90), and for the modules of two threads that start after connections have come. With 320,
 * threads that started after the process was ready found no descriptor left and ended the process. Measured when each of them opened up to
 * 280 modules concurrently; since docs/adr/0052 they open fewer.
 */
const RESERVED_FILES = 640;

export class TooFewOpenFilesError extends SeonchakError {
  static override readonly code = 'open_files_too_few';
}

/**
 * @param least what this process needs.
 * @throws {@link TooFewOpenFilesError}
 */
export function requireOpenFiles(least: number, most = openFilesMax()): void {
  if (most >= least) return;
  throw new TooFewOpenFilesError(
    `This process may have ${most} files and connections open, and needs at least ${least.toLocaleString('en')}. ` +
      'Raise the limit before the start: `ulimit -n 65536`, LimitNOFILE of a systemd unit, `--ulimit nofile` of a container.',
  );
}

/** Concurrent connections of clients. */
export function connectionsMax(most = openFilesMax()): number {
  return most - RESERVED_FILES;
}

let read: number | undefined;

/** Node.js has raised the soft limit to the hard one by now. Infinity where the system has no such limit. */
export function openFilesMax(): number {
  return (read ??= limitOnLinux() ?? limitInReport());
}

/** In 0.1 ms; every command asks. `undefined`: this is not Linux, or its files are not there. */
function limitOnLinux(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** In 5 to 10 ms, on any system. */
function limitInReport(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}
