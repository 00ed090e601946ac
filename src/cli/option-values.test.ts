import { InvalidArgumentError } from 'commander';
import t from 'tap';
import { addClaim, couponId, couponIds, durationMs, wholeNumber } from './option-values.js';

t.test('a duration is a number with its unit', (t) => {
  t.equal(durationMs('90s'), 90_000);
  t.equal(durationMs('15m'), 900_000);
  t.equal(durationMs('1h'), 3_600_000);
  t.equal(durationMs('7d'), 604_800_000);
  t.equal(durationMs('3650d'), 315_360_000_000);
  for (const wrong of ['', '1', 'h', '0s', '-1h', '1.5h', '1w', '1 h', '3651d', '1h30m', '1e3s']) {
    t.throws(() => durationMs(wrong), InvalidArgumentError, JSON.stringify(wrong));
  }
  t.end();
});

t.test('a whole number has to be within its bounds', (t) => {
  const read = wholeNumber(1, 64);
  t.equal(read('1'), 1);
  t.equal(read('64'), 64);
  for (const wrong of ['', '0', '65', '-1', '1.0', '1e1', ' 1', 'x', '99999999999999999999']) {
    t.throws(() => read(wrong), InvalidArgumentError, JSON.stringify(wrong));
  }
  t.end();
});

t.test('coupons are named by their numbers, one after the other', (t) => {
  t.same(couponIds('43', couponIds('42', undefined)), [42, 43]);
  for (const wrong of ['0', '042', '-1', '1e3', '{', '__proto__']) {
    t.throws(() => couponId(wrong), InvalidArgumentError, wrong);
  }
  t.end();
});

t.test('claims are named, and have the type that a token would give them', (t) => {
  const read = (...texts: string[]) =>
    texts.reduce<object>((claims, text) => addClaim(text, { ...claims }), {});
  t.same(read('grade=gold', 'first_order=true', 'level=3', 'ratio=-0.5'), {
    ...{ grade: 'gold', first_order: true, level: 3, ratio: -0.5 },
  });
  t.same(read('code=007', 'quoted="3"', 'empty=', 'sum=a=b'), {
    ...{ code: '007', quoted: '3', empty: '', sum: 'a=b' },
  });
  for (const wrong of ['', 'grade', '=gold', 'sub=7', 'role=admin', 'exp=1'])
    t.throws(() => addClaim(wrong, {}), InvalidArgumentError, wrong);
  t.end();
});
