/** Reads the files that are named in arguments of commands. */
import { readFileSync } from 'node:fs';
import { UsageError } from './exit-codes.js';
import { utf8Text } from './member-lines.js';

/** Lines at fault that a message names. */
const FAULTS_NAMED_MAX = 10;

/** @throws UsageError when the file cannot be read, or is not UTF-8. */
export function readInputFile(path: string): string {
  const text = utf8Text(bytesOf(path));
  if (text === undefined)
    throw new UsageError(
      `The file ${path} is not UTF-8. Save it as UTF-8 (a spreadsheet: “CSV UTF-8”) and repeat the command.`,
    );
  return text;
}

/**
 * @param faults lines without a member id, or whose quotes enclose no column.
 * @throws UsageError when there is one.
 */
export function requireNoFaults(path: string, faults: readonly number[]): void {
  if (faults.length === 0) return;
  const named = faults.slice(0, FAULTS_NAMED_MAX).join(', ');
  const more = faults.length > FAULTS_NAMED_MAX ? `, and ${faults.length - FAULTS_NAMED_MAX} more` : '';
  throw new UsageError(
    `The file ${path} has lines without a member id, or whose quotes enclose no column: ${named}${more}. Nothing was done; correct them and repeat the command.`,
  );
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`The file ${path} cannot be read. Check its path and its rights.`, { cause });
  }
}
