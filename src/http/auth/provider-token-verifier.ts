/** Verifies tokens of an outside identity provider with jose: JWKS keys, asymmetric algorithms only. */
import { errors, jwtVerify } from 'jose';
import type { Clock } from '../../engine/domain/clock.js';
import { BoundedWork } from './bounded-work.js';
import { KEYS_UNAVAILABLE, TOKEN_INVALID } from './identity.js';
import type { TokenRefused } from './identity.js';
import { NoKeysYet, ProviderKeys } from './provider-keys.js';
import { judgeClaims } from './token-policy.js';
import type { TokenKind, TokenPolicy } from './token-policy.js';

/** Pinned: with an HS algorithm in the list a public key could be used as its secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** A verification is a job of libuv's four threads; more at a time only makes the line longer. */
const VERIFYING_MAX = 32;
const WAITING_MAX = 10_000;

export class ProviderTokenVerifier<Verdict> {
  readonly #keys: ProviderKeys;
  readonly #policy: TokenPolicy;
  readonly #kind: TokenKind<Verdict>;
  readonly #clock: Clock;
  readonly #work = new BoundedWork(VERIFYING_MAX, WAITING_MAX);

  constructor(jwksUrl: URL, policy: TokenPolicy, kind: TokenKind<Verdict>, clock: Clock) {
    this.#keys = new ProviderKeys(jwksUrl, clock);
    this.#policy = policy;
    this.#kind = kind;
    this.#clock = clock;
  }

  /** `undefined`: too many verifications at once, nothing was decided. */
  verify(token: string): Promise<Verdict | TokenRefused | undefined> {
    return this.#work.run(() => this.#verify(token));
  }

  async #verify(token: string): Promise<Verdict | TokenRefused> {
    const nowMs = this.#clock.nowMs();
    try {
      const { payload } = await jwtVerify(token, (header, jws) => this.#keys.keyFor(header, jws), {
        ...this.#policy,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp', ...this.#kind.requiredClaims],
        clockTolerance: 0,
        currentDate: new Date(nowMs),
      });
      return judgeClaims(payload, this.#policy, this.#kind, nowMs);
    } catch (fault) {
      // Its signature was good; jose tells so of the first thing that is wrong with the claims, and here that is the time.
      if (fault instanceof errors.JWTExpired) {
        return judgeClaims(fault.payload, this.#policy, this.#kind, nowMs);
      }
      if (fault instanceof NoKeysYet) return KEYS_UNAVAILABLE;
      return TOKEN_INVALID;
    }
  }
}
