import t from 'tap';
import { couponState, parseCouponId, type CouponTerms } from './coupon.js';

t.test('a coupon id is canonical decimal and nothing else', async (t) => {
  t.equal(parseCouponId('42'), 42);
  t.equal(parseCouponId('999999999999999'), 999_999_999_999_999);
  for (const text of [
    '',
    '0',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '042',
    ' 1',
    '1\n',
    '{',
    '}',
    '__proto__',
    '1'.repeat(16),
    '१',
  ])
    t.equal(parseCouponId(text), undefined, JSON.stringify(text));
});

t.test('the state of a coupon follows the precedence of the outcomes', async (t) => {
  const terms: CouponTerms = { quantity: 2, opensAtMs: 100, closesAtMs: 200, paused: false, closed: false };
  t.equal(couponState(terms, 0, 99), 'scheduled');
  t.equal(couponState(terms, 0, 100), 'open', 'the opening instant is inside the window');
  t.equal(couponState(terms, 2, 150), 'sold_out');
  t.equal(couponState(terms, 2, 200), 'closed', 'the closing instant is outside the window');
  t.equal(couponState({ ...terms, paused: true }, 2, 150), 'paused');
  t.equal(couponState({ ...terms, paused: true }, 0, 99), 'scheduled');
  t.equal(couponState({ ...terms, paused: true, closed: true }, 0, 50), 'closed', 'closing is final');
});
