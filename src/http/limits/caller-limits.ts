/**
 * Limits the request rate of a caller: one bucket per member and, if configured, per address.
 *
 * Each process has its own buckets. Rejected: shared buckets, which would cost a round trip for requests that are
 * otherwise answered from memory. A caller spread over n processes gets at most n times the rate.
 */
import type { HttpRequest, HttpResponse } from '../wire/http-app.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { ClientAddresses } from './client-address.js';
import { TokenBuckets } from './token-buckets.js';

export interface RateTerms {
  /** Sustained requests a second of one caller; 0: no limit. */
  readonly rate: number;
  /** Requests at once, after an idle time. */
  readonly burst: number;
}

export interface LimitSettings {
  readonly member: RateTerms;
  readonly address: RateTerms;
  /** Rate of each server key; absent: no limit. */
  readonly key?: RateTerms;
  /** Wrong passwords at once from one address for one account; 0: no limit (sign-in-throttle.ts). */
  readonly signInFailuresMax: number;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/** A rate is a whole number a second, so the next token is never further away. */
export const RATE_LIMITED_RETRY_SECONDS = 1;

export class CallerLimits {
  /** Requests refused so far. */
  refused = 0;
  readonly #members: TokenBuckets | undefined;
  readonly #addresses: TokenBuckets | undefined;
  readonly #clientAddresses: ClientAddresses;
  readonly #clock: Clock;

  constructor(
    { member, address }: Pick<LimitSettings, 'member' | 'address'>,
    clientAddresses: ClientAddresses,
    clock: Clock,
  ) {
    this.#members = bucketsOf(member);
    this.#addresses = bucketsOf(address);
    this.#clientAddresses = clientAddresses;
    this.#clock = clock;
  }

  /** Whether this member may make one more request now; it is counted. */
  allowsMember(memberId: MemberId): boolean {
    return this.#members === undefined || this.#allows(this.#members, memberId);
  }

  /** The same for the address that a request comes from; without a limit nothing is read. */
  allowsSender(response: HttpResponse, request: HttpRequest): boolean {
    return this.#addresses === undefined || this.allowsAddress(this.#clientAddresses.of(response, request));
  }

  /** The same where the address is known already. */
  allowsAddress(address: string): boolean {
    return this.#addresses === undefined || this.#allows(this.#addresses, address);
  }

  #allows(buckets: TokenBuckets, key: string): boolean {
    if (buckets.take(key, this.#clock.monotonicMs()) === 0) return true;
    this.refused++;
    return false;
  }
}

function bucketsOf({ rate, burst }: RateTerms): TokenBuckets | undefined {
  return rate === 0 ? undefined : new TokenBuckets({ burst, refillMs: 1_000 / rate });
}
