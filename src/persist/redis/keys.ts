/**
 * Names the keys of a coupon in Redis. All keys of one coupon, and of every coupon in its bucket, share a hash tag, so they lie in one slot of a
 * Cluster, where one script call may take them all (docs/adr/0094).
 *
 * Each key carries a marker, so that a script can distinguish a key that was written from one that was lost or has
 * taken its name: `#w.`, `#q.`, `#c.` or `#d.` and then the text in the field `marker` of meta (docs/adr/0050).
 */
import { randomBytes } from 'node:crypto';
import type { CouponId } from '../../engine/domain/coupon.js';

/**
 * By bucket. Their slots lie next to the middles of sixteen equal ranges, eleven ranges apart, so that coupons with neighbouring ids are on different nodes.
 * They are part of every key: a change is another layout (redis-layout.ts).
 */
const bucketTags = [
  ...['u0', 'q6', 'm9', 'y8', 'd0', 'p2', 'm8', 'h8'],
  ...['u2', 'q4', 's9', 'h9', 'd2', 'p0', 's8', 'y9'],
] as const;

export const BUCKETS = bucketTags.length;

/** Coupons of one bucket share a slot of a Cluster, so that one script call may take them all. */
export const bucketOf = (couponId: number): number => couponId % BUCKETS;

/** The key of a coupon that ends with `part`: `winners`, `warming:…`. */
export const couponKey = (couponId: number, part: string): string =>
  `coupon:${couponId}:{${bucketTags[bucketOf(couponId)] ?? ''}}:${part}`;

/** Terms, version, epoch and the highest number given. Its absence means `not_ready`. */
export const metaKey = (couponId: CouponId): string => couponKey(couponId, 'meta');

/** Hash, memberId → `issueNo:issuedAtMs`; the marker is in the field ''. */
export const winnersKey = (couponId: CouponId): string => couponKey(couponId, 'winners');

/** Sorted set, score issueNo, member `memberId:issuedAtMs`; the marker is a member with the score +inf, which is never popped. */
export const queueKey = (couponId: CouponId): string => couponKey(couponId, 'issuable_coupon_queue');

/** Sorted set, score lease deadline (ms), member `token:count`; the marker is a member with the score +inf. */
export const claimsKey = (couponId: CouponId): string => couponKey(couponId, 'claims');

/** Hash, token → `issueNo:memberId:issuedAtMs,…`; the marker is in the field ''. */
export const claimedKey = (couponId: CouponId): string => couponKey(couponId, 'claimed');

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

/** 72 random bits in 12 characters: after a birth a UUID made an admission 1–3 % more expensive (docs/adr/0062). */
export const newToken = (): string => randomBytes(9).toString('base64url');

/** By place in {@link couponKeys}: the text before the marker. */
export const markerRoles = ['', '#w.', '#q.', '#c.', '#d.'] as const;

/** {@link couponKeys} as versions before buckets named them: in a slot of the coupon's own. */
export const earlierCouponKeys = (couponId: number): string[] =>
  ['meta', 'winners', 'issuable_coupon_queue', 'claims', 'claimed'].map(
    (part) => `coupon:{${couponId}}:${part}`,
  );

/** {@link couponKeys} while they are copied from another slot, by place. */
export const copyingKey = (couponId: CouponId, place: number): string =>
  couponKey(couponId, `copying:${place}`);

/** Where a key of a coupon that the database has lost is kept. */
export const setAsideKey = (key: string, unique: string): string =>
  key.replace(/}:(\w+)$/, `}:set-aside:${unique}:$1`);

/** Sorted set, one member: layout and installation (redis-layout.ts); its score is the highest coupon id that was seen. */
export const INSTALLATION_KEY = 'seonchak:installation';

/** Hash with one field, `stamp`: of the database that used this Redis last (installation-stamp.ts). */
export const STAMP_KEY = 'seonchak:stamp';

/** Winners while one warm builds them; `unique` keeps concurrent warms apart. */
export const warmingKey = (couponId: CouponId, unique: string): string =>
  couponKey(couponId, `warming:${unique}`);

/**
 * Sorted set of pending coupons: score instant of the last mark (ms), member couponId. Contract name of an earlier
 * wording.
 */
export const PENDING_KEY = 'seonchak:announced';

/** Sorted set of lines that processes report (redis-running-processes.ts): score the instant at which a line ends (ms). */
export const PROCESSES_KEY = 'seonchak:processes';

/** Channel: couponId. */
export const BELL_CHANNEL = 'seonchak:bell';

/** Channel: `couponId:version`. Below it each process has a channel of its own for beats (news-pulse.ts). */
export const VERSIONS_CHANNEL = 'seonchak:versions';

/** Keys of `lua/probe.lua`; empty except while it runs. */
export const PROBE_KEYS = ['coupon:{probe}:one', 'coupon:{probe}:two'] as const;
