/**
 * Implements `seonchak account lock` and `unlock`: refuses or accepts every token of a subject.
 *
 * A lock holds for tokens of every signer and on every API process.
 */
import type { Command } from 'commander';
import { loadConfig } from '../config/config.js';
import type { MemberId } from '../engine/domain/coupon.js';
import { memberIdOf, subjectOf } from '../engine/domain/member-id.js';
import { accountIdOf, accountRowOf } from '../accounts/account-id.js';
import type { Account } from '../accounts/accounts.js';
import { LOCKED_SUBJECTS_MAX } from '../accounts/access-locks.js';
import { accountLabel, accountNamed } from './find-account.js';
import type { Stores } from '../server/stores.js';
import type { CommandContext } from './command-context.js';
import { printJson, printLine, withStores } from './command-context.js';
import { CommandFailedError, UsageError } from './exit-codes.js';
import { operatorHere } from './operator.js';

interface LockOptions {
  readonly reason?: string;
  readonly subject?: true;
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
          ' Give the e-mail address or the id of the account, or the `sub` of its tokens if they come from elsewhere. ' +
          'With --subject, or with an outside identity provider, an e-mail address is a `sub` too.',
      )
      .argument('<account>', 'e-mail address, account id, or `sub`')
      .option('--subject', 'read the argument as a `sub`, even if it is an e-mail address')
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
    throw new UsageError(`The option --reason is too long. Give up to ${REASON_LENGTH_MAX} characters.`);
  const config = loadConfig(context.env);
  const { person, result } = await withStores(config, async (stores) => {
    await stores.migrate();
    const isSubject = options.subject === true || config.jwtJwksUrl !== undefined || !name.includes('@');
    const person = isSubject ? await personWith(stores, name) : await accountOf(stores, name);
    const result = await stores.locks.set(person.memberId, locked, {
      atMs: Date.now(),
      actor: operatorHere(),
      action: locked ? 'account_locked' : 'account_unlocked',
      target: `subject ${subjectOf(person.memberId)}`,
      detail: reason === '' ? {} : { reason },
    });
    return { person, result };
  });
  if (result === 'too_many') {
    throw new CommandFailedError(
      `${LOCKED_SUBJECTS_MAX} accounts are already locked, which is the limit. Unlock others first.`,
    );
  }
  const changed = result === 'changed';
  const subject = subjectOf(person.memberId);
  if (options.json) {
    printJson(context, { subject, locked, changed, known: person.known });
    return;
  }
  const { account } = person;
  const who = account === undefined ? subject : accountLabel(account);
  printLine(context.output, `${who} ${changed ? 'is' : 'was'} ${locked ? 'locked' : 'not locked'}`);
  if (!person.known)
    printLine(context.notes, `No account, coupon or issuance has the id ${subject} yet. Check the spelling.`);
}

interface Person {
  readonly memberId: MemberId;
  readonly account?: Account;
  /** Whether anything in the database is theirs. A `sub` of elsewhere may be locked before its first request. */
  readonly known: boolean;
}

async function accountOf(stores: Stores, address: string): Promise<Person> {
  const account = await accountNamed(stores, address);
  if (account === undefined) {
    throw new CommandFailedError(
      `No account has the e-mail address ${address}. If it is the sub of a token, add --subject.`,
    );
  }
  return { memberId: accountIdOf(account.id), account, known: true };
}

async function personWith(stores: Stores, subject: string): Promise<Person> {
  const memberId = memberOf(subject);
  const account = accountRowOf(subject) === undefined ? undefined : await accountNamed(stores, subject);
  if (account !== undefined) return { memberId, account, known: true };
  const [held, sold] = await Promise.all([
    stores.redemptions.wallet(memberId, 'coupon', undefined, 1),
    stores.catalogue.list({ sellerId: memberId }, 0, 1),
  ]);
  return { memberId, known: held.length + sold.length > 0 };
}

function memberOf(subject: string): MemberId {
  const memberId = memberIdOf(subject);
  if (memberId === undefined) {
    throw new UsageError('The argument is not a sub. Give 1 to 255 characters without control characters.');
  }
  return memberId;
}
