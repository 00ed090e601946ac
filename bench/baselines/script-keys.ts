/** Names the Redis keys of the script baseline. All coupons share one queue, as in the reference service. */

export const metaKey = (couponId: number): string => `baseline:{${couponId}}:meta`;
export const winnersKey = (couponId: number): string => `baseline:{${couponId}}:winners`;

/** Sorted set, score the instant of the decision (ms), member `couponId:issueNo:memberId`. */
export const QUEUE_KEY = 'baseline:issuable_coupon_queue';
