/** Defines the report of one run, from which `--json` and all other reports are made. */
import type { Machine } from '../measure/machine.js';
import type { VariantResult } from '../measure/variant-result.js';
import type { BenchOptions } from '../options.js';
import type { GoalRow } from './goals.js';

export interface BenchReport {
  readonly startedAt: string;
  readonly command: string;
  readonly options: BenchOptions;
  readonly machine: Machine;
  readonly goals: readonly GoalRow[];
  readonly results: readonly VariantResult[];
  readonly brokenPromises: readonly string[];
}
