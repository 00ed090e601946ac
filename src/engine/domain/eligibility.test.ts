import t from 'tap';
import type { CouponId } from './coupon.js';
import { isClaimValue, mayWiden, meetsClaims } from './eligibility.js';
import type { Eligibility } from './eligibility.js';

t.test('every claim must have one of its values, as it is', async (t) => {
  const wanted = { grade: ['gold', 'vip'], first: [true], level: [1] };
  t.equal(meetsClaims(wanted, { grade: 'vip', first: true, level: 1, more: 'x' }), true);
  t.equal(meetsClaims(wanted, { grade: 'vip', first: true, level: '1' }), false);
  t.equal(meetsClaims(wanted, { grade: 'vip', first: true }), false);
  t.equal(meetsClaims({ constructor: ['x'] }, {}), false, 'an inherited name is no claim');
});

t.test('scalars of a bounded length are values', async (t) => {
  for (const value of ['', 'x'.repeat(64), '🥇'.repeat(64), 0, false]) t.equal(isClaimValue(value), true);
  for (const value of ['x'.repeat(65), '🥇'.repeat(65), NaN, null, [], {}])
    t.equal(isClaimValue(value), false);
});

t.test('a change widens a rule unless it only takes away', async (t) => {
  const id = (text: number) => text as CouponId;
  const gold: Eligibility = { claims: { grade: ['gold'] }, audience: true, notIssued: [id(1)] };
  const same: readonly [Eligibility | undefined, Eligibility | undefined][] = [
    [undefined, undefined],
    [undefined, gold],
    [gold, gold],
    [{ claims: { grade: ['gold', 'vip'] } }, { claims: { grade: ['gold'] } }],
    [{ audience: true }, { audience: true, claims: { grade: ['gold'] } }],
    [{ notIssued: [id(1)] }, { notIssued: [id(2), id(1)] }],
  ];
  for (const [before, after] of same) t.equal(mayWiden(before, after), false);
  const wider: readonly [Eligibility, Eligibility | undefined][] = [
    [gold, undefined],
    [gold, { ...gold, claims: { grade: ['gold', 'vip'] } }],
    [gold, { ...gold, claims: { first: [true] } }],
    [gold, { claims: { grade: ['gold'] }, notIssued: [id(1)] }],
    [gold, { ...gold, notIssued: [id(2)] }],
  ];
  for (const [before, after] of wider) t.equal(mayWiden(before, after), true);
});
