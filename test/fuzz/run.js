/** Runs the fuzz tests. The same seed makes the same inputs. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../read-arguments.js';

const USAGE =
  'npm run fuzz [-- --minutes M --seed S]   of M (10) minutes a third each for mutated requests, for described ones, and for the parsers';
const values = readArguments(USAGE, {
  minutes: { type: 'string', default: '10' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
});
const isNumber = (text) => /^\d{1,9}$/.test(text);
if (!isNumber(values.minutes) || !isNumber(values.seed) || Number(values.minutes) < 1) {
  console.error('--minutes and --seed take whole numbers, and it takes a minute at least');
  process.exit(2);
}
console.log(`seed ${values.seed}, ${values.minutes} minutes`);
const files = ['test/fuzz/http.test.ts', 'test/fuzz/operations.test.ts', 'test/fuzz/parsers.test.ts'];
process.exitCode =
  spawnSync('bash', ['test/run.sh', '--timeout=0', ...files], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, FUZZ_MINUTES: values.minutes, FUZZ_SEED: values.seed },
  }).status ?? 1;
