/**
 * Follows the issuances of a coupon, or every event of a seller, so that none is missed.
 *
 * Both lists end before what is not settled yet. The caller stores the cursor of a batch together with what it made of the batch, in one
 * transaction, and continues there after a restart.
 */
import { SeonchakError } from './client.js';
import type { Problem, Schemas, SeonchakClient } from './client.js';
import { pause } from './pause.js';
import { untilDefinite } from './until-definite.js';

export interface SettledBatch {
  /** Ascending by number. Empty where all that was passed are revoked numbers, or numbers without a row. */
  readonly issuances: readonly Schemas['Issuance'][];
  /** Store it: `after` of the next run. */
  readonly frontier: number;
}

export interface EventBatch {
  readonly events: readonly Schemas['Event'][];
  /** Store it: `after` of the next run. */
  readonly cursor: string;
}

export interface FollowOptions<Cursor> {
  /** What was stored with the last batch; from the beginning unless given. */
  readonly after?: Cursor | undefined;
  /** Items in one batch, 500 unless given, 1,000 at most. */
  readonly limit?: number;
  /** Between two reads at the end of the list, 2 seconds unless given. */
  readonly pauseMs?: number;
  /** Ends when everything settled by now has been read, instead of waiting for more. */
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

const LIMIT = 500;
const PAUSE_MS = 2_000;

/**
 * Yields each issuance of a coupon at least once, in the order of numbers: exactly once to a caller that stores the frontier with its rows.
 *
 * @throws SeonchakError for a refusal that no repeat changes; the reason of `signal`. Lost connections and 503 are repeated.
 */
export async function* follow(
  client: SeonchakClient,
  couponId: number,
  options: FollowOptions<number> = {},
): AsyncGenerator<SettledBatch, void, undefined> {
  const { limit = LIMIT, signal } = options;
  let { after = 0 } = options;
  for (;;) {
    const query = { settled: true, after, limit };
    const page = await definite(
      (signal) =>
        client.GET('/v1/coupons/{id}/issuances', { params: { path: { id: couponId }, query }, signal }),
      signal,
    );
    const frontier = page.frontier ?? after;
    if (frontier > after) yield { issuances: page.items, frontier };
    after = frontier;
    if (await isOver(page.next, options)) return;
  }
}

/** The same for every event of the seller whose token or key the client has, in an order that never changes. */
export async function* followEvents(
  client: SeonchakClient,
  options: FollowOptions<string> & { readonly kinds?: readonly Schemas['Event']['type'][] } = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const { limit = LIMIT, kinds, signal } = options;
  let { after = '0' } = options;
  for (;;) {
    const query = { after, limit, ...(kinds === undefined ? {} : { kinds: kinds.join(',') }) };
    const page = await definite((signal) => client.GET('/v1/events', { params: { query }, signal }), signal);
    if (page.cursor !== after) yield { events: page.items, cursor: page.cursor };
    after = page.cursor;
    if (await isOver(page.next, options)) return;
  }
}

async function definite<Page>(
  send: (
    signal: AbortSignal,
  ) => Promise<{ readonly data?: Page; readonly error?: Problem; readonly response: Response }>,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const answer = await untilDefinite(send, { timeoutMs: Infinity, signal });
  if (answer?.data !== undefined) return answer.data;
  throw new SeonchakError(answer?.error ?? { code: 'no_answer', title: 'No answer', status: 0 });
}

/** At the end of the list, waits for more, unless the caller wants to stop there. */
async function isOver(
  next: number | string | null,
  { once = false, pauseMs = PAUSE_MS, signal }: FollowOptions<unknown>,
): Promise<boolean> {
  if (next !== null) return false;
  if (!once) await pause(pauseMs, signal);
  return once;
}
