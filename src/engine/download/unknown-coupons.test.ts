import t from 'tap';
import { UNKNOWN_COUPON_MS, UNKNOWN_COUPONS_MAX } from '../domain/limits.js';
import { VirtualTime } from '../testing/simulation/virtual-time.js';
import { couponNumber } from '../testing/simulation/staged-world.js';
import { UnknownCoupons } from './unknown-coupons.js';

t.test('an id that was not found is remembered for a short time', async (t) => {
  const time = new VirtualTime();
  const unknown = new UnknownCoupons(time);
  unknown.add(couponNumber(7));
  t.equal(unknown.has(couponNumber(7)), true);
  t.equal(unknown.has(couponNumber(8)), false);
  await time.advance(UNKNOWN_COUPON_MS - 1);
  t.equal(unknown.has(couponNumber(7)), true);
  await time.advance(1);
  t.equal(unknown.has(couponNumber(7)), false);
});

t.test('an id that has come into being is forgotten at once', async (t) => {
  const unknown = new UnknownCoupons(new VirtualTime());
  unknown.add(couponNumber(7));
  unknown.delete(couponNumber(7));
  t.equal(unknown.has(couponNumber(7)), false);
});

t.test('a scan of random ids holds a bounded number, the latest', async (t) => {
  const unknown = new UnknownCoupons(new VirtualTime());
  for (let id = 1; id <= UNKNOWN_COUPONS_MAX + 2; id += 1) unknown.add(couponNumber(id));
  t.equal(unknown.has(couponNumber(1)), false);
  t.equal(unknown.has(couponNumber(2)), false);
  t.equal(unknown.has(couponNumber(3)), true);
  t.equal(unknown.has(couponNumber(UNKNOWN_COUPONS_MAX + 2)), true);
});
