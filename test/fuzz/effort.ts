/**
 * Determines the number of runs and the seed of the fuzz tests.
 *
 * `npm test` makes a fixed number of runs from a new seed; `npm run fuzz -- --minutes M --seed S` runs for M minutes,
 * one seed after another. Seeds are printed, and a seed repeats its failure: FUZZ_SEED=… FUZZ_PATH=… npx tap <file>.
 */
import type { Test } from 'tap';

const minutes = Number(process.env['FUZZ_MINUTES'] ?? 0);

export interface Effort {
  readonly seed: number;
  readonly numRuns: number;
  readonly path?: string;
}

/** One or more times to assert a property. @param share of the minutes that it gets. */
export function* efforts(t: Test, numRuns: number, share: number): Generator<Effort> {
  const untilMs = performance.now() + minutes * share * 60_000;
  const path = process.env['FUZZ_PATH'];
  let seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  do {
    t.comment(`seed ${seed}`);
    yield { seed, numRuns, ...(path === undefined ? {} : { path }) };
    seed = (seed + 1) % 2 ** 31;
  } while (performance.now() < untilMs);
}
