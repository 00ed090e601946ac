/** Starts processes of the bench's systems: Node.js, one script, settings by environment. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChildServer, startChildServer } from '../../test/servers/child-server.js';

/** From `.bench-dist/bench/systems/` to the root. */
const root = new URL('../../../', import.meta.url);

/** Our server, as it is shipped. */
export const seonchakFile = serverOf(fileURLToPath(root));

/** The same of another checkout, which has been built. */
export function serverOf(checkout: string): string {
  return join(checkout, 'dist/cli/seonchak.js');
}

export function baselineFile(name: string): string {
  return fileURLToPath(new URL(`../baselines/${name}.js`, import.meta.url));
}

/** Signs every token of a bench; nothing else ever sees it. */
export const BENCH_SECRET = 'bench-only-4b1f6a0c9d2e7f83-not-for-anything-else';

export interface NodeProcessOptions {
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Write a CPU profile there when it ends. */
  readonly profileFolder?: string | undefined;
}

export function startNode(file: string, options: NodeProcessOptions): Promise<ChildServer> {
  const { args = [], env, profileFolder } = options;
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  return startChildServer(process.execPath, [...profiling, file, ...args], /ready/i, {
    env: { ...process.env, JWT_SECRET: BENCH_SECRET, LOG_LEVEL: 'warn', NODE_ENV: 'production', ...env },
  });
}
