/** Implements `seonchak demo`: a demonstration with its own server, seller and crowd. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { printLine } from './command-context.js';
import { CommandFailedError } from './exit-codes.js';
import { durationOption, wholeNumber } from './option-values.js';
import { startProgress } from './progress.js';
import { listenForTermination } from './on-termination-signal.js';

/** More than one process can serve. */
const MEMBERS_MAX = 200_000;

interface CommandOptions {
  readonly members: number;
  readonly quantity: number;
  readonly opensIn: number;
  readonly over: number;
}

export function addDemo(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .summary('run a demonstration with its own server, seller and crowd')
    .description(
      'Start an embedded server with its own data, register a coupon that opens in a few seconds, and send a crowd. ' +
        'Kill the server in the middle and start it again. ' +
        'Print the address of the console, which shows the downloads live. Run until Ctrl-C, then remove the data.',
    )
    .option('--members <number>', 'number of members in the crowd', wholeNumber(1, MEMBERS_MAX), 5_000)
    .option('--quantity <number>', 'number of units of the coupon', wholeNumber(1, MEMBERS_MAX), 2_000)
    .addOption(durationOption('--opens-in <duration>', 'time until the coupon opens', '15s'))
    .addOption(durationOption('--over <duration>', 'time over which the crowd arrives', '20s'))
    .action((options: CommandOptions) => demo(context, options));
}

async function demo(context: CommandContext, options: CommandOptions): Promise<void> {
  const { runDemo } = await import('../demo/demo.js');
  const ending = listenForTermination();
  const { members, quantity, opensIn, over } = options;
  const faults = await runDemo(
    { members, quantity, opensInMs: opensIn, overMs: over },
    {
      print: (line) => printLine(context.output, line),
      progress: (requests) => startProgress(context.notes, 'crowd', 'requests', requests),
    },
    ending,
  );
  if (faults.length > 0) throw new CommandFailedError(`The demonstration failed: ${faults.join('; ')}.`);
}
