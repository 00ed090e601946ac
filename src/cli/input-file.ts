/** Reads the files that are named in arguments of commands. */
import { readFileSync } from 'node:fs';
import { UsageError } from './exit-codes.js';
import { utf8Text } from './member-lines.js';

/** @throws UsageError when the file cannot be read, or is not UTF-8. */
export function readInputFile(path: string): string {
  const text = utf8Text(bytesOf(path));
  if (text === undefined)
    throw new UsageError(
      `The file ${path} is not UTF-8. Save it as UTF-8 (a spreadsheet: “CSV UTF-8”) and repeat the command.`,
    );
  return text;
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`The file ${path} cannot be read. Check its path and its rights.`, { cause });
  }
}
