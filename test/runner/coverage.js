/**
 * Counts which lines of the engine the tests execute, with V8's counters in every process that they start.
 *
 * Counting makes code slow, and what V8 writes at the end of each process is most of a megabyte. So those files are watched that
 * have something of the engine to show, and the servers of the tests never are (test/servers/child-server.ts).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Report } from 'c8';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rawFolder = path.join(root, '.tap/coverage');
const reportFolder = path.join(root, '.tap/report');

/**
 * The simulator and the back ends are left out: they take the engine a million times through lines that the rest has counted. The named
 * files are in: they alone execute the sweeper of holds, the feeds of events and of live figures, the audit, and the recovery from an older
 * copy.
 */
const watchedFiles =
  /^(src\/engine\/(?!testing\/)|src\/engine\/testing\/simulation\/hold-|src\/persist\/frontier\.test|src\/http\/api\/(live|holds)\.test|test\/chaos\/(reconcile|verify)\.test)/;
const countedScripts = /\/(src\/engine\/(?!testing\/)|dist\/(chunks|server)\/)/;

/** The settings with which a test file is watched, or not. */
export function watching(file) {
  return watchedFiles.test(file) ? { NODE_V8_COVERAGE: rawFolder } : {};
}

/** Clears what an earlier run has counted. */
export function beginCounting() {
  rmSync(rawFolder, { recursive: true, force: true });
  mkdirSync(rawFolder, { recursive: true });
}

/** @returns {Promise<string>} the file of the summary, in the form of istanbul's json-summary */
export async function summariseCounts() {
  /** Every process writes the source map of every script; one of each is enough, and they are seven eighths of what is written. */
  const mapped = new Set();
  for (const name of readdirSync(rawFolder)) {
    const file = path.join(rawFolder, name);
    const { result, 'source-map-cache': maps = {}, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
    const counted = result.filter(({ url }) => countedScripts.test(url));
    const unmapped = counted.filter(({ url }) => url in maps && !mapped.has(url));
    for (const { url } of unmapped) mapped.add(url);
    const ownMaps = Object.fromEntries(unmapped.map(({ url }) => [url, maps[url]]));
    writeFileSync(file, JSON.stringify({ ...rest, 'source-map-cache': ownMaps, result: counted }));
  }
  await new Report({
    tempDirectory: rawFolder,
    reportsDirectory: reportFolder,
    reporter: ['json-summary'],
    excludeNodeModules: true,
  }).run();
  return path.join(reportFolder, 'coverage-summary.json');
}
