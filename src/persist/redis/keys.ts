/** The names under which a coupon stands in Redis. All of one coupon share the hash tag `{id}`, so they live on one shard. */
import type { CouponId } from '../../engine/domain/coupon.js';

/** Terms, version, epoch and the highest number given. Its absence means `not_ready`. */
export const metaKey = (couponId: CouponId): string => `coupon:{${couponId}}:meta`;

/** Hash, memberId → `issueNo:issuedAtMs`; the field '' keeps it from vanishing. */
export const winnersKey = (couponId: CouponId): string => `coupon:{${couponId}}:winners`;

/** Sorted set, score issueNo, member `memberId:issuedAtMs`; the member '#' keeps it from vanishing. */
export const queueKey = (couponId: CouponId): string => `coupon:{${couponId}}:issuable_coupon_queue`;

/** Sorted set, score lease deadline (ms), member `token:count`; the member '#' keeps it from vanishing. */
export const claimsKey = (couponId: CouponId): string => `coupon:{${couponId}}:claims`;

/** Hash, token → `issueNo:memberId:issuedAtMs,…`; the field '' keeps it from vanishing. */
export const claimedKey = (couponId: CouponId): string => `coupon:{${couponId}}:claimed`;

/** Winners while one warm builds them; `unique` keeps concurrent warms apart. */
export const warmingKey = (couponId: CouponId, unique: string): string =>
  `coupon:{${couponId}}:warming:${unique}`;

/** Sorted set, score instant of the last announcement (ms), member couponId. */
export const PENDING_KEY = 'seonchak:announced';

/** Channel: couponId. */
export const BELL_CHANNEL = 'seonchak:bell';

/** Channel: `couponId:version`. */
export const VERSIONS_CHANNEL = 'seonchak:versions';
