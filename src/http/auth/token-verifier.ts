/**
 * Verifies tokens signed with a shared secret (JWT, HS256) within one turn of the event loop.
 *
 * At an event most members send their first request, so the verifier runs for nearly every request: 7 µs here against
 * 39 in jose, whose WebCrypto call is a round trip to another thread. jose stays the reference: token-verifier.test.ts
 * runs both on the same valid and forged tokens and compares (docs/adr/0005).
 */
import { isUtf8 } from 'node:buffer';
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { parseStrictJson } from '../wire/strict-json.js';
import { TOKEN_INVALID } from './identity.js';
import type { TokenRefused } from './identity.js';
import { judgeClaims } from './token-policy.js';
import type { TokenKind, TokenPolicy } from './token-policy.js';

/** Header segments found good. An issuer writes one or two; anything beyond is checked anew each time. */
const GOOD_HEADERS_MAX = 16;

/** Unpadded base64url; the characters of the last group are not checked for stray bits, the signature covers the text itself. */
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
    if (headerEnd <= 0 || payloadEnd < 0) return TOKEN_INVALID;
    // The algorithm first: what names another one must not be measured against our secret at all.
    if (!this.#isGoodHeader(token.slice(0, headerEnd))) return TOKEN_INVALID;
    if (!this.#isSigned(token.slice(0, payloadEnd), token.slice(payloadEnd + 1))) return TOKEN_INVALID;
    const claims = decodeClaims(token.slice(headerEnd + 1, payloadEnd));
    return judgeClaims(claims, this.#policy, this.#kind, nowMs);
  }

  /**
   * Compares texts, not bytes: a decoder would take `=`, white space or stray bits in the last character for the same signature,
   * and the cache would hold one token under many names.
   */
  #isSigned(signed: string, signature: string): boolean {
    const expected = Buffer.from(createHmac('sha256', this.#key).update(signed).digest('base64url'));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #isGoodHeader(segment: string): boolean {
    if (this.#goodHeaders.has(segment)) return true;
    const header = decodeJson(segment);
    if (typeof header !== 'object' || header === null || Array.isArray(header)) return false;
    const { alg, crit } = header as Readonly<Record<string, unknown>>;
    // We know no extension that could be critical. Keys that a header brings along (`jwk`, `jku`, `x5c`) are never looked at.
    if (alg !== 'HS256' || crit !== undefined) return false;
    if (this.#goodHeaders.size < GOOD_HEADERS_MAX) this.#goodHeaders.add(segment);
    return true;
  }
}

function decode(segment: string): Buffer | undefined {
  return base64url.test(segment) && segment.length % 4 !== 1 ? Buffer.from(segment, 'base64url') : undefined;
}

function decodeJson(segment: string): unknown {
  const bytes = decode(segment);
  if (bytes === undefined) return undefined;
  const json = parseStrictJson(bytes);
  return json.status === 'parsed' ? json.value : undefined;
}

/**
 * The same as {@link decodeJson}; claims as issuers usually write them, flat and without a colon in a value, are spared its search for
 * keys that stand twice: as many colons as keys means that each key stands once.
 */
function decodeClaims(segment: string): unknown {
  const bytes = decode(segment);
  if (bytes === undefined || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  try {
    const claims: unknown = JSON.parse(text);
    const isFlat =
      typeof claims === 'object' && claims !== null && countColons(text) === Object.keys(claims).length;
    return isFlat ? claims : decodeJson(segment);
  } catch {
    return undefined;
  }
}

function countColons(text: string): number {
  let colons = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) colons++;
  return colons;
}
