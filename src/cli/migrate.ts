/**
 * Implements `seonchak migrate`: migrates the database tables, and moves the keys in Redis to the present layout.
 *
 * A server does the first at start, and refuses to start where the second is due.
 */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';

const NOTE_EVERY_COUPONS = 1_000;

export function addMigrate(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .summary('migrate the database tables and the keys in Redis')
    .description(
      'Apply the missing migrations and print their names. Safe to repeat, and safe while servers run or start. ' +
        'Adding an index to a table of ten million rows takes minutes. ' +
        'Where the keys in Redis are of an earlier version, move them; every process has to be stopped for that.',
    )
    .option('--json', 'print JSON for programs')
    .action((options: { readonly json?: true }) =>
      withStores(loadConfig(context.env), (stores) => migrate(context, stores, options.json === true), {
        createMissing: true,
      }),
    );
}

async function migrate(context: CommandContext, stores: Stores, json: boolean): Promise<void> {
  const applied = await stores.migrate();
  if (!json) for (const name of applied) printLine(context.output, `applied ${name}`);
  const movedCoupons = await stores.moveKeys((coupons) => {
    if (coupons % NOTE_EVERY_COUPONS === 0)
      printLine(context.notes, `moved the keys of ${coupons.toLocaleString('en')} coupons`);
  });
  if (json) printJson(context, { applied, movedCoupons });
  else if (movedCoupons > 0)
    printLine(
      context.output,
      `moved the keys of ${movedCoupons.toLocaleString('en')} ${movedCoupons === 1 ? 'coupon' : 'coupons'}`,
    );
  else if (applied.length === 0)
    printLine(context.output, 'nothing to apply: the tables and the keys are up to date');
}
