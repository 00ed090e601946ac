/**
 * Runs tap and reports in plain lines: one a file, everything about a failure, the totals last.
 *
 * tap's own reporters redraw a terminal, which is unreadable in a log, and count assertions; a reader wants to know how
 * many promises hold. So the totals count tests: a `test` without tests inside it is one.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { Parser } from 'tap-parser';
import { checkCoverage } from './coverage-floor.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const selection = process.argv.slice(2);
// A selection covers a part of the code only, so its coverage says nothing.
const wholeRun = selection.length === 0;

const tap = spawn(
  process.execPath,
  [
    path.join(root, 'node_modules/.bin/tap'),
    '--reporter=tap',
    ...(wholeRun ? [] : ['--disable-coverage']),
    ...selection,
  ],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);

const parser = new Parser();
/** What the file being read printed besides TAP; the parser hands it to the topmost level only. */
let strayOutput = [];
parser.on('extra', (text) => strayOutput.push(text));
const run = follow(parser, (result, file) => {
  const words = strayOutput.join('').trimEnd();
  strayOutput = [];
  const mark = result.ok ? 'ok  ' : 'FAIL';
  console.log(`${mark}  ${result.name}  ${file.passed + file.failed} tests, ${seconds(result.time)}`);
  if (result.ok) return;
  for (const failure of file.failures) console.log(describe(failure));
  if (words !== '') console.log(indent(`output of ${result.name}:\n${words}`, 6));
});
parser.on('bailout', (reason) => {
  console.log(`FAIL  the run was given up: ${reason}`);
  run.failed += 1;
});
tap.stdout.pipe(parser);

const [exitCode] = await Promise.all([
  new Promise((resolve) => tap.on('close', (code, signal) => resolve(code ?? signal))),
  new Promise((resolve) => parser.on('complete', resolve)),
]);

let ok = exitCode === 0 && run.failed === 0 && run.passed > 0;
if (wholeRun) {
  const coverage = checkCoverage(path.join(root, '.tap/report/coverage-summary.json'));
  for (const line of coverage.lines) console.log(line);
  ok &&= coverage.met;
}
if (run.passed + run.failed === 0) console.log('no test was run');
else if (!ok && run.failed === 0) console.log(`tap ended with ${exitCode}, or a floor is not met`);
console.log(`${run.passed} passed, ${run.failed} failed`);
process.exitCode = ok ? 0 : 1;

/** Counts what happens in one level of TAP and all below it; `onSubtest` is told when a subtest of this level has ended. */
function follow(level, onSubtest = () => undefined) {
  const counts = { passed: 0, failed: 0, tests: 0, ownFailures: 0, failures: [] };
  let subtest;
  level.on('child', (child) => {
    subtest = follow(child);
  });
  level.on('assert', (result) => {
    const ended = subtest;
    subtest = undefined;
    if (ended === undefined) {
      if (result.ok) return;
      counts.ownFailures += 1;
      counts.failures.push({ path: [result.name], result });
      return;
    }
    counts.tests += 1;
    counts.passed += ended.passed;
    counts.failed += ended.failed;
    if (ended.tests === 0 && result.ok) counts.passed += 1;
    // A test with tests inside fails by itself when it times out or throws.
    else if (!result.ok && (ended.failed === 0 || ended.ownFailures > 0)) counts.failed += 1;
    if (!result.ok && ended.failures.length === 0) ended.failures.push({ path: [], result });
    counts.failures.push(...ended.failures.map((one) => ({ ...one, path: [result.name, ...one.path] })));
    onSubtest(result, ended);
  });
  return counts;
}

function describe({ path: names, result }) {
  const details = Object.entries(result.diag ?? {}).map(([key, value]) => {
    const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value, null, 2);
    return text.includes('\n') ? `${key}:\n${indent(text, 2)}` : `${key}: ${text}`;
  });
  return indent([`not ok: ${names.join(' › ')}`, ...details.map((text) => indent(text, 2))].join('\n'), 6);
}

function indent(text, columns) {
  return text.replace(/^(?=.)/gm, ' '.repeat(columns));
}

function seconds(milliseconds) {
  return milliseconds === undefined || milliseconds === null
    ? 'no time'
    : `${(milliseconds / 1_000).toFixed(1)} s`;
}
