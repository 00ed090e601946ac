/** Calls a running server with a server key, for commands that change what only a server may decide. */
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../config/config.js';
import type { CommandContext } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';

export const KEY_SETTING = 'SEONCHAK_KEY';

/** The server does nothing with such a request, or repeats it safely. */
const ATTEMPTS_MAX = 20;
const RETRY_MS = 1_000;

export type ServerBody = Readonly<Record<string, unknown>>;

export interface ServerCaller {
  /** Repeats what is answered 503 or 429. @throws CommandFailedError for every other refusal. */
  readonly call: (method: 'POST' | 'DELETE', path: string, body?: object) => Promise<ServerBody>;
}

/** @throws UsageError without a key. */
export function serverOf({ env }: CommandContext, address: string | undefined, scope: string): ServerCaller {
  const key = env[KEY_SETTING];
  if (key === undefined || key === '')
    throw new UsageError(`set ${KEY_SETTING} to a server key with the scope ${scope}`);
  const { host, port } = loadConfig(env);
  const server = address ?? `http://${host}:${port}`;
  return {
    async call(method, path, body) {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await fetch(`${server}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${key}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }).catch((fault: unknown) => {
          throw new CommandFailedError(`${server} cannot be reached`, { cause: fault });
        });
        const read = (await answer.json()) as ServerBody;
        if (answer.ok) return read;
        const isPassing = answer.status === 503 || answer.status === 429;
        if (!isPassing || attempt === ATTEMPTS_MAX)
          throw new CommandFailedError(
            `the server refused: ${typeof read['detail'] === 'string' ? read['detail'] : answer.status}`,
          );
        await pause(RETRY_MS);
      }
    },
  };
}
