/** Finds the programs that the tests start. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Requirement {
  /** Debian's package with the program. The runner reads it from here: test/runner/requirements.js. */
  readonly package: string;
}

/** @returns the path of a program, or `undefined` where the machine has none of that name. */
export function onPath(name: string): string | undefined {
  // Debian keeps servers in /usr/sbin, which is not on every user's PATH.
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/**
 * @param names of the same program, the preferred one first.
 * @throws Error with the package to install where the machine has none of them.
 */
export function requiredProgram(names: string | readonly string[], requirement: Requirement): string {
  const found = [names]
    .flat()
    .map(onPath)
    .find((path) => path !== undefined);
  if (found !== undefined) return found;
  throw new Error(`This test needs ${[names].flat().join(' or ')}: apt-get install ${requirement.package}`);
}
