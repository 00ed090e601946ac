/** Defines the results of one or several generators for one run. */
import type { AcknowledgedNumbers } from './answer-log.js';

/** Width of one step of the series over time. */
export const SERIES_STEP_MS = 50;

export interface OutcomeReport {
  /** Encoded Latencies. */
  readonly latencies: string;
  /** Answers in each step of SERIES_STEP_MS, counted from `startedUs`. */
  readonly series: number[];
}

export interface LoadReport {
  /** By outcome name (`issued`, `sold_out`, …), or `status 500` for an answer that has none. */
  readonly outcomes: ReadonlyMap<string, OutcomeReport>;
  readonly answers: AcknowledgedNumbers;
  /** Connections that broke and requests without an answer. */
  readonly errors: number;
  /** Monotonic. */
  readonly startedUs: number;
  readonly endedUs: number;
  /** CPU time of this process while the load ran. */
  readonly cpuUs: number;
  readonly residentBytes: number;
}
