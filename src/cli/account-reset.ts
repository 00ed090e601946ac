/** Implements `seonchak account reset`: makes a one-time link that sets a new password, and prints or mails it. */
import type { Command } from 'commander';
import { accountIdOf } from '../accounts/account-id.js';
import type { Account } from '../accounts/accounts.js';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { publicAddress } from '../config/own-address.js';
import { issueResetLink } from '../http/api/issue-reset-link.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { accountLabel, findAccount, requireOwnAccounts } from './find-account.js';
import { operatorHere } from './operator.js';

interface ResetOptions {
  readonly mail?: true;
  readonly json?: true;
}

export function addAccountReset(account: Command, context: CommandContext): void {
  account
    .command('reset')
    .summary('make a link that sets a new password')
    .description(
      'Make a link that sets a new password for an account, once, within an hour. The link replaces an earlier one. ' +
        'Anyone with the link can take over the account: give it to the owner only.',
    )
    .argument('<account>', 'e-mail address or id of the account')
    .option('--mail', 'send the link to the account by mail (SMTP_URL) instead of printing it')
    .option('--json', 'print JSON for programs')
    .addHelpText(
      'after',
      `
Examples:
  $ seonchak account reset seller@shop.test
  $ PUBLIC_URL=https://coupons.example seonchak account reset seller@shop.test`,
    )
    .action((name: string, options: ResetOptions) => reset(context, name, options));
}

async function reset(context: CommandContext, name: string, options: ResetOptions): Promise<void> {
  const config = loadConfig(context.env);
  requireOwnAccounts(config);
  if (options.mail && config.mail === undefined)
    throw new UsageError('The option --mail needs a mail server. Set SMTP_URL.');
  const { account, link, expiresAtMs } = await withStores(config, async (stores) => {
    await stores.migrate();
    const account = await findAccount(stores, name);
    const how = { atMs: Date.now(), actor: operatorHere(), mail: options.mail === true };
    const issued = await issueResetLink(stores.accounts, account, publicAddress(config), how);
    if (issued === undefined)
      throw new CommandFailedError(
        `The account ${name} was deleted meanwhile. \`seonchak account list\` lists the others.`,
      );
    return { account, ...issued };
  });
  if (options.mail) await send(config, account, link, expiresAtMs);
  const expiresAt = new Date(expiresAtMs).toISOString();
  if (options.json) {
    const how = options.mail ? { mailed: true } : { link };
    printJson(context, { id: accountIdOf(account.id), email: account.email, expiresAt, ...how });
    return;
  }
  if (options.mail) printLine(context.output, `mailed to ${account.email}`);
  else printLine(context.output, link);
  printLine(context.notes, `Sets the password of ${accountLabel(account)} once, until ${expiresAt}.`);
  if (config.publicUrl === undefined && !options.mail)
    printLine(
      context.notes,
      'The link leads to the address this server listens on; set PUBLIC_URL for another one.',
    );
}

async function send(config: Config, { email }: Account, link: string, expiresAtMs: number): Promise<void> {
  if (config.mail === undefined) return;
  const { passwordMailer } = await import('../mail/password-mail.js');
  const mailer = passwordMailer(config.mail);
  try {
    await mailer.send({ to: email, link, expiresAtMs });
  } catch (cause) {
    throw new CommandFailedError('The mail server did not accept the mail. Check SMTP_URL.', { cause });
  } finally {
    mailer.close();
  }
}
