/**
 * Fetches and caches the public keys (JWKS) of an outside identity provider.
 *
 * jose's own remote set counts its cooldown from the last successful fetch, fails every verification once its cache has aged while the
 * provider is down, and reports no reason. Here the last valid keys stay, ageing keys are renewed in the background, and requests with
 * unknown key ids cause at most one fetch per {@link ATTEMPT_EVERY_MS}.
 */
import { errors } from 'jose';
import type { CryptoKey, FlattenedJWSInput, JWSHeaderParameters } from 'jose';
import type { Clock } from '../../engine/domain/clock.js';
import { fetchKeys, KeysUnusable } from './fetch-keys.js';
import type { LocalKeys } from './fetch-keys.js';

/** The provider has not answered since start, so no token can be judged. Stays within this folder. */
export class NoKeysYet extends Error {}

/** Between two fetches, whatever came of the first. */
export const ATTEMPT_EVERY_MS = 30_000;
/** While there are no keys at all: sooner, since no member can come in. */
export const FIRST_ATTEMPT_EVERY_MS = 2_000;
/** Keys older than this are renewed, and used meanwhile. */
export const KEYS_AGE_MAX_MS = 600_000;

/** What an operator should know about the keys. */
export interface KeysState {
  /** Without keys no token can be judged. */
  readonly hasKeys: boolean;
  /** What was wrong with the last reply; `undefined` when it was good. */
  readonly fault: string | undefined;
}

/** `repeated_kid`: the keys can be used, and the provider should repair them. */
export type KeysFault = KeysUnusable['reason'] | 'repeated_kid';

export interface KeysListener {
  /** Called for each fetch that ended in a fault. */
  onFault(reason: KeysFault, message: string): void;
}

export class ProviderKeys {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #listener: KeysListener | undefined;
  #keys: LocalKeys | undefined;
  #fault: string | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;

  constructor(url: URL, clock: Clock, listener?: KeysListener) {
    this.#url = url;
    this.#clock = clock;
    this.#listener = listener;
  }

  /**
   * Also fetches the keys where there are none: a probe of this process reports a wrong address before members notice
   * it.
   */
  state(): KeysState {
    if (this.#keys === undefined) void this.#fetchUnlessTried(FIRST_ATTEMPT_EVERY_MS);
    return { hasKeys: this.#keys !== undefined, fault: this.#fault };
  }

  /**
   * The keys for a token's header, nearly always one: a faulty provider may give several the same id.
   *
   * @throws {@link NoKeysYet} while there are no keys; jose's JWKSNoMatchingKey for a key id the provider does not name.
   */
  async keysFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<AsyncIterable<CryptoKey>> {
    if (this.#keys === undefined) {
      await this.#fetchUnlessTried(FIRST_ATTEMPT_EVERY_MS);
    } else if (this.#clock.monotonicMs() - this.#fetchedAtMs > KEYS_AGE_MAX_MS) {
      void this.#fetchUnlessTried(ATTEMPT_EVERY_MS);
    }
    try {
      return await this.#matching(header, token);
    } catch (fault) {
      if (!(fault instanceof errors.JWKSNoMatchingKey)) throw fault;
      await this.#fetchUnlessTried(ATTEMPT_EVERY_MS);
      return this.#matching(header, token);
    }
  }

  async #matching(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<AsyncIterable<CryptoKey>> {
    if (this.#keys === undefined) throw new NoKeysYet();
    try {
      return only(await this.#keys(header, token));
    } catch (fault) {
      if (fault instanceof errors.JWKSMultipleMatchingKeys) return fault;
      throw fault;
    }
  }

  /** Never rejects: whether keys are there afterwards is what counts. */
  async #fetchUnlessTried(everyMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#fetching === undefined && nowMs - this.#attemptedAtMs >= everyMs) {
      this.#attemptedAtMs = nowMs;
      this.#fetching = this.#fetch(nowMs).finally(() => {
        this.#fetching = undefined;
      });
    }
    await this.#fetching;
  }

  async #fetch(nowMs: number): Promise<void> {
    try {
      const { keys, warning } = await fetchKeys(this.#url);
      this.#keys = keys;
      this.#fetchedAtMs = nowMs;
      this.#fault = warning;
      if (warning !== undefined) this.#listener?.onFault('repeated_kid', warning);
    } catch (fault) {
      if (!(fault instanceof KeysUnusable)) throw fault;
      this.#fault = fault.message;
      this.#listener?.onFault(fault.reason, fault.message);
    }
  }
}

async function* only(key: CryptoKey): AsyncGenerator<CryptoKey> {
  yield await Promise.resolve(key);
}
