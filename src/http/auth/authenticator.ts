/** Resolves an Authorization header to the caller's identity: first the cache, then the configured verifier. */
import type { Clock } from '../../engine/domain/clock.js';
import type { TokenSettings } from './token-settings.js';
import type { AccessLocks } from '../../accounts/access-locks.js';
import { ACCOUNT_LOCKED, TOKEN_INVALID, TOKEN_MISSING } from './identity.js';
import type { Authentication, Identity } from './identity.js';
import { openVerifier } from './open-verifier.js';
import type { Verifier } from './open-verifier.js';
import { ACCESS_TOKENS, bearerToken } from './token-policy.js';
import { VerifiedTokenCache } from './verified-token-cache.js';

export class Authenticator {
  readonly #cache = new VerifiedTokenCache<Identity>();
  readonly #clock: Clock;
  readonly #locks: Pick<AccessLocks, 'has'>;
  readonly #verifier: Verifier<Identity>;

  constructor(settings: TokenSettings, clock: Clock, locks: Pick<AccessLocks, 'has'>) {
    this.#clock = clock;
    this.#locks = locks;
    this.#verifier = openVerifier(settings, ACCESS_TOKENS, clock);
  }

  /** The identity behind a header seen before; the hot path asks this first and nothing else. */
  known(authorization: string): Identity | undefined {
    return this.#cache.get(authorization, this.#clock.nowMs());
  }

  /**
   * Verifies a header. Our own tokens are judged at once; those of an outside provider take a promise, which is `undefined` when
   * too many are being verified already.
   */
  verify(authorization: string): Authentication | Promise<Authentication | undefined> {
    if (authorization === '') return TOKEN_MISSING;
    const token = bearerToken(authorization);
    if (token === undefined) return TOKEN_INVALID;
    const result = this.#verifier.verify(token, this.#clock.nowMs());
    if (!(result instanceof Promise)) return this.#remember(authorization, result);
    return result.then((later) => (later === undefined ? undefined : this.#remember(authorization, later)));
  }

  #remember(authorization: string, result: Authentication): Authentication {
    if (result.kind !== 'identity') return result;
    if (this.#locks.has(result.memberId)) return ACCOUNT_LOCKED;
    this.#cache.set(authorization, result);
    return result;
  }

  /** Their tokens are verified anew at their next request, and then the lock is seen. */
  forget(subjects: ReadonlySet<string>): void {
    this.#cache.forgetAllOf(subjects);
  }
}
