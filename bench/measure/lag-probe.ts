/**
 * From admission to row: how long a winner's row takes to be visible in the database.
 *
 * While the load runs, the probe asks every few milliseconds for the highest number recorded of each coupon: one step in the primary
 * key, 0.05 ms of the database's time. Rows of a coupon are appended in the order of their numbers, so whatever lies up to that number was
 * visible by then. Afterwards the rows' own `issued_at` (the clock of Redis on the same machine) gives each row's lag: the
 * first look that saw it, minus the instant it was decided. So a lag is never understated, and overstated by up to one look.
 *
 * Tried and left: a column with the time of the insert (a schema only for measuring, and the time before the commit), and following a
 * sample of winners one by one (hundreds of queries a second, which is a load of its own).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { LatencyHistogram } from '../load/latency-histogram.js';
import type { Row } from './promise-checks.js';

const LOOK_EVERY_MS = 5;

export interface Look {
  readonly atMs: number;
  /** By coupon. */
  readonly highest: ReadonlyMap<number, number>;
}

export class LagProbe {
  readonly #look: () => Promise<ReadonlyMap<number, number>>;
  readonly #looks: Look[] = [];
  #stopping = false;
  readonly #watching: Promise<void>;

  /** @param look answers the highest number recorded of each coupon. */
  constructor(look: () => Promise<ReadonlyMap<number, number>>) {
    this.#look = look;
    this.#watching = this.#watch();
  }

  /** One more look, then no more. */
  async stop(): Promise<readonly Look[]> {
    this.#stopping = true;
    await this.#watching;
    return this.#looks;
  }

  async #watch(): Promise<void> {
    for (;;) {
      const last = this.#stopping;
      const highest = await this.#look();
      // After the answer: the rows were there by now at the latest.
      this.#looks.push({ atMs: Date.now(), highest });
      if (last) return;
      await pause(LOOK_EVERY_MS);
    }
  }
}

export function lagsOf(couponId: number, rows: readonly Row[], looks: readonly Look[]): LatencyHistogram {
  const lags = new LatencyHistogram();
  let place = 0;
  for (const row of rows) {
    while (place < looks.length && (looks[place]?.highest.get(couponId) ?? 0) < row.issueNo) place += 1;
    const seen = looks[place];
    if (seen !== undefined) lags.record((seen.atMs - row.issuedAtMs) * 1_000);
  }
  return lags;
}
