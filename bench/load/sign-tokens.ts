/** Signs the tokens of a crowd with the server's own issuer. */
import { createSecretKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

/** As many as keep jose's threads busy; more only wait. */
const CONCURRENT_SIGNATURES_MAX = 256;

/** The identity that server and bench agree on. */
export const TOKEN_ISSUER_AND_AUDIENCE = 'seonchak';

/** Tokens of members `1` to `count`, in that order. No two calls give the same token, so none is in a cache. */
export async function signCrowd(count: number, secret: string): Promise<string[]> {
  const sign = signer(secret, 'member', randomUUID());
  const tokens: string[] = [];
  for (let first = 1; first <= count; first += CONCURRENT_SIGNATURES_MAX) {
    const length = Math.min(CONCURRENT_SIGNATURES_MAX, count - first + 1);
    tokens.push(...(await Promise.all(Array.from({ length }, (_, place) => sign(String(first + place))))));
  }
  return tokens;
}

export function signSeller(secret: string): Promise<string> {
  return signer(secret, 'seller', randomUUID())('bench-seller');
}

function signer(
  secret: string,
  role: 'member' | 'seller',
  batch: string,
): (subject: string) => Promise<string> {
  // A key object: jose imports bytes anew for every token, which doubles its price.
  const key = createSecretKey(secret, 'utf8');
  return (subject) =>
    new SignJWT({ role, jti: batch.slice(0, 8) })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(subject)
      .setIssuer(TOKEN_ISSUER_AND_AUDIENCE)
      .setAudience(TOKEN_ISSUER_AND_AUDIENCE)
      .setExpirationTime('6h')
      .sign(key);
}
