/** Defines the identity in a verified access token, or the reason for refusing the token. */
import type { MemberId } from '../../engine/domain/coupon.js';
import type { MemberClaims } from '../../engine/domain/eligibility.js';
import type { ServerKey } from '../../accounts/server-keys.js';
import type { Role } from '../../accounts/accounts.js';

export interface Identity {
  readonly kind: 'identity';
  /** Made from the token's subject (member-id.ts). For sellers it is the id their coupons carry as `sellerId`. */
  readonly memberId: MemberId;
  readonly role: Role;
  /** From the token's `exp`, milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
  /** Claims that rules of coupons name (MEMBER_CLAIMS). Absent where none are configured, so that nothing is kept. */
  readonly claims?: MemberClaims;
  /** Set where a server key of the seller calls. Tokens have none, so that those of the hot path keep one shape. */
  readonly key?: ServerKey;
}

/**
 * Returned to the caller, and no more than this: a forger does not learn what exactly is wrong with a token.
 * `keys_unavailable` is ours, not theirs: the identity provider could not be asked. `account_locked`: the operator has locked the `sub`.
 */
export type TokenFault =
  'token_missing' | 'token_invalid' | 'token_expired' | 'keys_unavailable' | 'account_locked';

/** What exactly is wrong: for the operator, in the debug log and as the label `reason` of a counter. */
export const refusalReasons = [
  'missing',
  'repeated_header',
  'not_bearer',
  'malformed',
  'algorithm',
  'unknown_key',
  'signature',
  'issuer',
  'audience',
  'not_yet_valid',
  'expiry',
  'expired',
  'session_ended',
  'member_claim',
  'reserved_id',
  'role_claim',
  'coupon_claim',
  'keys_unavailable',
  'account_locked',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export interface TokenRefused {
  readonly kind: 'refused';
  readonly reason: TokenFault;
  readonly detail: RefusalReason;
  /** The value that did not fit, of a token whose signature was good. */
  readonly found?: unknown;
}

export type Authentication = Identity | TokenRefused;

function refused(reason: TokenFault, detail: RefusalReason): TokenRefused {
  return Object.freeze({ kind: 'refused', reason, detail });
}

export const TOKEN_MISSING = refused('token_missing', 'missing');
export const HEADER_REPEATED = refused('token_invalid', 'repeated_header');
export const NOT_BEARER = refused('token_invalid', 'not_bearer');
export const TOKEN_MALFORMED = refused('token_invalid', 'malformed');
export const ALGORITHM_REFUSED = refused('token_invalid', 'algorithm');
export const KEY_UNKNOWN = refused('token_invalid', 'unknown_key');
export const SIGNATURE_WRONG = refused('token_invalid', 'signature');
export const TOKEN_EXPIRED = refused('token_expired', 'expired');
/** The account's password or role has changed since, or the account was deleted: signing in again is what helps, as after the end. */
export const SESSION_ENDED = refused('token_expired', 'session_ended');
export const KEYS_UNAVAILABLE = refused('keys_unavailable', 'keys_unavailable');
export const ACCOUNT_LOCKED = refused('account_locked', 'account_locked');

/** A token that is signed well and does not fit: `found` is the content of the claim at fault. */
export function claimRefused(detail: RefusalReason, found: unknown): TokenRefused {
  return { kind: 'refused', reason: 'token_invalid', detail, found };
}

/** Some server key, not verified: a route for members refuses its role. It owns nothing. */
export const SERVER_KEY: Identity = Object.freeze({
  kind: 'identity',
  memberId: '' as MemberId,
  role: 'seller',
  expiresAtMs: 0,
});
