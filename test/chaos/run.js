/** Injects faults into real processes, by number or in random mixes. With CHAOS_REPORT=file each run adds a line of JSON to it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../read-arguments.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const USAGE = `npm run chaos                                     every fault once
npm run chaos -- --fault N                        one fault by its number in docs/reliability.md
npm run chaos -- --fault 11 --rows R              Redis emptied under a coupon of R rows, measured
npm run chaos -- --random [--minutes M --seed S]  mixes of faults drawn from seeds S, S + 1, …
npm run chaos -- --random --coupons C             the same over C coupons at once`;
const values = readArguments(USAGE, {
  fault: { type: 'string' },
  rows: { type: 'string' },
  random: { type: 'boolean' },
  minutes: { type: 'string', default: '10' },
  coupons: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
});

/** A fault may have tests in several files. */
const filesOf = new Map();
for (const name of readdirSync(folder).filter((file) => file.endsWith('.test.ts'))) {
  for (const [, fault] of readFileSync(folder + name, 'utf8').matchAll(/^ *fault\(\s*(\d+),/gm)) {
    filesOf.set(fault, (filesOf.get(fault) ?? new Set()).add(`test/chaos/${name}`));
  }
}

const run = (fault) => {
  const rows = values.rows === undefined ? {} : { CHAOS_ROWS: values.rows };
  return shell(['test/run.sh', '--timeout=0', ...filesOf.get(fault)], { CHAOS_FAULT: fault, ...rows });
};

const known = [...filesOf.keys()].sort((a, b) => a - b);
if (values.fault !== undefined && !filesOf.has(values.fault)) {
  console.error(`fault ${values.fault} is not among ${known.join(', ')}`);
  process.exit(2);
}
const isNumber = (text) => /^[1-9]\d{0,8}$/.test(text);
if (![values.minutes, values.seed, values.coupons, values.rows ?? '1'].every(isNumber)) {
  console.error('--minutes, --seed, --coupons and --rows take whole numbers from 1');
  process.exit(2);
}
if (values.random === true) {
  const { seed, minutes, coupons } = values;
  console.log(
    `seed ${seed}, ${minutes} minutes, ${coupons} ${coupons === '1' ? 'coupon' : 'coupons'} at once`,
  );
  const ended = shell(['test/run.sh', '--timeout=0', 'test/chaos/random-mix.ts'], {
    CHAOS_SEED: seed,
    CHAOS_MINUTES: minutes,
    CHAOS_COUPONS: coupons,
  });
  process.exit(ended);
}
let failed = 0;
for (const fault of values.fault === undefined ? known : [values.fault]) failed += run(fault) === 0 ? 0 : 1;
if (failed > 0) console.error(`${failed} runs failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Exit code of a script; its output is ours. */
function shell(args, settings) {
  const env = { ...process.env, ...settings };
  return spawnSync('bash', args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}
