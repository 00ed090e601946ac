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
  const key = keyOf(env, scope);
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

/** @throws UsageError without a key that a header can carry. The key itself is in no message: it is a secret. */
export function keyOf(env: NodeJS.ProcessEnv, scope: string): string {
  // A file of settings may end its lines as Windows does.
  const key = env[KEY_SETTING]?.trim() ?? '';
  if (key === '')
    throw new UsageError(
      `The server would not accept the command without a key. Set ${KEY_SETTING} to a server key with the scope ${scope}.`,
    );
  if (!/^[!-~]+$/.test(key))
    throw new UsageError(
      `${KEY_SETTING} is not a server key: it has spaces, line breaks or letters outside ASCII. Set it to one key with the scope ${scope}.`,
    );
  return key;
}

/** @throws UsageError when the address is not that of a server. */
export function addressOf(env: NodeJS.ProcessEnv, address: string | undefined): string {
  const { host, port } = loadConfig(env);
  const server = address ?? `http://${host}:${port}`;
  if (!/^https?:\/\//.test(server) || !URL.canParse(server))
    throw new UsageError(
      `The option --server has ${server}, which is not a URL. Give one such as http://127.0.0.1:8080.`,
    );
  const { username, password, search, hash } = new URL(server);
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    throw new UsageError(
      'The option --server has a user name, a password, a query or a fragment, which commands do not send. Give the address only, such as http://127.0.0.1:8080.',
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
