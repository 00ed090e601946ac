/** Verifies tokens of an outside identity provider with jose: JWKS keys, asymmetric algorithms only. */
import { compactVerify, decodeProtectedHeader, errors } from 'jose';
import type { FlattenedJWSInput, JWSHeaderParameters } from 'jose';
import type { Clock } from '../../engine/domain/clock.js';
import { BoundedWork } from './bounded-work.js';
import {
  ALGORITHM_REFUSED,
  KEY_UNKNOWN,
  KEYS_UNAVAILABLE,
  SIGNATURE_WRONG,
  TOKEN_MALFORMED,
} from '../wire/identity.js';
import type { TokenRefused } from '../wire/identity.js';
import { parseClaims } from './parse-claims.js';
import { NoKeysYet, ProviderKeys } from './provider-keys.js';
import type { KeysListener, KeysState } from './provider-keys.js';
import { judgeClaims } from './token-policy.js';
import type { TokenKind } from './token-policy.js';
import type { TokenPolicy } from './token-settings.js';

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

/** A verification is a job of libuv's four threads; more concurrent ones only make the line longer. */
const VERIFYING_MAX = 32;
const WAITING_MAX = 10_000;

/** Keys of one id that are tried. No provider that works has more than two. */
const KEYS_TRIED_MAX = 4;

export class ProviderTokenVerifier<Verdict> {
  readonly #keys: ProviderKeys;
  readonly #policy: TokenPolicy;
  readonly #kind: TokenKind<Verdict>;
  readonly #clock: Clock;
  readonly #work = new BoundedWork(VERIFYING_MAX, WAITING_MAX);

  constructor(
    jwksUrl: URL,
    policy: TokenPolicy,
    kind: TokenKind<Verdict>,
    clock: Clock,
    listener?: KeysListener,
  ) {
    this.#keys = new ProviderKeys(jwksUrl, clock, listener);
    this.#policy = policy;
    this.#kind = kind;
    this.#clock = clock;
  }

  keysState(): KeysState {
    return this.#keys.state();
  }

  /** `undefined`: too many verifications at once, nothing was decided. */
  verify(token: string): Promise<Verdict | TokenRefused | undefined> {
    return this.#work.run(() => this.#verify(token));
  }

  async #verify(token: string): Promise<Verdict | TokenRefused> {
    try {
      const payload = await this.#verifiedPayload(token);
      return judgeClaims(parseClaims(payload), this.#policy, this.#kind, this.#clock.nowMs(), true);
    } catch (fault) {
      return refusalOf(fault);
    }
  }

  /** @throws errors of jose, {@link NoKeysYet} */
  async #verifiedPayload(token: string): Promise<Uint8Array> {
    const header: JWSHeaderParameters = decodeProtectedHeader(token);
    if (!ALGORITHMS.includes(String(header.alg))) throw new errors.JOSEAlgNotAllowed();
    let tried = 0;
    for await (const key of await this.#keys.keysFor(header, NO_HEADER)) {
      if (tried++ === KEYS_TRIED_MAX) break;
      try {
        return (await compactVerify(token, key, { algorithms: ALGORITHMS })).payload;
      } catch (fault) {
        if (!(fault instanceof errors.JWSSignatureVerificationFailed)) throw fault;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** A compact token has no header beside the protected one. */
const NO_HEADER: FlattenedJWSInput = { payload: '', signature: '' };

function refusalOf(fault: unknown): TokenRefused {
  if (fault instanceof NoKeysYet) return KEYS_UNAVAILABLE;
  if (fault instanceof errors.JWKSNoMatchingKey) return KEY_UNKNOWN;
  if (fault instanceof errors.JWSSignatureVerificationFailed) return SIGNATURE_WRONG;
  if (fault instanceof errors.JOSEAlgNotAllowed || fault instanceof errors.JOSENotSupported) {
    return ALGORITHM_REFUSED;
  }
  return TOKEN_MALFORMED;
}
