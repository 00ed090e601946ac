/** Runs one test file in a process of its own and reports the results of its tests. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Parser } from 'tap-parser';
import { compiledPath } from './compiled.js';
import { follow } from './tally.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ending = new URL('ending.js', import.meta.url).href;
/**
 * When its time is over, a file reports what it was waiting for; a file that cannot even do that is ended after this
 * time.
 */
const LAST_WORDS_MS = 10_000;

/**
 * @typedef {object} TestFileResult
 * @property {string} file
 * @property {boolean} ok
 * @property {number} passed tests
 * @property {number} failed tests
 * @property {{ path: string[], result: object }[]} failures
 * @property {string} words what it printed besides TAP
 * @property {number} ms
 */

/**
 * @param {string} file
 * @param {{ env: NodeJS.ProcessEnv, timeoutSeconds: number }} options a timeout of 0 disables it
 * @returns {Promise<TestFileResult>}
 */
export async function runTestFile(file, { env, timeoutSeconds }) {
  const startedMs = performance.now();
  const parser = new Parser();
  const counts = follow(parser);
  const words = [];
  parser.on('extra', (text) => words.push(text));
  parser.on('bailout', (reason) => counts.failures.push(fault('given up', { reason })));
  const parsed = new Promise((resolve) => parser.on('complete', resolve));

  const child = spawn(process.execPath, [`--import=${ending}`, compiledPath(file)], {
    cwd: root,
    env: { ...env, TAP: '1', TAP_FAIL_SKIP: '1', TAP_FAIL_TODO: '1', TAP_TIMEOUT: String(timeoutSeconds) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timers = limit(child, timeoutSeconds * 1_000);
  child.stdout.pipe(parser);
  const [code, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)));
  const results = await parsed;
  for (const timer of timers) clearTimeout(timer);

  for (const one of results.failures) {
    if (typeof one.tapError === 'string') counts.failures.push(fault(one.tapError));
  }
  if (signal !== null) counts.failures.push(fault(`ended by ${signal}`));
  // With a selection by name nothing may be left of a file.
  if (results.count === 0 && env.TAP_GREP === undefined) counts.failures.push(fault('it asserts nothing'));
  const ok = results.ok && code === 0 && counts.failed === 0 && counts.failures.length === 0;
  if (!ok && counts.failures.length === 0) counts.failures.push(fault(`ended with ${code}`));
  // A file that asserts outside of any test is one test itself.
  const passed = counts.tests === 0 && ok && results.count > 0 ? 1 : counts.passed;
  const failed = ok ? 0 : Math.max(1, counts.failed);
  const { failures } = counts;
  return { file, ok, passed, failed, failures, words: words.join(''), ms: performance.now() - startedMs };
}

function limit(child, timeoutMs) {
  if (timeoutMs === 0) return [];
  return [
    // tap's own signal: the test process then reports what is still open.
    setTimeout(() => child.kill('SIGALRM'), timeoutMs),
    setTimeout(() => child.kill('SIGKILL'), timeoutMs + LAST_WORDS_MS),
  ];
}

function fault(name, diag = {}) {
  return { path: [name], result: { diag } };
}
