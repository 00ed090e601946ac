/**
 * Measures the lag from admission to row: when a winner's row becomes visible in the database.
 *
 * While the load runs, the probe reads every few milliseconds the highest recorded number of each coupon: one step in
 * the primary key, 0.05 ms of the database's time. Rows of a coupon are appended in the order of their numbers, so all
 * rows up to that number were visible by then. Afterwards `issued_at` of each row (the clock of Redis on the same
 * machine) gives its lag: the first reading that saw the row, minus the instant of its decision. So a lag is never
 * understated, and overstated by at most one reading.
 *
 * Rejected: a column with the time of the insert (a schema only for measuring, and the time before the commit), and
 * following a sample of winners one by one (hundreds of queries a second, which is a load of its own).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Latencies } from '../load/latencies.js';
import type { Row } from './promise-checks.js';

const READ_EVERY_MS = 5;

export interface Reading {
  readonly atMs: number;
  /** By coupon. */
  readonly highest: ReadonlyMap<number, number>;
}

export class LagProbe {
  readonly #readEveryMs: number;
  readonly #read: () => Promise<ReadonlyMap<number, number>>;
  readonly #readings: Reading[] = [];
  #stopping = false;
  readonly #watching: Promise<void>;

  /** @param read answers the highest number recorded of each coupon. */
  constructor(read: () => Promise<ReadonlyMap<number, number>>, readEveryMs = READ_EVERY_MS) {
    this.#readEveryMs = readEveryMs;
    this.#read = read;
    this.#watching = this.#watch();
  }

  /** One more reading, then no more. */
  async stop(): Promise<readonly Reading[]> {
    this.#stopping = true;
    await this.#watching;
    return this.#readings;
  }

  async #watch(): Promise<void> {
    for (;;) {
      const last = this.#stopping;
      const highest = await this.#read();
      // After the answer: the rows were there by now at the latest.
      this.#readings.push({ atMs: Date.now(), highest });
      if (last) return;
      await pause(this.#readEveryMs);
    }
  }
}

export function lagsOf(couponId: number, rows: readonly Row[], readings: readonly Reading[]): Latencies {
  const lags = Latencies.empty();
  let place = 0;
  for (const row of rows) {
    while (place < readings.length && (readings[place]?.highest.get(couponId) ?? 0) < row.issueNo) place += 1;
    const seen = readings[place];
    if (seen !== undefined) lags.record((seen.atMs - row.issuedAtMs) * 1_000);
  }
  return lags;
}
