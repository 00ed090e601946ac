#!/usr/bin/env node
/**
 * Runs the program `seonchak`. No other file touches this process's arguments, streams and exit code.
 *
 * Imports the commands after the limit of open files was checked: Node.js cannot load them with too few.
 */
import { exitCodes, faultLine, reportFault } from './exit-codes.js';
import { COMMAND_OPEN_FILES_MIN, requireOpenFiles } from '../server/open-files.js';

// The reader of our output has read enough, as in `seonchak tokens --count 1000 | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed);
});

try {
  requireOpenFiles(COMMAND_OPEN_FILES_MIN);
} catch (fault) {
  const { exitCode, lines, code } = reportFault(fault);
  for (const line of lines) process.stderr.write(`${faultLine(line, code)}\n`);
  process.exit(exitCode);
}

const { runCommandLine } = await import('./command-line.js');
process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  output: process.stdout,
  notes: process.stderr,
});
// Without an explicit exit Node may loop for ever while it frees its environment (nodejs/node#47748).
process.once('exit', () => process.exit());
