import t from 'tap';
import { Random } from '../../src/engine/testing/simulation/random.js';
import { drawCoupon } from './random-coupon.js';

t.test('a round draws coupons for every member, and for some by each kind of rule', (t) => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const { limit } = drawCoupon(new Random(seed), seed);
    const { by, excluded = 0, added = 0, removed = 0 } = limit ?? {};
    t.ok(excluded + added + removed < 1, `seed ${seed}: some members are eligible all the time`);
    t.ok(excluded > 0 || by === undefined, `seed ${seed}: some members never are`);
    kinds.add([by, added > 0 && 'added', removed > 0 && 'removed'].join(' '));
  }
  t.equal(kinds.size, 7, [...kinds].join(', '));
  t.end();
});

t.test('a round draws coupons of one unit and of several, held and not, recalled and not', (t) => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const {
      quantity,
      members,
      perMember = 1,
      holdSeconds,
      recallAfterMs,
    } = drawCoupon(new Random(seed), seed);
    t.ok(members * perMember >= quantity, `seed ${seed}: it can be sold out`);
    kinds.add(
      `${perMember === 1 ? 'one unit' : 'units'}, ${holdSeconds === undefined ? 'not held' : 'held'}, ${recallAfterMs === undefined ? 'kept' : 'recalled'}`,
    );
  }
  t.equal(kinds.size, 8);
  t.end();
});
