/** Reads the options of a command of the tests: `--help` and unknown words print its usage, without a stack trace. */
import { parseArgs } from 'node:util';

/** @returns the values, as `parseArgs` of Node.js has them. Ends the process after `--help` (0) and after unknown words (2). */
export function readArguments(usage, options) {
  return readWords(usage, { options }).values;
}

/** The same with words that are no options: `{ values, positionals }`. */
export function readWords(usage, { options, allowPositionals = false }) {
  try {
    const help = { type: 'boolean', short: 'h' };
    const read = parseArgs({ options: { ...options, help }, allowPositionals });
    if (read.values.help !== true) return read;
    console.log(usage);
    process.exit(0);
  } catch (fault) {
    console.error(`${fault.message}\n\n${usage}`);
    process.exit(2);
  }
}
