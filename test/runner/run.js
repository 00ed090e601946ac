/**
 * Runs test files, some concurrently, and reports in plain lines: one for each file, everything about a failure, the totals last.
 *
 * A run of named files ensures only the servers that these files start; a run without names has all files, and holds the coverage of the
 * engine against its floor.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCoverage } from '../coverage-floor.js';
import { readWords } from '../read-arguments.js';
import { compile, withSourcePlaces } from './compiled.js';
import { beginCounting, summariseCounts, watching } from './coverage.js';
import { watchIdleProcessors } from './idle-processors.js';
import { bundleLibraries } from './libraries.js';
import { longestFirst } from './order.js';
import { modulesOf, requiredPackages } from './requirements.js';
import { allTestFiles, unknownFiles } from './select.js';
import { describe, indent } from './tally.js';
import { runTestFile } from './test-file.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/**
 * A file spends almost half of its time waiting: for a lease, a failover, a server that starts. So one file more than there are
 * processors, and another one whenever the processors were idle meanwhile.
 */
const CONCURRENT_MIN = Math.min(availableParallelism() + 1, 8);
const EXTRA_MAX = 3;
const IDLE_SHARE = 0.15;
const IDLE_CHECK_MS = 1_000;
const USAGE = `npm test                                  every test, and the coverage floor of the engine
npm test -- FILE…                         the tests of these files
npm test -- --grep=/PATTERN/ [FILE…]      the tests with such names
npm test -- --timeout=SECONDS [FILE…]     another limit for one file than 600 s; 0 is none
With --build the project is built first; \`npm test\` does so.`;

const { values, positionals: selection } = readWords(USAGE, {
  options: {
    build: { type: 'boolean' },
    grep: { type: 'string' },
    timeout: { type: 'string', default: '600' },
  },
  allowPositionals: true,
});
// A selection covers a part of the code only, so its coverage is meaningless.
const wholeRun = selection.length === 0 && values.grep === undefined;
const files = selection.length === 0 ? longestFirst(allTestFiles(root)) : selection;
prepare();
const startedMs = performance.now();
const totals = { passed: 0, failed: 0 };

if (wholeRun) beginCounting();
await runAll([...files]);

let ok = totals.failed === 0 && totals.passed > 0;
if (wholeRun) {
  const coverage = checkCoverage(await summariseCounts());
  for (const line of coverage.lines) console.log(line);
  if (!coverage.met) console.log('a floor is not reached');
  ok &&= coverage.met;
}
if (totals.passed + totals.failed === 0) console.log('no test was run');
console.log(`${totals.passed} passed, ${totals.failed} failed, ${seconds(performance.now() - startedMs)}`);
process.exitCode = ok ? 0 : 1;

/** Ends the process where the run cannot begin: a mistyped name first, as it is known without building or installing. */
function prepare() {
  const unknown = unknownFiles(root, selection);
  for (const line of unknown) console.error(line);
  if (unknown.length > 0) process.exit(2);
  if (values.build === true) must('npm', ['run', 'build']);
  bundleLibraries();
  compile(modulesOf(root, files));
  const packages = requiredPackages(root, files);
  if (packages.length > 0) must('bash', [path.join(root, 'test/ensure-servers.sh'), ...packages]);
}

function must(command, words) {
  const { status } = spawnSync(command, words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Lanes take one file after another; a file more is started while processors are idle. */
async function runAll(waiting) {
  const lane = async () => {
    while (waiting.length > 0) await run(waiting.shift());
  };
  const running = Array.from({ length: CONCURRENT_MIN }, lane);
  let extra = 0;
  const idleShare = watchIdleProcessors();
  const watch = setInterval(() => {
    if (idleShare() < IDLE_SHARE || extra === EXTRA_MAX || waiting.length === 0) return;
    extra += 1;
    running.push(run(waiting.shift()).finally(() => (extra -= 1)));
  }, IDLE_CHECK_MS);
  // What is added meanwhile is waited for too.
  for (const one of running) await one;
  clearInterval(watch);
}

async function run(file) {
  const env = { ...process.env, ...(wholeRun ? watching(file) : {}) };
  if (values.grep !== undefined) env.TAP_GREP = values.grep;
  report(await runTestFile(file, { env, timeoutSeconds: Number(values.timeout) }));
}

function report({ file, ok, passed, failed, failures, words, ms }) {
  totals.passed += passed;
  totals.failed += failed;
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${file}  ${passed + failed} tests, ${seconds(ms)}`);
  if (ok) return;
  for (const failure of failures) console.log(withSourcePlaces(describe(failure)));
  if (words.trim() !== '') console.log(indent(withSourcePlaces(`output of ${file}:\n${words.trimEnd()}`), 6));
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
