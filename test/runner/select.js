/** Selects the test files of a run, and finds what a mistyped name may have meant. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const SUGGESTIONS_MAX = 3;

/** @returns {string[]} every test file, relative to the root, in alphabetical order. */
export function allTestFiles(root) {
  return ['src', 'test'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`)
      .sort(),
  );
}

/** @returns {string[]} one line for each name without a file; empty when every name has one. */
export function unknownFiles(root, names) {
  const isFile = (name) =>
    existsSync(path.resolve(root, name)) && statSync(path.resolve(root, name)).isFile();
  const unknown = names.filter((name) => !isFile(name));
  if (unknown.length === 0) return [];
  const known = allTestFiles(root);
  return unknown.map((name) => `No test file ${name}. Nearest: ${nearest(name, known).join(', ')}`);
}

/** The file's own name counts first: files move between folders more often than they are renamed. */
function nearest(name, known) {
  const base = (file) => path.basename(file).replace(/(\.test)?\.[jt]s$/, '');
  return known
    .map((file) => ({ file, apart: editDistance(base(file), base(name)), far: editDistance(file, name) }))
    .sort((one, other) => one.apart - other.apart || one.far - other.far)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ file }) => file);
}

/** Insertions, deletions and replacements that make one text the other. */
function editDistance(one, other) {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = above[column - 1] + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column] + 1, current[column - 1] + 1));
    }
    above = current;
  }
  return above[other.length];
}
