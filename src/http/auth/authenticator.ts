/** Resolves an Authorization header to the caller's identity: first the cache, then the configured verifier. */
import type { Clock } from '../../engine/domain/clock.js';
import type { TokenSettings } from './token-settings.js';
import { KEY_PREFIX } from '../../accounts/server-keys.js';
import type { AccessLocks } from '../../accounts/access-locks.js';
import type { SessionEnds } from '../../accounts/session-ends.js';
import { AccountMark } from './account-mark.js';
import {
  ACCOUNT_LOCKED,
  HEADER_REPEATED,
  NOT_BEARER,
  refusalReasons,
  SERVER_KEY,
  TOKEN_MISSING,
} from '../wire/identity.js';
import type { Authentication, Identity, RefusalReason, TokenRefused } from '../wire/identity.js';
import { openVerifier } from './open-verifier.js';
import type { Verifier } from './open-verifier.js';
import type { KeysListener, KeysState } from './provider-keys.js';
import { accessTokens, bearerToken } from './token-policy.js';
import { VerifiedTokenCache } from './verified-token-cache.js';

export interface AuthenticatorListener extends KeysListener {
  onRefused(refused: TokenRefused): void;
}

export class Authenticator {
  /** Tokens refused so far, by what was wrong with them. */
  readonly refused: Record<RefusalReason, number>;
  readonly #cache = new VerifiedTokenCache<Identity>();
  readonly #clock: Clock;
  readonly #locks: Pick<AccessLocks, 'has'>;
  readonly #listener: AuthenticatorListener | undefined;
  readonly #verifier: Verifier<Identity>;

  constructor(
    settings: TokenSettings,
    clock: Clock,
    locks: Pick<AccessLocks, 'has'>,
    sessions: Pick<SessionEnds, 'isOver'>,
    listener?: AuthenticatorListener,
  ) {
    this.#clock = clock;
    this.#locks = locks;
    this.#listener = listener;
    this.refused = Object.fromEntries(
      refusalReasons.map((reason) => [reason, 0]),
    ) as Authenticator['refused'];
    const accounts =
      settings.secret === undefined ? undefined : { mark: new AccountMark(settings.secret), sessions };
    this.#verifier = openVerifier(
      settings,
      accessTokens(settings.claimNames, accounts, settings.memberClaims),
      clock,
      listener,
    );
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
    if (authorization === '') return this.#refuse(TOKEN_MISSING);
    const token = bearerToken(authorization);
    if (token === undefined) return this.#refuse(NOT_BEARER);
    // Keys never reach the verifiers of tokens. Where a key is accepted, the route asks for it before this.
    if (token.startsWith(KEY_PREFIX)) return SERVER_KEY;
    const result = this.#verifier.verify(token, this.#clock.nowMs());
    if (!(result instanceof Promise)) return this.#remember(authorization, result);
    return result.then((later) => (later === undefined ? undefined : this.#remember(authorization, later)));
  }

  /** Two readers of a request with several Authorization headers may take different ones, so none of them counts. */
  refuseRepeated(): TokenRefused {
    return this.#refuse(HEADER_REPEATED);
  }

  /** `undefined` where tokens are signed with a shared secret. */
  keysState(): KeysState | undefined {
    return this.#verifier.keysState?.();
  }

  #remember(authorization: string, result: Authentication): Authentication {
    if (result.kind !== 'identity') return this.#refuse(result);
    if (this.#locks.has(result.memberId)) return this.#refuse(ACCOUNT_LOCKED);
    this.#cache.set(authorization, result);
    return result;
  }

  #refuse(refused: TokenRefused): TokenRefused {
    this.refused[refused.detail]++;
    this.#listener?.onRefused(refused);
    return refused;
  }

  /** Their tokens are verified anew at their next request, and then the lock or the end of the session is seen. */
  forget(subjects: ReadonlySet<string>): void {
    this.#cache.forgetAllOf(subjects);
  }
}
