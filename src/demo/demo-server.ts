/** Runs the server of the demo as a process of its own, so that it can be killed like one. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../package-folder.js';

const COMMAND = fileURLToPath(new URL('dist/demo/served-for-demo.js', packageFolder));
const READY_WAIT_MS = 60_000;
const READY_POLL_MS = 20;

export class DemoServer {
  readonly address: string;
  readonly #port: number;
  readonly #dataDir: string;
  #process: ChildProcess | undefined;

  private constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir;
    this.#port = port;
    this.address = `http://127.0.0.1:${port}`;
  }

  /** On the usual port where that is free, so that the address is the one of the documentation. */
  static async start(dataDir: string): Promise<DemoServer> {
    const server = new DemoServer(dataDir, (await freePort(8080)) ?? (await freePort(0)) ?? 0);
    await server.#launch();
    return server;
  }

  /** SIGKILL: the process gets no chance to finish anything. @returns how long the restart took, in milliseconds. */
  async killAndRestart(): Promise<number> {
    const killedAtMs = performance.now();
    await this.#end('SIGKILL');
    await this.#launch();
    return performance.now() - killedAtMs;
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #launch(): Promise<void> {
    const { PATH, TMPDIR } = process.env;
    const env = {
      ...{ PATH, TMPDIR, DATA_DIR: this.#dataDir, PORT: String(this.#port) },
      ...{ LOG_LEVEL: 'error', SHUTDOWN_DELAY_MS: '0' },
    };
    const child = spawn(process.execPath, [COMMAND, 'serve'], {
      env,
      // The channel closes when this process ends, however it ends.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process = child;
    const untilMs = performance.now() + READY_WAIT_MS;
    while (performance.now() < untilMs) {
      if (child.exitCode !== null) throw new Error('The server of the demo could not be started.');
      const answer = await fetch(`${this.address}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
      await pause(READY_POLL_MS);
    }
    throw new Error('The server of the demo was not ready in time.');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/** @param port 0: any. @returns `undefined` where it is taken. */
function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
