/** Groups what is asked of the store by node: one without an answer costs the others nothing. */
import type { CouponId } from './coupon.js';

/** Each group in the order of `all`. */
export function byShard<One>(
  store: { shardOf(couponId: CouponId): number },
  all: readonly One[],
  couponOf: (one: One) => CouponId,
): [One, ...One[]][] {
  const groups = new Map<number, [One, ...One[]]>();
  for (const one of all) {
    const shard = store.shardOf(couponOf(one));
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
