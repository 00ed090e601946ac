/** Defines which signer's tokens are accepted. */
import type { ClaimNames } from './claim-names.js';

/** Which tokens of a good signature are meant for this installation. */
export interface TokenPolicy {
  readonly issuer: string;
  /** One of them has to be among the token's. */
  readonly audiences: readonly string[];
  /** How far ahead of ours the clock of the signer may be. Never added to the end of a token. */
  readonly clockToleranceSeconds?: number;
}

/**
 * The signer of access tokens or tickets: holders of a secret that we share (HS256), or an outside service by its keys.
 */
export type TokenSettings = TokenPolicy & {
  /** Claim names of access tokens; absent in an installation without an outside provider. */
  readonly claimNames?: ClaimNames;
  /** Claims that rules of coupons may name; left out: none. */
  readonly memberClaims?: readonly string[];
} & (
    | { readonly secret: Uint8Array; readonly jwksUrl?: undefined }
    | { readonly jwksUrl: URL; readonly secret?: undefined }
  );
