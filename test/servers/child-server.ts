/** Starts a server process for a test and stops it by its pid, whatever happens to the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { onPath } from './on-path.js';

const START_TIMEOUT_MS = 90_000;
/** Longer than a server behind a proxy takes: it serves on for 5 s, then waits for idle connections, for at most 10 s. */
const STOP_TIMEOUT_MS = 25_000;
const LOG_KEPT_CHARACTERS = 20_000;

/**
 * For the environment of servers: Node.js would count coverage in every process below one that is watched, and code that is watched call by
 * call runs at half its speed. Commands stay watched: `reconcile` is covered by nothing else (test/runner/coverage.js).
 */
export const UNWATCHED = { NODE_V8_COVERAGE: '' } as const;

/** With it a server ends with the process that started it, even one that was killed and could end nothing itself. */
const setpriv = onPath('setpriv');
const guard = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL'];

const running = new Set<ChildProcess>();

/** The last resort for a test that crashed or was ended: no server outlives the process that started it. */
function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) > 1) return; // Other code ends this process in an orderly way.
    endAll();
    process.exit(1);
  });
}

export interface ChildServer {
  readonly pid: number;
  /** The end of what it has printed so far. */
  log(): string;
  /** True until the process has ended. */
  isAlive(): boolean;
  /** Sends a signal and waits for what it does: the end of the process, or with SIGSTOP the standstill of every thread. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts `command` and waits until its output matches `ready`.
 *
 * @throws Error with the end of its output when it ends or stays silent for 90 s instead.
 */
export async function startChildServer(
  command: string,
  args: readonly string[],
  ready: RegExp,
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ChildServer> {
  const env = { ...(options.env ?? process.env), ...UNWATCHED };
  const [program = command, ...words] = [...guard, command, ...args];
  const child = spawn(program, words, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
  running.add(child);
  void exited.then(() => running.delete(child));

  let output = '';
  let failure: unknown;
  child.once('error', (error) => {
    failure = error;
  });
  const isReady = new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-LOG_KEPT_CHARACTERS);
      if (ready.test(output)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  const how = await withinMs(
    Promise.race([isReady.then(() => 'ready' as const), exited.then(() => 'gone' as const)]),
    START_TIMEOUT_MS,
  );
  if (how !== 'ready' || child.pid === undefined) {
    child.kill('SIGKILL');
    throw new Error(`${command} did not become ready (${how ?? 'timeout'}):\n${output}`, { cause: failure });
  }
  return {
    pid: child.pid,
    log: () => output,
    isAlive: () => running.has(child),
    async kill(signal) {
      child.kill(signal);
      if (signal === 'SIGCONT') return;
      if (signal === 'SIGSTOP') {
        await untilStopped(child.pid);
        return;
      }
      if (
        (await withinMs(
          exited.then(() => true),
          STOP_TIMEOUT_MS,
        )) === undefined
      ) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  };
}

/** The kernel stops threads one by one, and one on another core may answer a request after the signal was sent. */
async function untilStopped(pid: number | undefined): Promise<void> {
  const folder = `/proc/${pid ?? 0}/task`;
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  for (;;) {
    const threads = await readdir(folder);
    const stats = await Promise.all(
      threads.map((thread) => readFile(`${folder}/${thread}/stat`, 'utf8').catch(() => '')),
    );
    // The state follows the name in parentheses; a thread that has just ended has no file.
    if (stats.every((stat) => stat === '' || /\) [TtZX] /.test(stat))) return;
    if (performance.now() > deadline) throw new Error(`process ${pid ?? 0} did not stop`);
    await pause(1);
  }
}

async function withinMs<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
