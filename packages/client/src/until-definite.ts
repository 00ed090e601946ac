/** Sends a request that may be repeated until its answer is definite. */
import { pause } from './pause.js';

export interface RepeatOptions {
  /** How long to repeat the request, 60 seconds unless given. */
  readonly timeoutMs?: number;
  /** Ends the repeats; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 60_000;
/** A server that is alive answers sooner; a connection that hangs is given up and the request repeated. */
const ANSWER_WAIT_MS = 15_000;
const FIRST_PAUSE_MS = 250;
const PAUSE_MAX_MS = 10_000;
/** Nothing was attempted, or the outcome is not known; 502 and 504 are a proxy's. */
const REPEATED = new Set([429, 502, 503, 504]);

/**
 * Repeats after lost connections and after answers that leave the outcome open: only for requests that may be sent again.
 *
 * @returns the definite answer; `undefined` when the time is up, and the outcome is not known.
 * @throws the reason of `signal`, and nothing else.
 */
export async function untilDefinite<Answer extends { readonly response: Response }>(
  send: (signal: AbortSignal) => Promise<Answer>,
  { timeoutMs = TIMEOUT_MS, signal }: RepeatOptions = {},
): Promise<Answer | undefined> {
  const endsAtMs = Date.now() + timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    let response: Response | undefined;
    try {
      signal?.throwIfAborted();
      const limits = [AbortSignal.timeout(ANSWER_WAIT_MS), ...(signal === undefined ? [] : [signal])];
      const answer = await send(AbortSignal.any(limits));
      if (!REPEATED.has(answer.response.status)) return answer;
      ({ response } = answer);
    } catch (error) {
      if (signal?.aborted === true) throw error;
    }
    const ms = pauseMs(attempt, response);
    if (Date.now() + ms > endsAtMs) return undefined;
    await pause(ms, signal);
  }
}

/** What the server asks for, or twice the previous pause; a random part keeps a crowd from coming back in the same moment. */
function pauseMs(attempt: number, response: Response | undefined): number {
  const asked = Number(response?.headers.get('Retry-After') ?? Number.NaN) * 1_000;
  const wanted = Number.isNaN(asked) ? Math.min(FIRST_PAUSE_MS * 2 ** attempt, PAUSE_MAX_MS) : asked;
  return wanted * (0.75 + Math.random() / 2);
}
