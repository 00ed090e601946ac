/** Checks the claims of a token, independent of its signer, before a token is cached. */
import { parseMemberId } from '../../engine/domain/coupon.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { roles } from '../../accounts/accounts.js';
import { TOKEN_EXPIRED, TOKEN_INVALID } from './identity.js';
import type { Identity, TokenRefused } from './identity.js';

export interface TokenPolicy {
  readonly issuer: string;
  readonly audience: string;
}

/** A header longer than this is not looked at; the largest tokens of identity providers are about half of it. */
export const AUTHORIZATION_LENGTH_MAX = 8_192;

/** `9999-12-31T23:59:59Z`, seconds: an `exp` beyond it is no date. jose takes any number, 1e308 included. */
export const EXPIRES_AT_MAX_SECONDS = 253_402_300_799;

/** What every kind of token says, judged already. */
export interface JudgedClaims {
  readonly memberId: MemberId;
  readonly expiresAtMs: number;
  readonly isExpired: boolean;
  /** All of them, for those of the kind's own. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Access tokens are one kind; tickets of presence another. */
export interface TokenKind<Verdict> {
  /** Must be there, besides `iss`, `aud`, `sub` and `exp`. */
  readonly requiredClaims: readonly string[];
  /** Refuses for the claims of its own first: `expired` is told only of a token that was good in everything else. */
  judge(judged: JudgedClaims): Verdict | TokenRefused;
}

export const ACCESS_TOKENS: TokenKind<Identity> = {
  requiredClaims: ['role'],
  judge({ memberId, expiresAtMs, isExpired, claims }) {
    const { role } = claims;
    const knownRole = roles.find((candidate) => candidate === role);
    if (knownRole === undefined) return TOKEN_INVALID;
    if (isExpired) return TOKEN_EXPIRED;
    return { kind: 'identity', memberId, role: knownRole, expiresAtMs };
  },
};

/**
 * Judges the claims of a token whose signature is good. The same as `jwtVerify` of jose with `issuer`, `audience`,
 * `requiredClaims: ['sub', 'iss', 'aud', 'exp', …]` and no clock tolerance, and stricter in these points: `sub` is a member id,
 * `exp` is a date, and what the kind itself asks for.
 */
export function judgeClaims<Verdict>(
  claims: unknown,
  policy: TokenPolicy,
  kind: TokenKind<Verdict>,
  nowMs: number,
): Verdict | TokenRefused {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return TOKEN_INVALID;
  const own = claims as Readonly<Record<string, unknown>>;
  const { iss, aud, sub, exp, nbf } = own;
  const nowSeconds = Math.floor(nowMs / 1_000);

  if (iss !== policy.issuer || !namesAudience(aud, policy.audience)) return TOKEN_INVALID;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowSeconds)) return TOKEN_INVALID;
  const memberId = typeof sub === 'string' ? parseMemberId(sub) : undefined;
  if (memberId === undefined) return TOKEN_INVALID;
  if (typeof exp !== 'number' || exp > EXPIRES_AT_MAX_SECONDS) return TOKEN_INVALID;
  return kind.judge({ memberId, expiresAtMs: exp * 1_000, isExpired: exp <= nowSeconds, claims: own });
}

function namesAudience(aud: unknown, audience: string): boolean {
  return aud === audience || (Array.isArray(aud) && aud.includes(audience));
}

/** The token of an `Authorization` header. The scheme is told by any case (RFC 9110, 11.1); one space follows it. */
export function bearerToken(authorization: string): string | undefined {
  if (authorization.length > AUTHORIZATION_LENGTH_MAX) return undefined;
  return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7) : undefined;
}
