/** Signs access tokens like the identity provider of the tests. */
import { SignJWT } from 'jose';
import { TEST_SECRET } from '../servers/seonchak.js';

/** Bytes would be made a key of for each token: 63 instead of 35 µs where many are signed at once. */
const key = await crypto.subtle.importKey(
  'raw',
  new TextEncoder().encode(TEST_SECRET),
  { name: 'HMAC', hash: 'SHA-256' },
  false,
  ['sign'],
);

/**
 * @param expires as jose reads it: `1h` from now, `-1s` a second ago
 * @param claims beside the usual ones.
 */
export function signToken(
  subject: string,
  role: 'member' | 'seller',
  expires = '1h',
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT({ ...claims, role })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuer('seonchak')
    .setAudience('seonchak')
    .setExpirationTime(expires)
    .sign(key);
}

/** Tokens of members `1` to `count`, in that order. */
export function signMemberTokens(count: number, expires = '1h'): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => signToken(String(index + 1), 'member', expires)),
  );
}
