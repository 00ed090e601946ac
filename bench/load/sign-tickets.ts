/**
 * Signs presence tickets for a crowd, one per member and coupon.
 *
 * Rejected: jose, which is too slow for this number of tickets.
 */
import { createHmac, createSecretKey } from 'node:crypto';

/** What server and bench agree on; nothing else ever sees it. */
export const BENCH_PRESENCE_SECRET = 'bench-only-presence-7c20e5d8a91f4b36-not-for-anything-else';

/** The default issuer and audience of the server. */
const PARTY = 'seonchak-presence';
const LIFETIME_SECONDS = 6 * 3_600;

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs tickets for members `1` to `members` for each coupon, in that order. */
export function signTickets(couponIds: readonly number[], members: number): Map<number, string[]> {
  const key = createSecretKey(BENCH_PRESENCE_SECRET, 'utf8');
  const header = base64url({ alg: 'HS256' });
  const exp = Math.floor(Date.now() / 1_000) + LIFETIME_SECONDS;
  const sign = (coupon: number, member: number): string => {
    const signed = `${header}.${base64url({ sub: String(member), coupon, iss: PARTY, aud: PARTY, exp })}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  return new Map(
    couponIds.map((coupon) => [
      coupon,
      Array.from({ length: members }, (_, place) => sign(coupon, place + 1)),
    ]),
  );
}
