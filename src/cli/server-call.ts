/** Calls a running server with a server key, for commands that change what only a server may decide. */
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../config/config.js';
import type { CommandContext } from './command-context.js';
import { CommandFailedError, ServerRefusedError, UsageError } from './exit-codes.js';

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
  if (key === undefined || key === '') throw new UsageError(keyMissing(scope));
  const server = addressOf(env, address);
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
          throw unreachable(server, fault);
        });
        const read = await bodyOf(answer);
        if (answer.ok) return read;
        const isTransient = answer.status === 503 || answer.status === 429;
        if (!isTransient || attempt === ATTEMPTS_MAX) throw new ServerRefusedError(read, answer.status);
        await pause(RETRY_MS);
      }
    },
  };
}

export function keyMissing(scope: string): string {
  return `The server would not accept the command without a key. Set ${KEY_SETTING} to a server key with the scope ${scope}.`;
}

/** @throws UsageError when the address is not a URL. */
export function addressOf(env: NodeJS.ProcessEnv, address: string | undefined): string {
  const { host, port } = loadConfig(env);
  const server = address ?? `http://${host}:${port}`;
  if (!/^https?:\/\//.test(server) || !URL.canParse(server))
    throw new UsageError(
      `The option --server has ${server}, which is not a URL. Give one such as http://127.0.0.1:8080.`,
    );
  return server.replace(/\/+$/, '');
}

export function unreachable(server: string, cause: unknown): CommandFailedError {
  return new CommandFailedError(
    `The server ${server} cannot be reached. Check --server and that it is running.`,
    { cause },
  );
}

/** A proxy in between may answer with a page. */
export async function bodyOf(answer: Response): Promise<ServerBody> {
  const text = await answer.text();
  try {
    return JSON.parse(text) as ServerBody;
  } catch {
    return {};
  }
}
