/**
 * Slows down password guessing by three buckets of wrong passwords.
 *
 * Each bucket is refilled continuously, so an account is never locked:
 *
 * - account and address together: a person who mistypes, and the simple attacker;
 * - address: an attacker who tries many accounts;
 * - account: an attacker with many addresses. An address from which the account has signed in before skips this
 *   bucket, so that attackers cannot lock the owner out.
 *
 * An unknown account is treated like a known one, so the throttle does not reveal which accounts exist. The token is
 * taken before the password is checked, because otherwise a thousand concurrent guesses would all be checked. The token
 * is returned if the password was right.
 */
import type { Clock } from '../../engine/domain/clock.js';
import { TokenBuckets } from './token-buckets.js';

/** One more guess for an account from one address. */
const REFILL_MS = 30_000;

/** An address holds a household, an account draws attackers from many: both may fail this many times as often. */
const WIDER = 10;

/** Pairs of account and address known from a sign-in; the oldest goes first. */
const KNOWN_MAX = 50_000;

export class SignInThrottle {
  readonly #pairs: TokenBuckets;
  readonly #addresses: TokenBuckets;
  readonly #accounts: TokenBuckets;
  readonly #known = new Set<string>();
  readonly #clock: Clock;

  /** @param failuresMax wrong passwords at once for one account from one address, at least 1. */
  constructor(failuresMax: number, clock: Clock) {
    const wide = { burst: failuresMax * WIDER, refillMs: REFILL_MS / WIDER };
    this.#pairs = new TokenBuckets({ burst: failuresMax, refillMs: REFILL_MS });
    this.#addresses = new TokenBuckets(wide);
    this.#accounts = new TokenBuckets(wide);
    this.#clock = clock;
  }

  /**
   * Takes a guess.
   *
   * @param email in lower case.
   * @returns 0 when the password may be checked, else the milliseconds to wait; then nothing was taken.
   */
  begin(email: string, address: string): number {
    const nowMs = this.#clock.monotonicMs();
    const pair = pairOf(email, address);
    const pairWaitMs = this.#pairs.take(pair, nowMs);
    if (pairWaitMs > 0) return pairWaitMs;
    const addressWaitMs = this.#addresses.take(address, nowMs);
    if (addressWaitMs > 0) {
      this.#pairs.giveBack(pair);
      return addressWaitMs;
    }
    const accountWaitMs = this.#accounts.take(email, nowMs);
    if (accountWaitMs === 0 || this.#known.has(pair)) return 0;
    this.#pairs.giveBack(pair);
    this.#addresses.giveBack(address);
    return accountWaitMs;
  }

  /** The password was right. */
  succeeded(email: string, address: string): void {
    this.notTried(email, address);
    const pair = pairOf(email, address);
    this.#known.delete(pair);
    this.#known.add(pair);
    if (this.#known.size <= KNOWN_MAX) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }

  /** The password was not checked after all. */
  notTried(email: string, address: string): void {
    this.#pairs.giveBack(pairOf(email, address));
    this.#addresses.giveBack(address);
    this.#accounts.giveBack(email);
  }
}

function pairOf(email: string, address: string): string {
  return `${email} ${address}`;
}
