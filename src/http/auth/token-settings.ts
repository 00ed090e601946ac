/** Defines which signer's tokens are accepted. */

/** Who signs tokens, access tokens or tickets: holders of a secret that we share (HS256), or an outside service by its keys. */
export type TokenSettings = {
  readonly issuer: string;
  readonly audience: string;
} & (
  | { readonly secret: Uint8Array; readonly jwksUrl?: undefined }
  | { readonly jwksUrl: URL; readonly secret?: undefined }
);
