/** Checks the claims of a token, independent of its signer, before a token is cached. */
import { isReservedForAccounts } from '../../accounts/account-id.js';
import type { SessionEnds } from '../../accounts/session-ends.js';
import { memberIdOf } from '../../engine/domain/member-id.js';
import type { MemberId } from '../../engine/domain/coupon.js';
import { generationIn } from './account-mark.js';
import type { AccountMark } from './account-mark.js';
import { claimAt, isAdministrator, memberClaimsOf, OWN_CLAIMS, roleOf } from './claim-names.js';
import type { ClaimNames, Claims } from './claim-names.js';
import { claimRefused, SESSION_ENDED, TOKEN_EXPIRED, TOKEN_MALFORMED } from '../wire/identity.js';
import type { Identity, TokenRefused } from '../wire/identity.js';
import type { TokenPolicy } from './token-settings.js';

/** A header longer than this is not read; the largest tokens of identity providers are about half of it. */
export const AUTHORIZATION_LENGTH_MAX = 8_192;

/** `9999-12-31T23:59:59Z`, seconds: an `exp` beyond it is not a date. jose takes any number, 1e308 included. */
export const EXPIRES_AT_MAX_SECONDS = 253_402_300_799;

/** The content of every kind of token, checked already. */
export interface JudgedClaims {
  /** As the token carries it. */
  readonly subject: string;
  readonly memberId: MemberId;
  /** The token's `exp`. */
  readonly expiresAtSeconds: number;
  readonly isExpired: boolean;
  /** All of them, for those of the kind's own. */
  readonly claims: Claims;
}

/** Access tokens are one kind; presence tickets another. */
export interface TokenKind<Verdict> {
  /** Names the claim with the subject, or the path to it. */
  readonly memberClaim: string;
  /** Refuses for the claims of its own first: `expired` is returned only for a token that was good in everything else. */
  judge(judged: JudgedClaims): Verdict | TokenRefused;
}

/** What is known of the accounts of this installation. */
export interface KnownAccounts {
  readonly mark: AccountMark;
  readonly sessions: Pick<SessionEnds, 'isOver'>;
}

/**
 * @param accounts `undefined`: there are no accounts here, so no token may carry the id of one.
 * @param memberClaims names of claims that are kept with the identity.
 */
export function accessTokens(
  names: ClaimNames = OWN_CLAIMS,
  accounts?: KnownAccounts,
  memberClaims: readonly string[] = [],
): TokenKind<Identity> {
  return {
    memberClaim: names.member,
    judge({ subject, memberId, expiresAtSeconds, isExpired, claims }) {
      const isAccount = isReservedForAccounts(subject);
      const role = isAccount && isAdministrator(claims, names) ? 'admin' : roleOf(claims, names);
      if (isAccount) {
        const generation = generationIn(claims);
        if (generation === undefined) return claimRefused('reserved_id', subject);
        const session = { role: role ?? 'member', generation } as const;
        if (accounts?.mark.isOn(claims, subject, expiresAtSeconds, session) !== true)
          return claimRefused('reserved_id', subject);
        if (!isExpired && accounts.sessions.isOver(subject, generation)) return SESSION_ENDED;
      }
      if (role === undefined) return claimRefused('role_claim', claimAt(claims, names.role));
      if (isExpired) return TOKEN_EXPIRED;
      const expiresAtMs = expiresAtSeconds * 1_000;
      return memberClaims.length === 0
        ? { kind: 'identity', memberId, role, expiresAtMs }
        : { kind: 'identity', memberId, role, expiresAtMs, claims: memberClaimsOf(claims, memberClaims) };
    },
  };
}

/**
 * Judges the claims of a token whose signature is good. The same as `jwtVerify` of jose with `issuer`, `audience` and
 * `requiredClaims: ['sub', 'iss', 'aud', 'exp', …]`, no tolerance for `exp`, and stricter in these points: the subject is text of 1–255
 * characters, `exp` is a date, and what the kind itself asks for.
 *
 * @param clientIdAsAudience Amazon Cognito's access tokens name the client in `client_id` and nothing in `aud`.
 */
export function judgeClaims<Verdict>(
  claims: unknown,
  policy: TokenPolicy,
  kind: TokenKind<Verdict>,
  nowMs: number,
  clientIdAsAudience = false,
): Verdict | TokenRefused {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return TOKEN_MALFORMED;
  const own = claims as Claims;
  const { iss, exp, nbf, iat } = own;
  const nowSeconds = Math.floor(nowMs / 1_000);
  const latestStart = nowSeconds + (policy.clockToleranceSeconds ?? 0);

  if (iss !== policy.issuer) return claimRefused('issuer', iss);
  const aud = own['aud'] ?? (clientIdAsAudience ? own['client_id'] : undefined);
  if (!namesAudience(aud, policy.audiences)) return claimRefused('audience', aud);
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= latestStart)) {
    return claimRefused('not_yet_valid', nbf);
  }
  // An `iat` ahead of our clock refuses nothing: RFC 7519 gives it no such meaning, and a server whose clock is late
  // would refuse every caller.
  if (iat !== undefined && typeof iat !== 'number') return claimRefused('not_yet_valid', iat);
  const subject = claimAt(own, kind.memberClaim);
  const memberId = typeof subject === 'string' ? memberIdOf(subject) : undefined;
  if (memberId === undefined) return claimRefused('member_claim', subject);
  if (typeof exp !== 'number' || exp > EXPIRES_AT_MAX_SECONDS) return claimRefused('expiry', exp);
  return kind.judge({
    subject: subject as string,
    memberId,
    expiresAtSeconds: exp,
    isExpired: exp <= nowSeconds,
    claims: own,
  });
}

function namesAudience(aud: unknown, audiences: readonly string[]): boolean {
  return audiences.some((audience) => aud === audience || (Array.isArray(aud) && aud.includes(audience)));
}

/** The token of an `Authorization` header. The scheme is named in any case (RFC 9110, 11.1); one space follows it. */
export function bearerToken(authorization: string): string | undefined {
  if (authorization.length > AUTHORIZATION_LENGTH_MAX) return undefined;
  return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7) : undefined;
}
