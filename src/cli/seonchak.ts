#!/usr/bin/env node
/** The program `seonchak`: the only file that touches this process's arguments, streams and exit code. */
import { runCommandLine } from './command-line.js';
import { exitCodes } from './exit-codes.js';

// The reader of our output has read enough, as in `seonchak tokens --count 1000 | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed);
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  output: process.stdout,
  notes: process.stderr,
});
