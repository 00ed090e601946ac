/** Handles what administrators do with accounts: list, disable, enable, change the role, make links for a new password. */
import { LOCKED_SUBJECTS_MAX } from '../../accounts/access-locks.js';
import type { AccessLocks, AccessLockStore } from '../../accounts/access-locks.js';
import { accountIdOf, accountRowOf } from '../../accounts/account-id.js';
import type { Account, AccountStore } from '../../accounts/accounts.js';
import type { SessionEnds } from '../../accounts/session-ends.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { Identity } from '../wire/identity.js';
import { callerActor } from './caller-actor.js';
import { issueResetLink } from './issue-reset-link.js';
import type { PasswordMail } from './password-resets.js';
import { adminAccountsQuery, roleInput } from '../wire/account-schemas.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody, parseQuery } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';

export interface AdminAccountPorts {
  readonly accounts: AccountStore;
  readonly locks: AccessLockStore;
  readonly clock: Clock;
}

export interface AdminAccountSettings {
  readonly mail: PasswordMail | undefined;
  readonly publicUrl: string;
  onMailFault(fault: unknown): void;
}

/** This process's copies of what other processes follow. */
export interface FollowedByAccounts {
  readonly locks: Pick<AccessLocks, 'refresh'>;
  readonly sessions: Pick<SessionEnds, 'refresh'>;
}

export class AdminAccountHandlers {
  readonly #ports: AdminAccountPorts;
  readonly #settings: AdminAccountSettings;
  readonly #followed: FollowedByAccounts;

  constructor(ports: AdminAccountPorts, settings: AdminAccountSettings, followed: FollowedByAccounts) {
    this.#ports = ports;
    this.#settings = settings;
    this.#followed = followed;
  }

  async list(request: ApiRequest): Promise<Reply> {
    const { after, limit, role, email } = parseQuery(adminAccountsQuery, request);
    // One more than asked for shows whether there is a further page.
    const found = await this.#ports.accounts.list({ role, emailPrefix: email }, after, limit + 1);
    const accounts = found.slice(0, limit);
    return json(200, {
      items: accounts.map(({ id, createdAtMs, locked, ...account }) => ({
        ...{ id: accountIdOf(id), ...account, createdAt: rfc3339(createdAtMs), disabled: locked },
      })),
      next: found.length > limit ? (accounts.at(-1)?.id ?? null) : null,
    });
  }

  /** On every process within a second. A lock on the id of the account, as the command line sets it. */
  disable(request: ApiRequest, caller: Identity): Promise<Reply> {
    return this.#setDisabled(request, caller, true);
  }

  enable(request: ApiRequest, caller: Identity): Promise<Reply> {
    return this.#setDisabled(request, caller, false);
  }

  async #setDisabled(request: ApiRequest, caller: Identity, disabled: boolean): Promise<Reply> {
    const { id } = await this.#accountOf(request);
    if (disabled && accountIdOf(id) === caller.memberId)
      refuse('own_account', 'You cannot disable the account that you are signed in with.');
    const { locks, clock } = this.#ports;
    const result = await locks.set(accountIdOf(id), disabled, {
      ...{ atMs: clock.nowMs(), actor: callerActor(request, caller) },
      action: disabled ? 'account_locked' : 'account_unlocked',
      ...{ target: `subject ${accountIdOf(id)}`, detail: {} },
    });
    if (result === 'too_many')
      refuse(
        'locks_too_many',
        `${LOCKED_SUBJECTS_MAX} accounts are locked, which is the limit. Enable others first.`,
      );
    // A poll that fails is made up for: the next one comes within a second.
    await this.#followed.locks.refresh().catch(() => undefined);
    return json(200, { id: accountIdOf(id), disabled });
  }

  /** The account signs in again, because tokens carry the role. */
  async setRole(request: ApiRequest, caller: Identity): Promise<Reply> {
    const { role } = parseBody(roleInput, request);
    const { id, role: before } = await this.#accountOf(request);
    if (accountIdOf(id) === caller.memberId)
      refuse('own_account', 'You cannot change the role of the account that you are signed in with.');
    const { accounts, clock } = this.#ports;
    const result = await accounts.setRole(id, role, {
      ...{ atMs: clock.nowMs(), actor: callerActor(request, caller), action: 'role_changed' },
      ...{ target: `account ${accountIdOf(id)}`, detail: { from: before, to: role } },
    });
    if (result === 'unknown') refuseUnknown();
    // A poll that fails is made up for: the next one comes within a second.
    await this.#followed.sessions.refresh().catch(() => undefined);
    return json(200, { id: accountIdOf(id), role });
  }

  /** Where mail is sent, the link goes to the owner alone. */
  async reset(request: ApiRequest, caller: Identity): Promise<Reply> {
    const account = await this.#accountOf(request);
    const { mail, publicUrl } = this.#settings;
    const { accounts, clock } = this.#ports;
    const actor = callerActor(request, caller);
    const how = { atMs: clock.nowMs(), actor, mail: mail !== undefined };
    const issued = (await issueResetLink(accounts, account, publicUrl, how)) ?? refuseUnknown();
    const { link, expiresAtMs } = issued;
    const answer = { id: accountIdOf(account.id), expiresAt: rfc3339(expiresAtMs) };
    if (mail === undefined) return json(200, { ...answer, link });
    try {
      await mail.send({ to: account.email, link, expiresAtMs });
    } catch (fault) {
      this.#settings.onMailFault(fault);
      refuse('mail_failed', 'The mail server did not accept the mail. The log has the reason.');
    }
    return json(200, { ...answer, mailed: true });
  }

  async #accountOf(request: ApiRequest): Promise<Account> {
    const row = accountRowOf(request.params[0] ?? '');
    const account = row === undefined ? undefined : await this.#ports.accounts.find(row);
    return account ?? refuseUnknown();
  }
}

function refuseUnknown(): never {
  return refuse('unknown_account', 'There is no account with this id.');
}
