/**
 * Implements `seonchak account lock` and `unlock`: refuses or accepts every token of a subject.
 *
 * A lock holds for tokens of every signer and on every API process.
 */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { MemberId } from '../engine/domain/coupon.js';
import { parseMemberId } from '../engine/domain/coupon.js';
import { LOCKED_SUBJECTS_MAX } from '../accounts/access-locks.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { operatorHere } from './operator.js';

interface LockOptions {
  readonly reason?: string;
  readonly json?: true;
}

const REASON_LENGTH_MAX = 200;

export function addLocks(account: Command, context: CommandContext): void {
  for (const locked of [true, false]) {
    const verb = locked ? 'lock' : 'unlock';
    account
      .command(verb)
      .summary(locked ? 'lock an account: refuse its tokens' : 'unlock an account')
      .description(
        (locked
          ? 'Refuse every access token and every sign-in of this account, on every API process within a second.'
          : 'Unlock an account: tokens that have not expired are valid again.') +
          ' Give the e-mail address or the id of the account, or the `sub` of its tokens if they come from an outside identity provider.',
      )
      .argument('<account>', 'e-mail address, account id, or `sub`')
      .option('--reason <text>', 'reason to record in the audit log')
      .option('--json', 'print JSON for programs')
      .addHelpText(
        'after',
        `
Examples:
  $ seonchak account ${verb} member@shop.test
  $ seonchak account ${verb} 4711 --reason "ticket 88"`,
      )
      .action((name: string, options: LockOptions) => setLock(context, name, locked, options));
  }
}

async function setLock(
  context: CommandContext,
  name: string,
  locked: boolean,
  options: LockOptions,
): Promise<void> {
  const { reason = '' } = options;
  if (reason.length > REASON_LENGTH_MAX)
    throw new UsageError(`--reason takes up to ${REASON_LENGTH_MAX} characters`);
  const config = loadConfig(context.env);
  const { subject, result } = await withStores(config, async (stores) => {
    await stores.migrate();
    const subject = await subjectOf(stores, name);
    const result = await stores.locks.set(subject, locked, {
      atMs: Date.now(),
      actor: operatorHere(),
      action: locked ? 'account_locked' : 'account_unlocked',
      target: `subject ${subject}`,
      detail: reason === '' ? {} : { reason },
    });
    return { subject, result };
  });
  if (result === 'too_many') {
    throw new CommandFailedError(
      `${LOCKED_SUBJECTS_MAX} accounts are already locked, which is the limit: unlock others first`,
    );
  }
  const changed = result === 'changed';
  if (options.json) printJson(context, { subject, locked, changed });
  else printLine(context.output, `${subject} ${changed ? 'is' : 'was'} ${locked ? 'locked' : 'not locked'}`);
}

/** A `sub` has no `@`, and an e-mail address has one. */
async function subjectOf(stores: Stores, name: string): Promise<MemberId> {
  if (name.includes('@')) {
    const account = await stores.accounts.findByEmail(name.toLowerCase());
    if (account === undefined) throw new CommandFailedError(`no account has the e-mail address ${name}`);
    return String(account.id) as MemberId;
  }
  const subject = parseMemberId(name);
  if (subject === undefined)
    throw new UsageError(`${name} is neither an e-mail address nor an id (1 to 64 of A-Z a-z 0-9 . _ -)`);
  return subject;
}
