/** Counts and logs what is wrong with the keys of a provider. */
import type { Logger } from 'pino';
import type { Clock } from '../../engine/domain/clock.js';
import type { KeysFault, KeysListener } from './provider-keys.js';

/** A fault that lasts is logged this often: a fetch is tried every two seconds while there are no keys. */
const REPEAT_LOGGED_MS = 60_000;

export class KeysFaults implements KeysListener {
  /** Fetches that ended in a fault so far. */
  readonly counts = new Map<KeysFault, number>();
  readonly #of: 'access tokens' | 'presence tickets';
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #logged = '';
  #loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    of: 'access tokens' | 'presence tickets',
    logger: Pick<Logger, 'warn'>,
    clock: Pick<Clock, 'monotonicMs'>,
  ) {
    this.#of = of;
    this.#logger = logger;
    this.#clock = clock;
  }

  onFault(reason: KeysFault, message: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    const nowMs = this.#clock.monotonicMs();
    if (message === this.#logged && nowMs - this.#loggedAtMs < REPEAT_LOGGED_MS) return;
    this.#logged = message;
    this.#loggedAtMs = nowMs;
    this.#logger.warn({ reason, keysOf: this.#of }, this.#textOf(reason, message));
  }

  #textOf(reason: KeysFault, message: string): string {
    const setting = this.#of === 'access tokens' ? 'JWT_JWKS_URL' : 'PRESENCE_JWKS_URL';
    return reason === 'repeated_kid'
      ? `Keys for ${this.#of} are in use although they are faulty: ${message}; ask their provider to correct them`
      : `Keys for ${this.#of} could not be read: ${message}; keys of an earlier fetch stay in use; check ${setting}`;
  }
}
