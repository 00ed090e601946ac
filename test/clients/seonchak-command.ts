/** Runs the built command line as a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../dist/cli/seonchak.js', import.meta.url));

/** Long enough for a slow machine; a command that hangs fails its test instead of the whole run. */
const COMMAND_TIMEOUT_MS = 60_000;

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs to the end. Only `settings` and the PATH are in the environment, so nothing of the caller's configuration leaks in. Without `input`
 * it reads from /dev/null, as under a service manager.
 *
 * @param under a program and its arguments that start the command, such as `['prlimit', '--nofile=200']`.
 */
export async function runSeonchak(
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  input?: string,
  under: readonly string[] = [],
): Promise<CommandResult> {
  const [program = '', ...rest] = [...under, process.execPath, bin, ...words];
  const child =
    input === undefined
      ? spawn(program, rest, {
          ...options(settings),
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      : spawnSeonchak(words, settings);
  child.stdin?.end(input);
  const [stdout, stderr, exit] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { exitCode: exit[0], stdout, stderr };
}

/** Runs on its own: to be watched, typed at or killed. */
export function spawnSeonchak(
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [bin, ...words], {
    ...options(settings),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that reads no input may have ended before it is written.
  child.stdin.on('error', () => undefined);
  return child;
}

function options(settings: Readonly<Record<string, string>>) {
  return {
    env: { PATH: process.env['PATH'], ...settings },
    timeout: COMMAND_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  } as const;
}

/** An empty folder for one test; `remove` it afterwards. */
export async function emptyFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'seonchak-cli-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** What no message to a person may contain. */
export const STACK_TRACE = /^\s+at .+:\d+:\d+\)?$/m;
