/**
 * Verifies tokens signed with a shared secret (JWT, HS256) within one turn of the event loop.
 *
 * At an event most members send their first request, so the verifier runs for nearly every request: 7 µs here against
 * 39 in jose, whose WebCrypto call is a round trip to another thread. jose stays the reference: token-verifier.test.ts
 * runs both on the same valid and forged tokens and compares (docs/adr/0005).
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { ALGORITHM_REFUSED, SIGNATURE_WRONG, TOKEN_MALFORMED } from '../wire/identity.js';
import type { TokenRefused } from '../wire/identity.js';
import { parseClaims, parseJson } from './parse-claims.js';
import { judgeClaims } from './token-policy.js';
import type { TokenKind } from './token-policy.js';
import type { TokenPolicy } from './token-settings.js';

/** Header segments found good. An issuer writes one or two; anything beyond is checked anew each time. */
const GOOD_HEADERS_MAX = 16;

/**
 * Unpadded base64url; the unused bits of the last character are not checked, because the signature covers the text
 * itself.
 */
const base64url = /^[A-Za-z0-9_-]+$/;

export class TokenVerifier<Verdict> {
  readonly #key: KeyObject;
  readonly #policy: TokenPolicy;
  readonly #kind: TokenKind<Verdict>;
  readonly #goodHeaders = new Set<string>();

  constructor(secret: Uint8Array, policy: TokenPolicy, kind: TokenKind<Verdict>) {
    this.#key = createSecretKey(secret);
    this.#policy = policy;
    this.#kind = kind;
  }

  /** @param token compact JWS, without the scheme. Never throws. */
  verify(token: string, nowMs: number): Verdict | TokenRefused {
    const headerEnd = token.indexOf('.');
    const payloadEnd = token.indexOf('.', headerEnd + 1);
    if (headerEnd <= 0 || payloadEnd < 0) return TOKEN_MALFORMED;
    // The algorithm first: what names another one must not be measured against our secret at all.
    if (!this.#isGoodHeader(token.slice(0, headerEnd))) return ALGORITHM_REFUSED;
    if (!this.#isSigned(token.slice(0, payloadEnd), token.slice(payloadEnd + 1))) return SIGNATURE_WRONG;
    const payload = decode(token.slice(headerEnd + 1, payloadEnd));
    return judgeClaims(
      payload === undefined ? undefined : parseClaims(payload),
      this.#policy,
      this.#kind,
      nowMs,
    );
  }

  /**
   * Compares texts, not bytes: a decoder would take `=`, white space or unused bits in the last character for the same
   * signature, and the cache would hold one token under many names.
   */
  #isSigned(signed: string, signature: string): boolean {
    const expected = Buffer.from(createHmac('sha256', this.#key).update(signed).digest('base64url'));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #isGoodHeader(segment: string): boolean {
    if (this.#goodHeaders.has(segment)) return true;
    const bytes = decode(segment);
    const header = bytes === undefined ? undefined : parseJson(bytes);
    if (typeof header !== 'object' || header === null || Array.isArray(header)) return false;
    const { alg, crit } = header as Readonly<Record<string, unknown>>;
    // No critical extension is supported. Keys that a header brings along (`jwk`, `jku`, `x5c`) are never read.
    if (alg !== 'HS256' || crit !== undefined) return false;
    if (this.#goodHeaders.size < GOOD_HEADERS_MAX) this.#goodHeaders.add(segment);
    return true;
  }
}

function decode(segment: string): Buffer | undefined {
  return base64url.test(segment) && segment.length % 4 !== 1 ? Buffer.from(segment, 'base64url') : undefined;
}
