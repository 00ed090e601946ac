/**
 * Runs test files, some at a time, and reports in plain lines: one a file, everything about a failure, the totals last.
 *
 * Words with dashes are options: `--grep=/member/` picks tests by name, `--timeout=0` lifts the limit of time from a file. The others are
 * files; without any all are run, and the coverage of the engine is held against its floor.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkCoverage } from '../coverage-floor.js';
import { beginCounting, summariseCounts, watching } from './coverage.js';
import { longestFirst } from './order.js';
import { describe, indent } from './tally.js';
import { runTestFile } from './test-file.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As many as a small machine has processors: with more of them, deadlines of the servers under test pass for want of computing. */
const FILES_AT_A_TIME = 2;
const TIMEOUT_SECONDS = '900';

const { values, positionals: selection } = parseArgs({
  options: { grep: { type: 'string' }, timeout: { type: 'string', default: TIMEOUT_SECONDS } },
  allowPositionals: true,
});
// A selection covers a part of the code only, so its coverage says nothing.
const wholeRun = selection.length === 0 && values.grep === undefined;
const files = selection.length === 0 ? longestFirst(allTestFiles()) : selection;
const startedMs = performance.now();
const totals = { passed: 0, failed: 0 };

if (wholeRun) beginCounting();
const waiting = [...files];
await Promise.all(Array.from({ length: FILES_AT_A_TIME }, runWhatWaits));

let ok = totals.failed === 0 && totals.passed > 0;
if (wholeRun) {
  const coverage = checkCoverage(await summariseCounts());
  for (const line of coverage.lines) console.log(line);
  if (!coverage.met) console.log('a floor is not met');
  ok &&= coverage.met;
}
if (totals.passed + totals.failed === 0) console.log('no test was run');
console.log(`${totals.passed} passed, ${totals.failed} failed, ${seconds(performance.now() - startedMs)}`);
process.exitCode = ok ? 0 : 1;

async function runWhatWaits() {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const env = { ...process.env, ...(wholeRun ? watching(file) : {}) };
    if (values.grep !== undefined) env.TAP_GREP = values.grep;
    report(await runTestFile(file, { env, timeoutSeconds: Number(values.timeout) }));
  }
}

function report({ file, ok, passed, failed, failures, words, ms }) {
  totals.passed += passed;
  totals.failed += failed;
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${file}  ${passed + failed} tests, ${seconds(ms)}`);
  if (ok) return;
  for (const failure of failures) console.log(describe(failure));
  if (words.trim() !== '') console.log(indent(`output of ${file}:\n${words.trimEnd()}`, 6));
}

function allTestFiles() {
  return ['src', 'test'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`)
      .sort(),
  );
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
