/**
 * Checks the least share of lines that the tests must execute, by folder.
 *
 * tap knows one floor for everything; a floor that the composition root can keep shows nothing about the engine.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { withoutTypes } from './runner/compiled.js';

/** Percent of lines. Raise a floor when the figure is safely above it; never lower one to get a change in. */
const floors = { 'src/engine': 95 };

/**
 * @param {string} summaryFile an istanbul json-summary report
 * @returns {{ lines: string[], met: boolean }} a readable line for each folder, and whether all floors are reached
 */
export function checkCoverage(summaryFile) {
  if (!existsSync(summaryFile)) return { lines: ['coverage: no report was written'], met: false };
  const summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
  const results = Object.entries(floors).map(([folder, floor]) => checkFolder(summary, folder, floor));
  return { lines: results.map((result) => result.line), met: results.every((result) => result.met) };
}

function checkFolder(summary, folder, floor) {
  let total = 0;
  let covered = 0;
  const incomplete = [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names.sort()) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.startsWith('testing/')) continue;
    const file = path.join(folder, name);
    const entry = summary[path.resolve(file)]?.lines ?? { total: unloadedLines(file), covered: 0 };
    total += entry.total;
    covered += entry.covered;
    if (entry.covered < entry.total) incomplete.push(`${name} ${entry.covered}/${entry.total}`);
  }
  const percent = total === 0 ? 0 : (100 * covered) / total;
  const met = percent >= floor;
  const rest = incomplete.length === 0 ? '' : ` (${incomplete.join(', ')})`;
  return {
    met,
    line: `coverage of ${folder}: ${percent.toFixed(1)} % of lines, floor ${floor} %${met ? '' : rest}`,
  };
}

/** A file that no test loads is absent from the report; without its types it shows how much went untested. */
function unloadedLines(file) {
  const code = withoutTypes(file)
    .code.replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .map((line) => line.trim());
  return code.filter((line) => line !== '' && !line.startsWith('//') && line !== 'export {};').length;
}
