/** The options of a command of the tests: `--help` tells its usage, and so does a word it does not know, without a stack trace. */
import { parseArgs } from 'node:util';

/** @returns the values, as `parseArgs` of Node.js has them. Ends the process after `--help` (0) and after unknown words (2). */
export function readArguments(usage, options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } });
    if (values.help !== true) return values;
    console.log(usage);
    process.exit(0);
  } catch (fault) {
    console.error(`${fault.message}\n\n${usage}`);
    process.exit(2);
  }
}
