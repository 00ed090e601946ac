/** Decides whether a request is sent again, and waits until then. */

const FIRST_PAUSE_MS = 250;
const PAUSE_MAX_MS = 10_000;

/** Answers after which the same request may be sent again: nothing was attempted, or the outcome is not known. */
export function mayRepeat(status: number): boolean {
  return status === 503 || status === 429 || status === 502 || status === 504;
}

/** What the server asks for, or twice the pause before; a random part keeps a crowd from coming back in the same moment. */
export function pauseMs(attempt: number, response: Response | undefined): number {
  const asked = Number(response?.headers.get('Retry-After') ?? Number.NaN) * 1_000;
  const wanted = Number.isNaN(asked) ? Math.min(FIRST_PAUSE_MS * 2 ** attempt, PAUSE_MAX_MS) : asked;
  return wanted * (0.75 + Math.random() / 2);
}

/** @throws the reason of `signal` as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}
