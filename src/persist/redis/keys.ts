/**
 * Names the keys of a coupon in Redis. All of one coupon share the hash tag `{id}`, so they live on one shard.
 *
 * Each key carries a marker, so that a script can distinguish a key that was written from one that was lost or has
 * taken its name: `#w.`, `#q.`, `#c.` or `#d.` and then the text in the field `marker` of meta (docs/adr/0050).
 */
import { randomBytes } from 'node:crypto';
import type { CouponId } from '../../engine/domain/coupon.js';

/** Terms, version, epoch and the highest number given. Its absence means `not_ready`. */
export const metaKey = (couponId: CouponId): string => `coupon:{${couponId}}:meta`;

/** Hash, memberId → `issueNo:issuedAtMs`; the marker is in the field ''. */
export const winnersKey = (couponId: CouponId): string => `coupon:{${couponId}}:winners`;

/** Sorted set, score issueNo, member `memberId:issuedAtMs`; the marker is a member with the score +inf, which is never popped. */
export const queueKey = (couponId: CouponId): string => `coupon:{${couponId}}:issuable_coupon_queue`;

/** Sorted set, score lease deadline (ms), member `token:count`; the marker is a member with the score +inf. */
export const claimsKey = (couponId: CouponId): string => `coupon:{${couponId}}:claims`;

/** Hash, token → `issueNo:memberId:issuedAtMs,…`; the marker is in the field ''. */
export const claimedKey = (couponId: CouponId): string => `coupon:{${couponId}}:claimed`;

/** All keys of a coupon, in the order in which the scripts that check all of them take them. */
export const couponKeys = (couponId: CouponId): string[] => [
  metaKey(couponId),
  winnersKey(couponId),
  queueKey(couponId),
  claimsKey(couponId),
  claimedKey(couponId),
];

/**
 * How the markers of a coupon begin: they name the coupon, so that a key is recognised where meta was lost, and its birth (docs/adr/0062).
 * What follows was never used before, by any process.
 *
 * @param birth installation and birth; '' where the catalogue has none.
 */
export const markerStart = (couponId: CouponId, birth: string): string =>
  birth === '' ? `${couponId}.` : `${couponId}.${birth}.`;

/** 72 random bits in 12 characters: behind a birth a UUID made an admission 1–3 % more expensive (docs/adr/0062). */
export const newToken = (): string => randomBytes(9).toString('base64url');

/** By place in {@link couponKeys}: the text before the marker. */
export const markerRoles = ['', '#w.', '#q.', '#c.', '#d.'] as const;

/** Where a key of a coupon that the database has lost is kept. */
export const setAsideKey = (key: string, unique: string): string =>
  key.replace(/}:(\w+)$/, `}:set-aside:${unique}:$1`);

/** Sorted set, one member: the installation; its score is the highest coupon id that was seen. */
export const INSTALLATION_KEY = 'seonchak:installation';

/** Winners while one warm builds them; `unique` keeps concurrent warms apart. */
export const warmingKey = (couponId: CouponId, unique: string): string =>
  `coupon:{${couponId}}:warming:${unique}`;

/**
 * Sorted set of pending coupons: score instant of the last mark (ms), member couponId. Contract name of an earlier
 * wording.
 */
export const PENDING_KEY = 'seonchak:announced';

/** Sorted set of lines that processes announce (redis-running-processes.ts): score the instant at which a line ends (ms). */
export const PROCESSES_KEY = 'seonchak:processes';

/** Channel: couponId. */
export const BELL_CHANNEL = 'seonchak:bell';

/** Channel: `couponId:version`. Below it each process has a channel of its own for beats (news-pulse.ts). */
export const VERSIONS_CHANNEL = 'seonchak:versions';

/** Of `lua/probe.lua`; empty but for the moment in which it runs. */
export const PROBE_KEYS = ['coupon:{probe}:one', 'coupon:{probe}:two'] as const;
