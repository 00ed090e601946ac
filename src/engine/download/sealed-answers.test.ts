import t from 'tap';
import type { CouponSnapshot } from '../domain/coupon.js';
import { LOCAL_ANSWER_MS, OPENING_MARGIN_MS } from '../domain/limits.js';
import { NO_WINNERS, SealedAnswers } from './sealed-answers.js';
import { StoreClock } from '../domain/store-clock.js';
import { couponNumber, memberNamed } from '../testing/simulation/staged-world.js';

const snapshot = (some: Partial<CouponSnapshot> = {}): CouponSnapshot => ({
  couponId: couponNumber(1),
  quantity: 1,
  opensAtMs: undefined,
  closesAtMs: undefined,
  paused: false,
  closed: false,
  version: 4,
  epoch: 1,
  issued: 1,
  lastIssueNo: 1,
  storeNowMs: 10_000,
  ...some,
});
const winner = { holder: memberNamed('a'), issueNo: 1, issuedAtMs: 77 };
const winners = new Map([[winner.holder, winner]]);
/** Our clock shows 500 when the store's shows 10,000. */
const storeClock = new StoreClock();
storeClock.observe(10_000, 500);

t.test('a winner gets its number, every other member the refusal', async (t) => {
  const sealed = new SealedAnswers(snapshot(), 'sold_out', winners);
  t.same(sealed.answer(memberNamed('a')), { outcome: 'already_issued', issueNo: 1, issuedAtMs: 77 });
  t.same(sealed.answer(memberNamed('b')), { outcome: 'sold_out' });
  t.equal(sealed.size, 1);
});

t.test(
  'a member who may not win gets its own refusal before that of the coupon, and a winner its number',
  async (t) => {
    const sealed = new SealedAnswers(snapshot(), 'sold_out', winners);
    const refusedAs = { outcome: 'not_eligible', rule: 'audience' } as const;
    t.equal(sealed.answer(memberNamed('b'), refusedAs), refusedAs);
    t.match(sealed.answer(memberNamed('a'), refusedAs), { outcome: 'already_issued', issueNo: 1 });
  },
);

t.test('the truth is confirmed by the same version, epoch and refusal, and by nothing else', async (t) => {
  const sealed = new SealedAnswers(snapshot(), 'sold_out', winners);
  t.equal(sealed.confirm(snapshot({ storeNowMs: 10_500 })), true);
  t.equal(sealed.confirm(snapshot({ version: 5 })), false);
  t.equal(sealed.confirm(snapshot({ epoch: 2 })), false, 'a rebuilt store');
  t.equal(sealed.confirm(snapshot({ closesAtMs: 9_000 })), false, 'closed by now');
});

t.test('an answer is valid for a bounded time after it was confirmed', async (t) => {
  const sealed = new SealedAnswers(snapshot(), 'sold_out', winners);
  t.equal(sealed.validUntilMs(500, storeClock), 500 + LOCAL_ANSWER_MS);
});

t.test('an answer ends before the bound of the window that would change it', async (t) => {
  const opening = new SealedAnswers(snapshot({ opensAtMs: 10_300, issued: 0 }), 'not_open', NO_WINNERS);
  t.equal(opening.validUntilMs(500, storeClock), 800 - OPENING_MARGIN_MS);
  const closing = new SealedAnswers(snapshot({ closesAtMs: 10_200 }), 'sold_out', winners);
  t.equal(closing.validUntilMs(500, storeClock), 700 - OPENING_MARGIN_MS);
  const paused = new SealedAnswers(snapshot({ closesAtMs: 10_200, paused: true }), 'paused', winners);
  t.equal(paused.validUntilMs(500, storeClock), 500 + LOCAL_ANSWER_MS, 'paused outranks closed');
});

t.test("before the opening every member gets the opening time, by the store's clock", async (t) => {
  const sealed = new SealedAnswers(snapshot({ opensAtMs: 10_300, issued: 0 }), 'not_open', NO_WINNERS);
  sealed.confirm(snapshot({ opensAtMs: 10_300, issued: 0, storeNowMs: 10_100 }));
  t.same(sealed.answer(memberNamed('b')), { outcome: 'not_open', opensAtMs: 10_300, storeNowMs: 10_100 });
});
