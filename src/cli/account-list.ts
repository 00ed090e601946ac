/** Implements `seonchak account list`: lists accounts with role and state. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { accountIdOf, accountRowOf } from '../accounts/account-id.js';
import type { AccountListing, Role } from '../accounts/accounts.js';
import { roles } from '../accounts/accounts.js';
import { loadConfig } from '../config/config.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { UsageError } from './exit-codes.js';
import { requireOwnAccounts } from './find-account.js';
import { wholeNumber } from './option-values.js';
import { table } from './table.js';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;

interface ListOptions {
  readonly email?: string;
  readonly role?: Role;
  readonly after?: string;
  readonly limit: number;
  readonly json?: true;
}

export function addAccountList(account: Command, context: CommandContext): void {
  account
    .command('list')
    .summary('list accounts')
    .description('List accounts, ascending by id.')
    .option('--email <beginning>', 'only accounts whose e-mail address begins like this')
    .addOption(new Option('--role <role>', 'only accounts with this role').choices(roles))
    .option('--after <id>', 'only accounts after this id')
    .option(
      '--limit <accounts>',
      `number of accounts, up to ${LIMIT_MAX}`,
      wholeNumber(1, LIMIT_MAX),
      LIMIT_DEFAULT,
    )
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak account list --role seller
  $ seonchak account list --email mina@`,
    )
    .action((options: ListOptions) => list(context, options));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { email, role, after = accountIdOf(0), limit } = options;
  const afterId = after === accountIdOf(0) ? 0 : accountRowOf(after);
  if (afterId === undefined)
    throw new UsageError(
      `The option --after is not the id of an account. Give one such as ${accountIdOf(7)}.`,
    );
  const config = loadConfig(context.env);
  requireOwnAccounts(config);
  // One more than asked for shows whether there are more.
  const found = await withStores(config, (stores) =>
    stores.accounts.list({ role, emailPrefix: email?.toLowerCase() }, afterId, limit + 1),
  );
  const accounts = found.slice(0, limit);
  const more = found.length > limit;
  if (options.json) printJson(context, { accounts: accounts.map(accountJson), more });
  else if (accounts.length === 0) printLine(context.notes, 'No accounts.');
  else for (const line of lines(accounts)) printLine(context.output, line);
  if (more && !options.json)
    printLine(context.notes, `More accounts exist; add --after ${accountIdOf(accounts.at(-1)?.id ?? 0)}.`);
}

function accountJson({ id, email, role, createdAtMs, locked }: AccountListing): object {
  return { id: accountIdOf(id), email, role, createdAt: new Date(createdAtMs).toISOString(), locked };
}

function lines(accounts: readonly AccountListing[]): string[] {
  return table(
    ['id', 'e-mail', 'role', 'created', 'state'],
    accounts.map(({ id, email, role, createdAtMs, locked }) => [
      ...[accountIdOf(id), email, role, new Date(createdAtMs).toISOString()],
      locked ? 'disabled' : 'active',
    ]),
  );
}
