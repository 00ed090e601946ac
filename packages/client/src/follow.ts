/**
 * Follows the settled list of a coupon's issuances, so that no winner is missed.
 *
 * The list ends at the frontier: a number that may still become a row is waited for. The caller stores the frontier of a batch together
 * with what it made of the batch, and continues there after a restart.
 */
import { SeonchakError } from './client.js';
import type { Schemas, SeonchakClient } from './client.js';
import { mayRepeat, pause, pauseMs } from './repeat.js';

export interface SettledBatch {
  /** Ascending by number. Empty where all that was passed are revoked numbers, or numbers without a row. */
  readonly issuances: readonly Schemas['Issuance'][];
  /** Store it: `after` of the next run. */
  readonly frontier: number;
}

export interface FollowOptions {
  /** The last `frontier` that was stored; 0 unless given. */
  readonly after?: number;
  /** Issuances in one batch, 500 unless given, 1,000 at most. */
  readonly limit?: number;
  /** Between two reads at the frontier, 2 seconds unless given. */
  readonly pauseMs?: number;
  /** Ends when everything settled by now has been read, instead of waiting for more. */
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

const LIMIT = 500;
const PAUSE_MS = 2_000;

/**
 * Yields each issuance at least once, in the order of numbers: exactly once to a caller that stores the frontier with its own rows.
 *
 * @throws SeonchakError for a refusal that no repeat changes; the reason of `signal`. Lost connections and 503 are repeated.
 */
export async function* follow(
  client: SeonchakClient,
  couponId: number,
  options: FollowOptions = {},
): AsyncGenerator<SettledBatch, void, undefined> {
  const { limit = LIMIT, once = false, signal } = options;
  let { after = 0 } = options;
  for (;;) {
    const { items, next, frontier } = await readPage(client, couponId, after, limit, signal);
    if (frontier > after) yield { issuances: items, frontier };
    after = frontier;
    if (next !== null) continue;
    if (once) return;
    await pause(options.pauseMs ?? PAUSE_MS, signal);
  }
}

async function readPage(
  client: SeonchakClient,
  couponId: number,
  after: number,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Required<Schemas['IssuanceListPage']>> {
  for (let attempt = 0; ; attempt += 1) {
    let response: Response | undefined;
    try {
      const answer = await client.GET('/v1/coupons/{id}/issuances', {
        params: { path: { id: couponId }, query: { settled: true, after, limit } },
        ...(signal === undefined ? {} : { signal }),
      });
      if (answer.data !== undefined) return { ...answer.data, frontier: answer.data.frontier ?? after };
      response = answer.response;
      if (!mayRepeat(response.status)) throw new SeonchakError(answer.error);
    } catch (error) {
      if (error instanceof SeonchakError || signal?.aborted === true) throw error;
    }
    await pause(pauseMs(attempt, response), signal);
  }
}
