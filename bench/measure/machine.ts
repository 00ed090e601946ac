/** Describes the machine, without which figures mean nothing. */
import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly redis: string;
  readonly database: string;
  /** Load of the minute before the run: what else ran. */
  readonly loadBefore: number;
}

export async function describeMachine(): Promise<Machine> {
  const [redis, database] = await Promise.all([versionOf('redis-server'), versionOf('mariadbd')]);
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    redis: /v=([\d.]+)/.exec(redis)?.[1] ?? redis,
    database: /Ver ([\w.-]+)/.exec(database)?.[1] ?? database,
    loadBefore: loadavg()[0] ?? 0,
  };
}

async function versionOf(program: string): Promise<string> {
  // Debian keeps servers in /usr/sbin, which is not on every user's PATH.
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
  const { stdout } = await run(program, ['--version'], { env: { ...process.env, PATH: path } });
  return stdout.trim();
}
