/** Implements `seonchak audit`: lists actions of sellers and operators. */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { StoredAuditEntry } from '../engine/ports/audit-log.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { wholeNumber } from './option-values.js';
import { table } from './table.js';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;
const ID_MAX = 999_999_999_999_999;

interface AuditOptions {
  readonly limit: number;
  readonly before?: number;
  readonly json?: true;
}

export function addAudit(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .summary('show actions of sellers and operators')
    .description(
      'Show the newest entries of the audit log, oldest first: the actor, the action, the time and the address.',
    )
    .option(
      '--limit <entries>',
      `number of entries, up to ${LIMIT_MAX}`,
      wholeNumber(1, LIMIT_MAX),
      LIMIT_DEFAULT,
    )
    .option('--before <id>', 'only entries before this one', wholeNumber(1, ID_MAX))
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak audit
  $ seonchak audit --limit 1000 --json`,
    )
    .action(async (options: AuditOptions) => {
      const entries = await withStores(loadConfig(context.env), (stores) =>
        stores.auditLog.entries(options.before ?? ID_MAX, options.limit),
      );
      if (options.json) printJson(context, { entries: entries.map(entryJson) });
      else if (entries.length === 0) printLine(context.notes, 'The audit log is empty.');
      else for (const line of lines(entries)) printLine(context.output, line);
    });
}

function entryJson({ id, atMs, actor, action, target, detail }: StoredAuditEntry): object {
  return { id, at: new Date(atMs).toISOString(), actor, action, target, detail };
}

function lines(entries: readonly StoredAuditEntry[]): string[] {
  return table(
    ['id', 'at', 'who', 'from', 'did', 'to', 'detail'],
    entries.map(({ id, atMs, actor, action, target, detail }) => [
      String(id),
      new Date(atMs).toISOString(),
      `${actor.kind} ${actor.id}`.trim(),
      actor.address,
      action,
      target,
      JSON.stringify(detail),
    ]),
  );
}
