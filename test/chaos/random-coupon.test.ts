import t from 'tap';
import { Random } from '../../src/engine/testing/simulation/random.js';
import { drawCoupon } from './random-coupon.js';

t.test('a round draws coupons of one unit and of several, held and not', (t) => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const { quantity, members, perMember = 1, holdSeconds } = drawCoupon(new Random(seed), seed);
    t.ok(members * perMember >= quantity, `seed ${seed}: it can be sold out`);
    kinds.add(
      `${perMember === 1 ? 'one unit' : 'units'}, ${holdSeconds === undefined ? 'not held' : 'held'}`,
    );
  }
  t.equal(kinds.size, 4);
  t.end();
});
