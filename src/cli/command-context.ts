/** Defines the environment and streams of a command, and opens the stores for it. */
import type { Writable } from 'node:stream';
import type { Config } from '../config/config.js';
import type { OpenStoresOptions, Stores } from '../server/stores.js';

export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly input: NodeJS.ReadStream & { readonly fd: number };
  /** For what was asked for; a program may read it. */
  readonly output: Writable & {
    readonly isTTY?: boolean;
    readonly rows?: number;
  };
  /** For people: progress, remarks, faults. */
  readonly notes: Writable & { readonly isTTY?: boolean };
}

/**
 * Opens the stores beside a running server, and closes them whatever the work does.
 *
 * @param options `createMissing` for commands whose purpose is to make a data folder; others refuse a folder that no server has made.
 *   `asItIs` for those that change nothing.
 */
export async function withStores<Result>(
  config: Config,
  work: (stores: Stores) => Promise<Result>,
  options: Pick<OpenStoresOptions, 'createMissing' | 'asItIs'> = {},
): Promise<Result> {
  // Loaded when needed: help and tokens should not wait for database drivers.
  const { openStores } = await import('../server/stores.js');
  const stores = await openStores(config, {
    exclusive: false,
    ...options,
    // The command that needed the connection fails and reports the reason; a second message would only repeat it.
    onConnectionError: () => undefined,
  });
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

/**
 * For commands that read or change coupons in Redis: they do nothing with one that is not the database's.
 *
 * @param takesOver whether the database takes a Redis that another copy of it used; the argument of `work` is whether it did.
 */
export function withMatchingStores<Result>(
  config: Config,
  work: (stores: Stores, tookOver: boolean) => Promise<Result>,
  takesOver = false,
): Promise<Result> {
  return withStores(config, async (stores) => {
    const tookOver = await stores.establishBelonging(takesOver);
    return work(stores, tookOver);
  });
}

export function printLine(stream: Writable, text: string): void {
  stream.write(`${text}\n`);
}

/** One JSON document a run: the answer of a command with `--json`. */
export function printJson(context: CommandContext, value: unknown): void {
  printLine(context.output, JSON.stringify(value, null, 2));
}
