/** The simulator is itself tested: what it would not find, it cannot vouch for. */
import t from 'tap';
import { plantedBugs } from './planted-bugs.js';
import { runHistories } from './run-histories.js';

/** simulation.test.ts runs the same seeds with nothing planted. */
const FIRST_SEED = 1;
const SEEDS_MAX = 20_000;
const TIME_MAX_MS = 120_000;

for (const { name, planting } of plantedBugs) {
  t.test(`caught: ${name}`, { timeout: TIME_MAX_MS }, async (t) => {
    const tally = await runHistories({
      firstSeed: FIRST_SEED,
      histories: SEEDS_MAX,
      planting,
      failuresMax: 1,
    });
    const [caught] = tally.failed;
    const [violation] = caught?.verdict.violations ?? [];
    t.ok(violation, `within ${SEEDS_MAX} seeds`);
    t.comment(`seed ${caught?.seed}: ${violation?.promise}: ${violation?.what}`);
  });
}
