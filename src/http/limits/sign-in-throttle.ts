/**
 * Slows down who guesses passwords. Three buckets of wrong passwords, each refilled all the time, so nothing is ever locked:
 *
 * - account and address together: a person who mistypes, and the plain attacker;
 * - address: one who tries many accounts;
 * - account: one who comes from many addresses. An address from which the account was signed in to before does not
 *   ask this one, so that strangers cannot keep the owner out.
 *
 * An account that does not exist is treated like one that does, so the throttle tells nobody which do. A token is taken before the
 * password is looked at, or a thousand guesses at once would all be looked at, and given back when it was right.
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
   * @returns 0 when the password may be looked at, else the milliseconds to wait; then nothing was taken.
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

  /** The password was not looked at after all. */
  notTried(email: string, address: string): void {
    this.#pairs.giveBack(pairOf(email, address));
    this.#addresses.giveBack(address);
    this.#accounts.giveBack(email);
  }
}

function pairOf(email: string, address: string): string {
  return `${email} ${address}`;
}
