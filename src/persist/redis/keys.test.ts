/** Tests where buckets and keys of coupons lie in a Cluster. */
import { Command } from 'ioredis';
import t from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import { BUCKETS, bucketOf, copyingKey, couponKeys, metaKey, setAsideKey, warmingKey } from './keys.js';

const SLOTS = 16_384;

const slotOf = (key: string): number => new Command('get', [key]).getSlot();
const coupon = (id: number): CouponId => id as CouponId;
const ofEachBucket = Array.from({ length: BUCKETS }, (_, place) => coupon(place + 1));

/** How many buckets lie in each of `ranges` equal ranges of slots, as `redis-cli --cluster create` deals them out. */
function spread(ranges: number): number[] {
  const counts = Array.from({ length: ranges }, () => 0);
  for (const couponId of ofEachBucket) {
    const range = Math.floor((slotOf(metaKey(couponId)) * ranges) / SLOTS);
    counts[range] = (counts[range] ?? 0) + 1;
  }
  return counts;
}

t.test('buckets lie evenly over 1 to 16 nodes', (t) => {
  t.same(spread(3), [5, 6, 5]);
  t.same(
    spread(16),
    ofEachBucket.map(() => 1),
  );
  for (let nodes = 1; nodes <= BUCKETS; nodes += 1) {
    const counts = spread(nodes);
    t.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${nodes}: ${counts.join()}`);
  }
  t.end();
});

t.test('three coupons in a row are on three nodes', (t) => {
  const nodeOf = (id: number): number => Math.floor((slotOf(metaKey(coupon(id))) * 3) / SLOTS);
  // Sixteen is not a multiple of three: where the row begins anew, two neighbours share a node.
  for (let id = 1; id <= BUCKETS - 4; id += 1) {
    t.equal(new Set([nodeOf(id), nodeOf(id + 1), nodeOf(id + 2)]).size, 3, `from ${id}`);
  }
  t.end();
});

t.test('all keys of the coupons of a bucket share a slot, and name the coupon', (t) => {
  for (const couponId of ofEachBucket) {
    const other = coupon(couponId + BUCKETS * 1_000);
    t.equal(bucketOf(other), bucketOf(couponId));
    const keys = [couponId, other].flatMap((id) => [
      ...couponKeys(id),
      warmingKey(id, 'x'),
      copyingKey(id, 1),
    ]);
    const setAside = keys.map((key) => setAsideKey(key, 'x'));
    t.equal(new Set([...keys, ...setAside].map(slotOf)).size, 1);
    t.ok(couponKeys(other).every((key) => key.startsWith(`coupon:${other}:{`)));
  }
  t.same(couponKeys(coupon(42)), [
    'coupon:42:{s9}:meta',
    'coupon:42:{s9}:winners',
    'coupon:42:{s9}:issuable_coupon_queue',
    'coupon:42:{s9}:claims',
    'coupon:42:{s9}:claimed',
  ]);
  t.end();
});
