/**
 * Implements `seonchak account create`, and gathers the other commands for accounts.
 *
 * Where sign-up of sellers is closed, this command is the only way to create a seller's account.
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import { z } from 'zod';
import { loadConfig } from '../config/config.js';
import { accountIdOf } from '../accounts/account-id.js';
import type { Role } from '../accounts/accounts.js';
import { roles } from '../accounts/accounts.js';
import { PasswordHasher } from '../http/auth/password.js';
import { accountInput } from '../http/wire/account-schemas.js';
import { addAccountChanges } from './account-changes.js';
import { addAccountList } from './account-list.js';
import { addAccountReset } from './account-reset.js';
import { addLocks } from './account-lock.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { operatorHere } from './operator.js';
import { choosePassword } from './password-source.js';

interface CreateOptions {
  readonly email: string;
  readonly role: Role;
  readonly passwordStdin?: true;
  readonly json?: true;
}

export function addAccount(program: Command, context: CommandContext): void {
  const account = program
    .command('account')
    .summary('create, list, reset, disable and delete accounts')
    .description('Create and manage accounts.');
  account
    .command('create')
    .summary('create an account')
    .description(
      'Create an account. The password is typed twice at a terminal without being shown, or read from standard input ' +
        'with --password-stdin. If nothing is typed, or there is no terminal, a password is generated and printed once.',
    )
    .requiredOption('--email <address>', 'e-mail address to sign in with')
    .addOption(new Option('--role <role>', 'what the account may do').choices(roles).makeOptionMandatory())
    .option('--password-stdin', 'read the password from the first line of standard input')
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak account create --email seller@shop.test --role seller
  $ seonchak account create --email seller@shop.test --role seller --password-stdin < password.txt`,
    )
    .action((options: CreateOptions) => create(context, options));
  addAccountList(account, context);
  addAccountReset(account, context);
  addAccountChanges(account, context);
  addLocks(account, context);
}

async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const config = loadConfig(context.env);
  if (config.jwtJwksUrl !== undefined) {
    throw new UsageError(
      'Accounts are managed by the identity provider of JWT_JWKS_URL. Create the account there.',
    );
  }
  const choice = await choosePassword(context, options.passwordStdin === true);
  const { email, password, role } = checked(options.email, choice.password, options.role);
  const passwordHash = await new PasswordHasher().hash(password);
  if (passwordHash === undefined)
    throw new CommandFailedError('The password could not be hashed. Repeat the command.');
  const account = await withStores(config, async (stores) => {
    // Often the very first command on new stores, before any server has made the tables.
    await stores.migrate();
    const atMs = Date.now();
    return stores.accounts.insert({ email, role, passwordHash, createdAtMs: atMs }, (id) => ({
      atMs,
      actor: operatorHere(),
      action: 'account_created',
      target: `account ${accountIdOf(id)}`,
      detail: { role },
    }));
  });
  if (account === undefined)
    throw new CommandFailedError(
      `An account for ${email} already exists. \`seonchak account reset\` sets a new password.`,
    );

  const shown = choice.generated ? { password } : {};
  if (options.json) {
    printJson(context, { id: accountIdOf(account.id), email, role, ...shown });
    return;
  }
  printLine(context.output, `account ${accountIdOf(account.id)}: ${email}, ${role}`);
  if (choice.generated) printLine(context.output, `password: ${password}   (shown only now)`);
}

/** The same rules as over HTTP. */
function checked(email: string, password: string, role: Role) {
  const parsed = accountInput.extend({ role: z.enum(roles) }).safeParse({ email, password, role });
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `The account was not created: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}. Correct this and repeat the command.`,
  );
}
