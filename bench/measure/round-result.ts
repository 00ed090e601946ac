/** Defines the results of one round of one variant. */
import type { Latencies } from '../load/latencies.js';
import type { OutcomeReport } from '../load/load-report.js';
import type { Part } from '../systems/system.js';

export const measuredParts = [
  'api',
  'recorder',
  'redis',
  'database',
  'generator',
] as const satisfies readonly (Part | 'generator')[];
export type MeasuredPart = (typeof measuredParts)[number];

export interface RoundResult {
  readonly requests: number;
  /** From the first request sent to the last answer. */
  readonly seconds: number;
  readonly outcomes: ReadonlyMap<string, OutcomeReport>;
  /** Connections that broke and requests without an answer. */
  readonly errors: number;
  /** Until the last row was in the database. */
  readonly cpuUsPerRequest: Readonly<Record<MeasuredPart, number>>;
  readonly residentBytes: Readonly<Record<MeasuredPart, number>>;
  /** Admission to row; absent where nothing is recorded later. */
  readonly lags: Latencies | undefined;
  /** Rows per second once the recorder was thawed; only of a drain. */
  readonly drainedPerSecond: number | undefined;
  /** Per cent of one core that all processes and stores use together while nothing happens; only of an idle round. */
  readonly idleCorePercent: number | undefined;
  /** From the first sweep that may take them back until every unit is in stock; only where holds ran out. */
  readonly holdsBackMs: number | undefined;
  /** With the queue drained. */
  readonly redisBytesPerWinner: number | undefined;
  /** What the checks of I1–I5 found; empty when all promises hold. */
  readonly brokenPromises: readonly string[];
}
