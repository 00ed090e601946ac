/** Runs many histories, one after another by seed. */
import type { Planting } from './planting.js';
import { nothingPlanted } from './planting.js';
import type { Scenario } from './scenario.js';
import { scenarioOf, simulate } from './simulation.js';
import type { SimulatedHistory } from './simulation.js';

export interface Tally {
  histories: number;
  /** Issuances lost with the store, in histories that lose it. */
  lost: number;
  wonByLateCommand: number;
  readonly failed: SimulatedHistory[];
}

export interface RunOptions {
  readonly firstSeed: number;
  readonly histories: number;
  /** Seeds of other scenarios are passed over. */
  readonly scenarios?: (scenario: Scenario) => boolean;
  readonly planting?: Planting;
  /** No new history is begun once this many have failed. */
  readonly failuresMax: number;
  readonly onFailure?: (failure: SimulatedHistory) => void;
  readonly onProgress?: (tally: Tally) => void;
}

export async function runHistories(options: RunOptions): Promise<Tally> {
  const limit = Error.stackTraceLimit;
  // Faults are normal here; their stack traces cost a tenth of the time, and the run of a single history has them.
  Error.stackTraceLimit = 0;
  try {
    return await run(options);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

async function run(options: RunOptions): Promise<Tally> {
  const { firstSeed, histories, scenarios, planting = nothingPlanted, failuresMax } = options;
  const { onFailure, onProgress } = options;
  const tally: Tally = { histories: 0, lost: 0, wonByLateCommand: 0, failed: [] };
  for (let place = 0; place < histories && tally.failed.length < failuresMax; place += 1) {
    if (scenarios?.(scenarioOf(firstSeed + place)) === false) continue;
    const result = await simulate(firstSeed + place, planting);
    tally.histories += 1;
    tally.lost += result.verdict.lost;
    tally.wonByLateCommand += result.verdict.wonByLateCommand;
    if (result.verdict.violations.length > 0 || result.bugs.length > 0) {
      tally.failed.push(result);
      onFailure?.(result);
    }
    onProgress?.(tally);
    // Virtual time never leaves the queue of ticks; signals, output and other tests need their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return tally;
}
