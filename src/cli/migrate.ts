/**
 * Implements `seonchak migrate`: migrates the database tables before servers start.
 *
 * A server does the same at start.
 */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';

export function addMigrate(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .summary('migrate the database tables')
    .description(
      'Apply the missing migrations and print their names. Safe to repeat, and safe while servers run or start. ' +
        'An index of a table of ten million rows takes minutes.',
    )
    .option('--json', 'print JSON for programs')
    .action(async (options: { readonly json?: true }) => {
      const applied = await withStores(loadConfig(context.env), (stores) => stores.migrate(), true);
      if (options.json) {
        printJson(context, { applied });
        return;
      }
      for (const name of applied) printLine(context.output, `applied ${name}`);
      if (applied.length === 0) printLine(context.output, 'nothing to apply: the tables are up to date');
    });
}
