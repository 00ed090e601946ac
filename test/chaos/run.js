/**
 * npm run chaos -- --fault N                       one fault
 * npm run chaos -- --random --minutes M --seed S   faults one after another in an order drawn from the seed
 * npm run chaos                                    every fault once
 *
 * With CHAOS_REPORT=file each run adds a line of JSON to it.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    random: { type: 'boolean' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const fileOf = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) =>
      [...readFileSync(folder + name, 'utf8').matchAll(/^fault\(\s*(\d+),/gm)].map((match) => [
        match[1],
        name,
      ]),
    ),
);

const run = (fault) =>
  spawnSync('bash', ['test/run.sh', `test/chaos/${fileOf.get(fault)}`], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CHAOS_FAULT: fault },
  }).status ?? 1;

const known = [...fileOf.keys()].sort((a, b) => a - b);
if (values.fault !== undefined && !fileOf.has(values.fault)) {
  console.error(`fault ${values.fault} is not among ${known.join(', ')}`);
  process.exit(2);
}
let failed = 0;
if (values.random === true) {
  console.log(`seed ${values.seed}`);
  const next = generator(Number(values.seed));
  const untilMs = performance.now() + Number(values.minutes) * 60_000;
  while (performance.now() < untilMs) {
    const fault = known[next() % known.length];
    console.log(`fault ${fault}`);
    failed += run(fault) === 0 ? 0 : 1;
  }
} else {
  for (const fault of values.fault === undefined ? known : [values.fault]) failed += run(fault) === 0 ? 0 : 1;
}
if (failed > 0) console.error(`${failed} runs failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A small generator of whole numbers (xorshift, 32 bits): the same seed draws the same faults. */
function generator(seed) {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
