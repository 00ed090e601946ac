/** Checks passwords of accounts at a limited rate, for every route that asks for one. */
import type { Clock } from '../../engine/domain/clock.js';
import { SignInThrottle } from '../limits/sign-in-throttle.js';
import { refuse, RequestRefused } from '../wire/problems.js';
import { PasswordHasher } from './password.js';

export class PasswordCheck {
  readonly #passwords: PasswordHasher;
  readonly #throttle: SignInThrottle | undefined;

  /**
   * @param failuresMax wrong passwords at once for one account from one address; 0: no limit.
   * @param cost see {@link PasswordHasher}.
   */
  constructor(failuresMax: number, clock: Clock, cost?: number) {
    this.#passwords = new PasswordHasher(cost);
    this.#throttle = failuresMax === 0 ? undefined : new SignInThrottle(failuresMax, clock);
  }

  /**
   * Whether the password made this hash. An unknown address (no hash) takes as long as a known one.
   *
   * @throws RequestRefused: `rate_limited`, `busy`; then the password was not checked.
   */
  async isRight(
    { email, address }: { readonly email: string; readonly address: string },
    password: string,
    passwordHash: string | undefined,
  ): Promise<boolean> {
    const waitMs = this.#throttle?.begin(email, address) ?? 0;
    if (waitMs > 0) refuseGuess(waitMs);
    const right = await this.#passwords.verify(password, passwordHash);
    if (right === undefined) this.#throttle?.notTried(email, address);
    else if (right) this.#throttle?.succeeded(email, address);
    return right ?? refuseBusy();
  }

  /** @throws RequestRefused: `busy` */
  async hash(password: string): Promise<string> {
    return (await this.#passwords.hash(password)) ?? refuseBusy();
  }
}

function refuseBusy(): never {
  return refuse('busy', 'Too many passwords are being checked. Nothing was attempted, try again.');
}

function refuseGuess(waitMs: number): never {
  throw new RequestRefused({
    code: 'rate_limited',
    detail: 'Too many wrong passwords. Nothing was attempted, try again later.',
    headers: { 'Retry-After': String(Math.ceil(waitMs / 1_000)) },
  });
}
