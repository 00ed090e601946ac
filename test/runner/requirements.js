/**
 * Derives from the imports of test files which modules they run, and which Debian packages they need.
 *
 * Every helper that starts a program names the package (`requiredProgram` in test/servers/on-path.ts). A table beside the helpers would be
 * out of date when a helper is added.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const TYPES_ONLY = /^(?:import|export) type [^;]*;/gm;
/** Imports, and modules that are started as processes or threads of their own. */
const MODULE_PATH = /'(\.{0,2}[\w./-]*\.[jt]s)'/g;
const PACKAGE = /\{ package: '([a-z0-9-]+)' \}/g;

/**
 * @param {string} root folder of the project
 * @param {readonly string[]} files test files, relative to it
 * @returns {string[]} packages in alphabetical order; none for tests that start no program
 */
export function requiredPackages(root, files) {
  const packages = new Set();
  for (const file of modulesOf(root, files)) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(PACKAGE)) packages.add(name);
  }
  return [...packages].sort();
}

/**
 * @returns {Set<string>} the files and everything of the project that they import or start, as absolute paths; what is built is not
 *   of the project
 */
export function modulesOf(root, files) {
  const modules = new Set(files.map((name) => path.resolve(root, name)));
  const built = path.join(root, 'dist/');
  // A set visits what is added while it is walked.
  for (const file of modules) {
    const code = readFileSync(file, 'utf8').replace(TYPES_ONLY, '');
    for (const [, name] of code.matchAll(MODULE_PATH)) {
      const imported = sourceOf(path.resolve(path.dirname(file), name));
      if (imported !== undefined && !imported.startsWith(built)) modules.add(imported);
    }
  }
  return modules;
}

function sourceOf(file) {
  return [file.replace(/\.js$/, '.ts'), file].find((one) => existsSync(one));
}
