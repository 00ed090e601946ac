/** Tests that the simulator finds each planted bug. */
import t from 'tap';
import { plantedBugs } from './planted-bugs.js';
import { runHistories } from './run-histories.js';
import { canShow } from './telling-scenarios.js';

const SEEDS_MAX = 20_000;
const TIME_MAX_MS = 300_000;

for (const { name, planting, firstSeed } of plantedBugs) {
  t.test(`caught: ${name}`, { timeout: TIME_MAX_MS }, async (t) => {
    const tally = await runHistories({
      firstSeed,
      histories: SEEDS_MAX,
      scenarios: canShow(name),
      planting,
      failuresMax: 1,
    });
    const [caught] = tally.failed;
    const [violation] = caught?.verdict.violations ?? [];
    t.ok(caught, `within ${SEEDS_MAX} seeds`);
    const what =
      violation === undefined ? String(caught?.bugs[0]) : `${violation.promise}: ${violation.what}`;
    t.comment(`seed ${caught?.seed}: ${what}`);
  });
}
