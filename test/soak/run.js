/** Runs hostile and honest clients for a long time, then prints the figures. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../read-arguments.js';

const values = readArguments('npm run soak [-- --minutes M]   default: 60 minutes', {
  minutes: { type: 'string', default: '60' },
});
if (!/^[1-9]\d{0,4}$/.test(values.minutes)) {
  console.error('--minutes takes a whole number');
  process.exit(2);
}
process.exitCode =
  spawnSync('bash', ['test/run.sh', '--timeout=0', 'test/soak/soak.test.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, SOAK_MINUTES: values.minutes },
  }).status ?? 1;
