/** What an access token must say, whoever signed it. Everything here is decided before anything is cached. */
import { parseMemberId } from '../../engine/coupon.js';
import { roles } from './accounts.js';
import { TOKEN_EXPIRED, TOKEN_INVALID } from './identity.js';
import type { Authentication } from './identity.js';

export interface TokenPolicy {
  readonly issuer: string;
  readonly audience: string;
}

/** A header longer than this is not looked at; the largest tokens of identity providers are about half of it. */
export const AUTHORIZATION_LENGTH_MAX = 8_192;

/** `9999-12-31T23:59:59Z`, seconds: an `exp` beyond it is no date. jose takes any number, 1e308 included. */
export const EXPIRES_AT_MAX_SECONDS = 253_402_300_799;

/**
 * Judges the claims of a token whose signature is good. The same as `jwtVerify` of jose with `issuer`, `audience`,
 * `requiredClaims: ['sub', 'role', 'iss', 'aud', 'exp']` and no clock tolerance, and stricter in these points: `sub` is a member id,
 * `role` is one of ours, `exp` is a date.
 */
export function judgeClaims(claims: unknown, policy: TokenPolicy, nowMs: number): Authentication {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return TOKEN_INVALID;
  const { iss, aud, sub, role, exp, nbf } = claims as Readonly<Record<string, unknown>>;
  const nowSeconds = Math.floor(nowMs / 1_000);

  if (iss !== policy.issuer || !namesAudience(aud, policy.audience)) return TOKEN_INVALID;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowSeconds)) return TOKEN_INVALID;
  const memberId = typeof sub === 'string' ? parseMemberId(sub) : undefined;
  const knownRole = roles.find((candidate) => candidate === role);
  if (memberId === undefined || knownRole === undefined) return TOKEN_INVALID;
  // Last: `expired` is told only of a token that was good in everything else.
  if (typeof exp !== 'number' || exp > EXPIRES_AT_MAX_SECONDS) return TOKEN_INVALID;
  if (exp <= nowSeconds) return TOKEN_EXPIRED;
  return { kind: 'identity', memberId, role: knownRole, expiresAtMs: exp * 1_000 };
}

function namesAudience(aud: unknown, audience: string): boolean {
  return aud === audience || (Array.isArray(aud) && aud.includes(audience));
}

/** The token of an `Authorization` header. The scheme is told by any case (RFC 9110, 11.1); one space follows it. */
export function bearerToken(authorization: string): string | undefined {
  if (authorization.length > AUTHORIZATION_LENGTH_MAX) return undefined;
  return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7) : undefined;
}
