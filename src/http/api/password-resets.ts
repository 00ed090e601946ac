/**
 * Handles forgotten passwords: sends a one-time link by mail, and sets the new password with it.
 *
 * The answer to a request for a link is the same for every address and does not wait for the mail, so it does not reveal
 * which accounts exist.
 */
import { accountIdOf } from '../../accounts/account-id.js';
import type { AccountStore } from '../../accounts/accounts.js';
import { hashOfLink } from '../../accounts/password-link.js';
import type { SessionEnds } from '../../accounts/session-ends.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { PasswordCheck } from '../auth/password-check.js';
import { TokenBuckets } from '../limits/token-buckets.js';
import { issueResetLink } from './issue-reset-link.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody } from '../wire/parse-input.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import { passwordResetInput, resetRequestInput } from '../wire/account-schemas.js';

/** Limit of one mailbox: a mail that did not arrive may be requested again, but no caller can fill the mailbox. */
const MAILS = { burst: 3, refillMs: 600_000 };
/** Limit of one address, for requested mails and tried links. */
const REQUESTS = { burst: 20, refillMs: 15_000 };
const BUCKETS = 16_384;

/** Sends the link. @throws when no server took the mail. */
export interface PasswordMail {
  send(mail: { readonly to: string; readonly link: string; readonly expiresAtMs: number }): Promise<void>;
}

export interface PasswordResetPorts {
  readonly accounts: AccountStore;
  readonly clock: Clock;
}

export interface PasswordResetSettings {
  /** `undefined`: links are made by the operator (`seonchak account reset`). */
  readonly mail: PasswordMail | undefined;
  /** Where browsers reach this installation, without a path. */
  readonly publicUrl: string;
  /** False where accounts belong to an outside identity provider. */
  readonly hasAccounts: boolean;
  /** Called when the mail was not taken by its server: the caller is not waiting any more. */
  onMailFault(fault: unknown): void;
}

export class PasswordResetHandlers {
  readonly #ports: PasswordResetPorts;
  readonly #settings: PasswordResetSettings;
  readonly #passwords: PasswordCheck;
  readonly #sessions: Pick<SessionEnds, 'refresh'>;
  readonly #mails = new TokenBuckets(MAILS, BUCKETS);
  readonly #requests = new TokenBuckets(REQUESTS, BUCKETS);

  constructor(
    ports: PasswordResetPorts,
    settings: PasswordResetSettings,
    passwords: PasswordCheck,
    sessions: Pick<SessionEnds, 'refresh'>,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#passwords = passwords;
    this.#sessions = sessions;
  }

  /** The same answer whether or not the address has an account. */
  requestMail(request: ApiRequest): Promise<Reply> {
    const { mail, hasAccounts } = this.#settings;
    if (!hasAccounts) refuseSessions();
    if (mail === undefined)
      refuse('reset_by_operator', 'Ask the operator for a link that sets a new password.');
    const { email } = parseBody(resetRequestInput, request);
    const nowMs = this.#ports.clock.monotonicMs();
    const waitMs = this.#requests.take(request.address, nowMs) || this.#mails.take(email, nowMs);
    if (waitMs > 0) refuseRate(waitMs);
    this.#send(mail, email, request.address).catch((fault: unknown) => this.#settings.onMailFault(fault));
    return Promise.resolve(json(202, { accepted: true }));
  }

  async setPassword(request: ApiRequest): Promise<Reply> {
    if (!this.#settings.hasAccounts) refuseSessions();
    const { token, password } = parseBody(passwordResetInput, request);
    const { accounts, clock } = this.#ports;
    const waitMs = this.#requests.take(request.address, clock.monotonicMs());
    if (waitMs > 0) refuseRate(waitMs);
    const hash = hashOfLink(token);
    // Before the costly part: a link that is not valid costs one read.
    if ((await accounts.findReset(hash, clock.nowMs())) === undefined) refuseLink();
    const passwordHash = await this.#passwords.hash(password);
    const atMs = clock.nowMs();
    const id =
      (await accounts.useReset(hash, passwordHash, atMs, (id) => ({
        atMs,
        actor: { kind: 'anyone', id: '', address: request.address },
        action: 'password_reset',
        target: `account ${accountIdOf(id)}`,
        detail: {},
      }))) ?? refuseLink();
    // A poll that fails is made up for: the next one comes within a second.
    await this.#sessions.refresh().catch(() => undefined);
    return json(200, { id: accountIdOf(id) });
  }

  async #send(mail: PasswordMail, email: string, address: string): Promise<void> {
    const { accounts, clock } = this.#ports;
    const account = await accounts.findByEmail(email);
    if (account === undefined) return;
    const actor = { kind: 'anyone', id: '', address } as const;
    const { publicUrl } = this.#settings;
    const issued = await issueResetLink(accounts, account, publicUrl, {
      atMs: clock.nowMs(),
      actor,
      mail: true,
    });
    if (issued !== undefined) await mail.send({ to: email, ...issued });
  }
}

function refuseLink(): never {
  return refuse(
    'reset_invalid',
    'This link was used, replaced by a newer one, or has expired. Ask for a new link.',
  );
}

function refuseSessions(): never {
  return refuse('sessions_disabled', 'Passwords are managed by the identity provider of this installation.');
}

function refuseRate(waitMs: number): never {
  throw new RequestRefused({
    code: 'rate_limited',
    detail: 'Too many requests for a new password. Nothing was attempted, try again later.',
    headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) },
  });
}
