/** Implements `seonchak account disable`, `enable`, `role` and `delete`. */
import type { Command } from 'commander';
import { Argument } from 'commander';
import { LOCKED_SUBJECTS_MAX } from '../accounts/access-locks.js';
import { accountIdOf } from '../accounts/account-id.js';
import type { Account, Role } from '../accounts/accounts.js';
import { roles } from '../accounts/accounts.js';
import { loadConfig } from '../config/config.js';
import type { AuditAction, AuditEntry } from '../engine/ports/audit-log.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { accountLabel, findAccount, requireOwnAccounts } from './find-account.js';
import { operatorHere } from './operator.js';

interface ChangeOptions {
  readonly json?: true;
}

const NAME = 'e-mail address or id of the account';

export function addAccountChanges(account: Command, context: CommandContext): void {
  for (const disabled of [true, false]) {
    const verb = disabled ? 'disable' : 'enable';
    account
      .command(verb)
      .summary(
        disabled ? 'refuse an account: its sign-in, tokens and keys' : 'accept a disabled account again',
      )
      .description(
        disabled
          ? 'Refuse every sign-in, access token and server key of an account, on every API process within a second. ' +
              'This sets the same lock as `seonchak account lock` on the id of the account; coupons and webhooks stay as they are.'
          : 'Accept a disabled account again.',
      )
      .argument('<account>', NAME)
      .option('--json', 'print JSON for programs')
      .addHelpText('after', `\nExamples:\n  $ seonchak account ${verb} seller@shop.test`)
      .action((name: string, options: ChangeOptions) =>
        change(context, name, options, (stores, found) => setDisabled(stores, found, disabled)),
      );
  }
  account
    .command('role')
    .summary('change the role of an account')
    .description(
      'Change the role of an account and end its sessions. The server keys of a former seller are revoked and its webhooks removed; its coupons stay. An admin sees every coupon, account and audit entry, and ' +
        'cannot sell or download. Use a separate account for that.',
    )
    .argument('<account>', NAME)
    .addArgument(new Argument('<role>', 'what the account may do').choices(roles))
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak account role operator@shop.test admin')
    .action((name: string, role: Role, options: ChangeOptions) =>
      change(context, name, options, (stores, found) => setRole(stores, found, role)),
    );
  account
    .command('delete')
    .summary('delete an account for good')
    .description(
      'Delete an account, end its sessions, revoke its server keys and remove its webhooks. Its coupons and issuances ' +
        'stay under its id, which no other account ever gets. Coupons of a seller have to be closed first.',
    )
    .argument('<account>', NAME)
    .option('--yes', 'confirm: this cannot be undone')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExamples:\n  $ seonchak account delete member@shop.test --yes')
    .action((name: string, options: ChangeOptions & { readonly yes?: true }) => {
      if (options.yes !== true)
        throw new UsageError('Nothing was deleted, because this cannot be undone. Add --yes to confirm.');
      return change(context, name, options, remove);
    });
}

/** What became of the account, in a word for a sentence, and whether that is new. */
interface Changed {
  readonly state: string;
  readonly changed: boolean;
}

async function change(
  context: CommandContext,
  name: string,
  options: ChangeOptions,
  apply: (stores: Stores, account: Account) => Promise<Changed>,
): Promise<void> {
  const config = loadConfig(context.env);
  requireOwnAccounts(config);
  const { account, state, changed } = await withStores(config, async (stores) => {
    await stores.migrate();
    const account = await findAccount(stores, name);
    return { account, ...(await apply(stores, account)) };
  });
  if (options.json) printJson(context, { id: accountIdOf(account.id), email: account.email, state, changed });
  else printLine(context.output, `${accountLabel(account)} ${changed ? 'is' : 'was'} ${state}`);
}

async function setDisabled(stores: Stores, account: Account, disabled: boolean): Promise<Changed> {
  const entry = entryOf(disabled ? 'account_locked' : 'account_unlocked', account);
  const result = await stores.locks.set(accountIdOf(account.id), disabled, entry);
  if (result === 'too_many') {
    throw new CommandFailedError(
      `${LOCKED_SUBJECTS_MAX} accounts are already locked, which is the limit. Unlock others first.`,
    );
  }
  return { state: disabled ? 'disabled' : 'enabled', changed: result === 'changed' };
}

async function setRole(stores: Stores, account: Account, role: Role): Promise<Changed> {
  const detail = { from: account.role, to: role };
  const result = await stores.accounts.setRole(account.id, role, {
    ...entryOf('role_changed', account),
    detail,
  });
  if (result === 'unknown')
    throw new CommandFailedError(
      'The account was deleted meanwhile. `seonchak account list` lists the others.',
    );
  return { state: `given the role ${role}`, changed: result === 'changed' };
}

async function remove(stores: Stores, account: Account): Promise<Changed> {
  const result = await stores.accounts.remove(account.id, entryOf('account_deleted', account));
  if (result === 'coupons_open')
    throw new CommandFailedError(
      `Nothing was deleted, because ${accountLabel(account)} has coupons that are not closed. Close them first.`,
    );
  return { state: 'deleted', changed: result === 'removed' };
}

function entryOf(action: AuditAction, { id }: Account): AuditEntry {
  return {
    ...{ atMs: Date.now(), actor: operatorHere(), action },
    target: `account ${accountIdOf(id)}`,
    detail: {},
  };
}
