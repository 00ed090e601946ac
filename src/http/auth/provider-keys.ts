/**
 * Fetches and caches the public keys (JWKS) of an outside identity provider with jose.
 *
 * jose counts its cooldown from the last successful fetch, and fails every verification once its cache has aged while
 * the provider is down. Here the last valid keys stay, ageing keys are renewed in the background, and requests with
 * unknown key ids cause at most one fetch per {@link ATTEMPT_EVERY_MS}.
 */
import { createRemoteJWKSet, errors } from 'jose';
import type { FlattenedJWSInput, JWSHeaderParameters } from 'jose';
import type { Clock } from '../../engine/domain/clock.js';

/** The provider has not answered since start: nothing can be said about any token. Stays within this folder. */
export class NoKeysYet extends Error {}

/** Between two fetches, whatever came of the first. */
export const ATTEMPT_EVERY_MS = 30_000;
/** While there are no keys at all: sooner, since nobody can come in. */
export const FIRST_ATTEMPT_EVERY_MS = 2_000;
/** Keys older than this are renewed while they go on being used. */
export const KEYS_AGE_MAX_MS = 600_000;
const FETCH_TIMEOUT_MS = 5_000;

export class ProviderKeys {
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  readonly #clock: Clock;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(url: URL, clock: Clock) {
    this.#clock = clock;
    // Both switched off in jose: when to fetch is decided here alone.
    this.#remote = createRemoteJWKSet(url, {
      cacheMaxAge: Infinity,
      cooldownDuration: Infinity,
      timeoutDuration: FETCH_TIMEOUT_MS,
    });
  }

  /**
   * The key for a token's header, as `jwtVerify` asks for it.
   *
   * @throws {@link NoKeysYet} while there are no keys; jose's JWKSNoMatchingKey for a key id the provider does not name.
   */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput) {
    if (this.#remote.jwks() === undefined) {
      await this.#fetchUnlessTried(FIRST_ATTEMPT_EVERY_MS);
      if (this.#remote.jwks() === undefined) throw new NoKeysYet();
    } else if (this.#clock.monotonicMs() - this.#fetchedAtMs > KEYS_AGE_MAX_MS) {
      void this.#fetchUnlessTried(ATTEMPT_EVERY_MS);
    }
    try {
      return await this.#remote(header, token);
    } catch (fault) {
      if (!(fault instanceof errors.JWKSNoMatchingKey)) throw fault;
      await this.#fetchUnlessTried(ATTEMPT_EVERY_MS);
      return this.#remote(header, token);
    }
  }

  /** Never rejects: whether keys are there afterwards is what counts. */
  async #fetchUnlessTried(everyMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#fetching === undefined && nowMs - this.#attemptedAtMs >= everyMs) {
      this.#attemptedAtMs = nowMs;
      this.#fetching = this.#remote
        .reload()
        .then(
          () => {
            this.#fetchedAtMs = nowMs;
          },
          () => undefined,
        )
        .finally(() => {
          this.#fetching = undefined;
        });
    }
    await this.#fetching;
  }
}
