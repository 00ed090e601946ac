/** Defines the identity in a verified access token, or the reason for refusing the token. */
import type { MemberId } from '../../engine/domain/coupon.js';
import type { Role } from '../../accounts/accounts.js';

export interface Identity {
  readonly kind: 'identity';
  /** The token's `sub`. For sellers it is the id their coupons carry as `sellerId`. */
  readonly memberId: MemberId;
  readonly role: Role;
  /** From the token's `exp`, milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

/**
 * Told to the caller, and no more than this: what exactly is wrong with a forged token is nobody's business.
 * `keys_unavailable` is ours, not theirs: the identity provider could not be asked. `account_locked`: the operator has locked the `sub`.
 */
export type TokenFault =
  'token_missing' | 'token_invalid' | 'token_expired' | 'keys_unavailable' | 'account_locked';

export interface TokenRefused {
  readonly kind: 'refused';
  readonly reason: TokenFault;
}

export type Authentication = Identity | TokenRefused;

export const TOKEN_MISSING: TokenRefused = Object.freeze({ kind: 'refused', reason: 'token_missing' });
export const TOKEN_INVALID: TokenRefused = Object.freeze({ kind: 'refused', reason: 'token_invalid' });
export const TOKEN_EXPIRED: TokenRefused = Object.freeze({ kind: 'refused', reason: 'token_expired' });
export const KEYS_UNAVAILABLE: TokenRefused = Object.freeze({ kind: 'refused', reason: 'keys_unavailable' });
export const ACCOUNT_LOCKED: TokenRefused = Object.freeze({ kind: 'refused', reason: 'account_locked' });
