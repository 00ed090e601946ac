/** Handles what the owner of an account does with it: shows it, changes its password, deletes it. */
import { accountIdOf, accountRowOf } from '../../accounts/account-id.js';
import type { Account, AccountStore } from '../../accounts/accounts.js';
import { SESSION_SECONDS } from '../../accounts/session-ends.js';
import type { SessionEnds } from '../../accounts/session-ends.js';
import type { ServerKeys } from '../../accounts/server-keys.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { AuditAction, AuditEntry } from '../../engine/ports/audit-log.js';
import type { Identity } from '../wire/identity.js';
import type { PasswordCheck } from '../auth/password-check.js';
import type { TokenIssuer } from '../auth/token-issuer.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody } from '../wire/parse-input.js';
import { refuse } from '../wire/problems.js';
import { rfc3339 } from '../wire/rfc3339.js';
import { deletionInput, passwordChangeInput } from '../wire/account-schemas.js';

export interface OwnAccountPorts {
  readonly accounts: AccountStore;
  readonly clock: Clock;
}

/** This process's copies of what other processes follow. */
export interface FollowedAccounts {
  readonly sessions: Pick<SessionEnds, 'refresh'>;
  readonly serverKeys: Pick<ServerKeys, 'refresh'>;
}

export class OwnAccountHandlers {
  readonly #ports: OwnAccountPorts;
  readonly #passwords: PasswordCheck;
  /** `undefined`: tokens come from an outside identity provider, and there are no accounts. */
  readonly #issuer: TokenIssuer | undefined;
  readonly #followed: FollowedAccounts;

  constructor(
    ports: OwnAccountPorts,
    passwords: PasswordCheck,
    issuer: TokenIssuer | undefined,
    followed: FollowedAccounts,
  ) {
    this.#ports = ports;
    this.#passwords = passwords;
    this.#issuer = issuer;
    this.#followed = followed;
  }

  async show(_request: ApiRequest, caller: Identity): Promise<Reply> {
    const { id, email, role, createdAtMs } = await this.#accountOf(caller);
    return json(200, { id: accountIdOf(id), email, role, createdAt: rfc3339(createdAtMs) });
  }

  /** Every session ends, the caller's too: the answer carries the one that replaces it. */
  async changePassword(request: ApiRequest, caller: Identity): Promise<Reply> {
    const issuer = this.#issuer ?? refuseNoAccount();
    const { currentPassword, newPassword } = parseBody(passwordChangeInput, request);
    const account = await this.#accountOf(caller);
    await this.#requirePassword(request, account, currentPassword);
    const passwordHash = await this.#passwords.hash(newPassword);
    const { accounts, clock } = this.#ports;
    const entry = this.#entry('password_changed', request, account);
    // Hashing takes long enough for another change of the password, or of the role.
    const session =
      (await accounts.changePassword(account.id, passwordHash, entry, account.passwordHash)) ??
      refuseWrongPassword();
    await this.#learn();
    const accessToken = await issuer.issueForAccount(
      accountIdOf(account.id),
      session,
      SESSION_SECONDS,
      clock.nowMs(),
    );
    return json(200, { accessToken, tokenType: 'Bearer', expiresIn: SESSION_SECONDS });
  }

  async remove(request: ApiRequest, caller: Identity): Promise<Reply> {
    const { password } = parseBody(deletionInput, request);
    const account = await this.#accountOf(caller);
    await this.#requirePassword(request, account, password);
    const entry = this.#entry('account_deleted', request, account);
    const result = await this.#ports.accounts.remove(account.id, entry);
    switch (result) {
      case 'removed':
        await this.#learn();
        return json(200, { id: accountIdOf(account.id), deleted: true });
      case 'coupons_open':
        return refuse('coupons_open', 'Close your coupons first. Nothing was deleted.');
      case 'unknown':
        return refuseNoAccount();
    }
  }

  async #accountOf(caller: Identity): Promise<Account> {
    const row = this.#issuer === undefined ? undefined : accountRowOf(caller.memberId);
    const account = row === undefined ? undefined : await this.#ports.accounts.find(row);
    return account ?? refuseNoAccount();
  }

  async #requirePassword({ address }: ApiRequest, account: Account, password: string): Promise<void> {
    const { email, passwordHash } = account;
    if (!(await this.#passwords.isRight({ email, address }, password, passwordHash))) refuseWrongPassword();
  }

  #entry(action: AuditAction, { address }: ApiRequest, { id, role }: Account): AuditEntry {
    return {
      atMs: this.#ports.clock.nowMs(),
      actor: { kind: role, id: accountIdOf(id), address },
      action,
      target: `account ${accountIdOf(id)}`,
      detail: {},
    };
  }

  /** A poll that fails is made up for: the next one comes within a second. */
  async #learn(): Promise<void> {
    const { sessions, serverKeys } = this.#followed;
    await Promise.allSettled([sessions.refresh(), serverKeys.refresh()]);
  }
}

function refuseWrongPassword(): never {
  return refuse('wrong_password', 'The current password is wrong. Nothing was changed.');
}

function refuseNoAccount(): never {
  return refuse(
    'no_account',
    'This token belongs to no account here. Passwords are changed where the token comes from.',
  );
}
