/** Handles sign-up and sign-in. */
import { accountIdOf } from '../../accounts/account-id.js';
import type { AccountStore, signUpRoles } from '../../accounts/accounts.js';
import { SESSION_SECONDS } from '../../accounts/session-ends.js';
import type { AccessLockStore } from '../../accounts/access-locks.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { TokenSettings } from '../auth/token-settings.js';
import type { PasswordMail } from './password-resets.js';
import type { LimitSettings } from '../limits/caller-limits.js';
import { json } from '../wire/exchange.js';
import type { ApiRequest, Reply } from '../wire/exchange.js';
import { parseBody } from '../wire/parse-input.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import type { Problem } from '../wire/problems.js';
import { accountInput, sessionInput } from '../wire/account-schemas.js';
import { TokenBuckets } from '../limits/token-buckets.js';
import type { PasswordCheck } from '../auth/password-check.js';
import type { TokenIssuer } from '../auth/token-issuer.js';
import { ACCOUNT_LOCKED_PROBLEM } from '../auth/token-problems.js';

/** Limit of one address: a household or a class signs up at once, and then one person every half minute. */
const SIGN_UPS = { burst: 30, refillMs: 30_000 };
const SIGN_UP_BUCKETS = 16_384;

export interface SessionPorts {
  readonly accounts: AccountStore;
  readonly locks: AccessLockStore;
  readonly clock: Clock;
}

export interface SessionSettings {
  readonly tokens: TokenSettings;
  readonly sellerSignup: 'open' | 'closed';
  readonly memberSignup: 'open' | 'closed';
  readonly limits: Pick<LimitSettings, 'signInFailuresMax'>;
  /** N of scrypt for new hashes (auth/password.ts); left out: what OWASP advises. */
  readonly passwordCost?: number;
  /** Left out: links for a new password come from the operator alone. */
  readonly passwordMail?: PasswordMail | undefined;
  /** Where browsers reach this installation; left out where nothing is mailed. */
  readonly publicUrl?: string;
}

const CLOSED = { member: 'closed', seller: 'closed' } as const;

export class SessionHandlers {
  readonly #ports: SessionPorts;
  readonly #signup: Readonly<Record<(typeof signUpRoles)[number], 'open' | 'closed'>>;
  readonly #passwords: PasswordCheck;
  readonly #signUps = new TokenBuckets(SIGN_UPS, SIGN_UP_BUCKETS);
  /** `undefined`: tokens come from an outside identity provider. */
  readonly #issuer: TokenIssuer | undefined;

  constructor(
    ports: SessionPorts,
    settings: Pick<SessionSettings, 'sellerSignup' | 'memberSignup'>,
    passwords: PasswordCheck,
    issuer: TokenIssuer | undefined,
  ) {
    this.#ports = ports;
    this.#signup = { seller: settings.sellerSignup, member: settings.memberSignup };
    this.#passwords = passwords;
    this.#issuer = issuer;
  }

  /** For pages, which need not offer what is refused. */
  signUpOffer(): Promise<Reply> {
    const accounts = this.#issuer !== undefined;
    const { member, seller } = accounts ? this.#signup : CLOSED;
    return Promise.resolve(json(200, { accounts, member, seller }));
  }

  async signUp(request: ApiRequest): Promise<Reply> {
    if (this.#issuer === undefined) refuseSessions();
    const { email, password, role } = parseBody(accountInput, request);
    if (this.#signup[role] === 'closed') {
      if (role === 'seller') refuse('seller_signup_closed', 'Ask the operator for a seller account.');
      refuse(
        'member_signup_closed',
        'Members of this installation do not sign up here. Use the tokens of your shop.',
      );
    }
    const waitMs = this.#signUps.take(request.address, this.#ports.clock.monotonicMs());
    if (waitMs > 0) refuseSignUp(waitMs);
    const passwordHash = await this.#passwords.hash(password);
    const { accounts, clock } = this.#ports;
    const atMs = clock.nowMs();
    const account = await accounts.insert({ email, role, passwordHash, createdAtMs: atMs }, (id) => ({
      atMs,
      actor: { kind: 'anyone', id: '', address: request.address },
      action: 'account_created',
      target: `account ${accountIdOf(id)}`,
      detail: { role },
    }));
    if (account === undefined) refuse('email_taken', 'An account with this e-mail address already exists.');
    return json(201, { id: accountIdOf(account.id), email: account.email, role: account.role });
  }

  /** An unknown address and a wrong password get the same answer in the same time. */
  async signIn(request: ApiRequest): Promise<Reply> {
    const issuer = this.#issuer ?? refuseSessions();
    const { email, password } = parseBody(sessionInput, request);
    const { accounts, locks, clock } = this.#ports;
    const account = await accounts.findByEmail(email);
    const caller = { email, address: request.address };
    const right = await this.#passwords.isRight(caller, password, account?.passwordHash);
    if (account === undefined || !right) throw new RequestRefused(INVALID_CREDENTIALS_PROBLEM);
    const accountId = accountIdOf(account.id);
    if (await locks.isLocked(accountId)) throw new RequestRefused(ACCOUNT_LOCKED_PROBLEM);
    const accessToken = await issuer.issueForAccount(accountId, account, SESSION_SECONDS, clock.nowMs());
    return json(200, { accessToken, tokenType: 'Bearer', expiresIn: SESSION_SECONDS });
  }
}

/** A 401 has to name a challenge (RFC 9110, 15.5.2), and what this server knows is bearer tokens. */
const INVALID_CREDENTIALS_PROBLEM: Problem = {
  code: 'invalid_credentials',
  detail: 'The e-mail address or the password is wrong.',
  headers: { 'WWW-Authenticate': 'Bearer' },
};

function refuseSignUp(waitMs: number): never {
  throw new RequestRefused({
    code: 'rate_limited',
    detail: 'Too many accounts were opened from this address. No account was created; try again later.',
    headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) },
  });
}

function refuseSessions(): never {
  return refuse('sessions_disabled', 'Get an access token from the identity provider of this installation.');
}
