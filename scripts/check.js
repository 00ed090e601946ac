/**
 * npm run check: format, lint, types, unused code and the OpenAPI document, two concurrently, the longest first. Each prints
 * its findings when it has ended.
 * The generated types of the client come before them, as a fresh checkout has none.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Each takes a processor and up to two gigabytes. */
const CONCURRENT = 2;

const waiting = [
  'eslint .',
  'tsc --noEmit',
  'prettier --check --log-level warn .',
  'knip',
  'tsc --noEmit -p web',
  'node scripts/lint-openapi.js',
];

await check('node scripts/client-types.js');
await Promise.all(Array.from({ length: CONCURRENT }, checkWhatWaits));

async function checkWhatWaits() {
  for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) await check(line);
}

async function check(line) {
  const { exitCode, output } = await run(line);
  console.log(`${exitCode === 0 ? 'ok  ' : 'FAIL'}  ${line}`);
  if (output.trim() !== '') console.log(output.trimEnd());
  if (exitCode !== 0) process.exitCode = 1;
}

/** npm has put the folder of these programs on the PATH. */
function run(line) {
  const [command, ...words] = line.split(' ');
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', (error) => (output += error.message));
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}
