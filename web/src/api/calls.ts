/** Sends requests of the signed-in person, and distinguishes answers, refusals and a missing connection. */
import type { Session } from '../session.js';
import { OFFLINE, problemOf, unexpected } from './problem.js';
import type { Problem } from './problem.js';
import { UnexpectedAnswerError } from './read.js';
import type { Result } from './result.js';

/** Longer than any deadline of the server, so that the server reports the outcome of a request. */
const CALL_TIMEOUT_MS = 15_000;

export type { Result };

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  /** A repeat with the same key is carried out once. */
  readonly idempotencyKey?: string;
  /** Carried out only while the coupon is at the revision of this ETag. */
  readonly ifMatch?: string | undefined;
}

export class ApiCalls {
  readonly #session: Pick<Session, 'current'>;
  readonly #onRefused: () => void;

  /** @param onRefused the server refuses the token of the signed-in person. */
  constructor(session: Pick<Session, 'current'>, onRefused: () => void) {
    this.#session = session;
    this.#onRefused = onRefused;
  }

  /** The answer as a file. It takes as long as it takes, so it has no deadline. */
  protected async file(path: string, type: string): Promise<Result<Blob>> {
    try {
      const response = await fetch(path, {
        headers: { ...this.#headers(), accept: type },
      });
      if (!response.ok) return { ok: false, problem: await this.#refusal(response) };
      return { ok: true, value: await response.blob() };
    } catch {
      return { ok: false, problem: OFFLINE };
    }
  }

  protected async call<Value>(
    path: string,
    read: (value: unknown, headers: Headers) => Value,
    call: Call = {},
  ): Promise<Result<Value>> {
    let response: Response;
    let value: unknown;
    try {
      response = await fetch(path, {
        method: call.method ?? 'GET',
        headers: {
          ...this.#headers(),
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
          ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        cache: 'no-store',
      });
      if (!response.ok) return { ok: false, problem: await this.#refusal(response) };
      value = await response.json();
    } catch {
      return { ok: false, problem: OFFLINE };
    }
    try {
      return { ok: true, value: read(value, response.headers) };
    } catch (fault) {
      return { ok: false, problem: unexpected(fault) };
    }
  }

  /** Reads an answer of lines, each a JSON value, as they come. It takes as long as it takes, so it has no deadline. */
  protected async lines(path: string, method: string, read: (line: unknown) => void): Promise<Result<void>> {
    try {
      const headers = { ...this.#headers(), accept: 'application/x-ndjson' };
      const response = await fetch(path, { method, headers, cache: 'no-store' });
      if (!response.ok) return { ok: false, problem: await this.#refusal(response) };
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let partial = '';
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true };
        if (done) return { ok: true, value: undefined };
        const [...complete] = (partial + value).split('\n');
        partial = complete.pop() ?? '';
        for (const line of complete) read(JSON.parse(line));
      }
    } catch (fault) {
      return { ok: false, problem: fault instanceof UnexpectedAnswerError ? unexpected(fault) : OFFLINE };
    }
  }

  /** The answer ended before its last line. */
  protected cutOff(): Result<never> {
    return { ok: false, problem: OFFLINE };
  }

  async #refusal(response: Response): Promise<Problem> {
    const problem = await problemOf(response);
    if (problem.code === 'unauthenticated' && this.#session.current !== undefined) this.#onRefused();
    return problem;
  }

  #headers(): Record<string, string> {
    const token = this.#session.current?.token;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }
}
