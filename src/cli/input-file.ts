/** Reads the files that are named in arguments of commands. */
import { readFileSync } from 'node:fs';
import { UsageError } from './exit-codes.js';

/** @throws UsageError when the file cannot be read. */
export function readInputFile(path: string): string {
  try {
    // Spreadsheets begin a file with a byte order mark.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new UsageError(`The file ${path} cannot be read. Check its path and its rights.`, { cause });
  }
}
