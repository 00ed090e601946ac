/** Tests the texts of passes: what is signed is read again, and every other text is refused. */
import t from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import { holder } from '../../engine/testing/contracts/ids.js';
import { CLOCK_TOLERANCE_MS, CODE_LENGTH_MAX, CouponPasses, holderTag, PASS_SECONDS } from './coupon-pass.js';

const NOW_MS = Date.parse('2026-11-28T12:00:00.900Z');
let nowMs = NOW_MS;
const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
const passes = new CouponPasses(Buffer.alloc(32, 1), clock);
const issuance = { couponId: 42 as CouponId, issueNo: 17, holder: holder('7~2') };

t.test('a pass is read by every process with the key, until it is over', (t) => {
  const { text, expiresAtMs } = passes.sign(issuance);
  t.match(text, /^SP1\.42\.17\.[0-9A-Z]+\.[A-Z2-7]{13}\.[A-Z2-7]{26}$/);
  t.equal(expiresAtMs, Math.floor(NOW_MS / 1_000) * 1_000 + PASS_SECONDS * 1_000);
  const other = new CouponPasses(Buffer.alloc(32, 1), clock);
  for (const typed of [text, `  ${text}\n`, text.toLowerCase()]) {
    t.same(other.read(typed), {
      couponId: 42,
      issueNo: 17,
      pass: { expiresAtMs, holderTag: holderTag(issuance.holder) },
    });
  }
  nowMs = NOW_MS;
  t.end();
});

t.test('a pass is not over while the clock of its signer may be behind', (t) => {
  const { expiresAtMs } = passes.sign(issuance);
  for (const [atMs, over] of [
    [expiresAtMs - 1, false],
    [expiresAtMs + CLOCK_TOLERANCE_MS - 1, false],
    [expiresAtMs + CLOCK_TOLERANCE_MS, true],
  ] as const) {
    nowMs = atMs;
    t.equal(passes.isOver(expiresAtMs), over);
  }
  nowMs = NOW_MS;
  t.end();
});

t.test('the longest pass fits, and uses only what a QR code holds in 5.5 bits', (t) => {
  const longest = {
    couponId: 999_999_999_999_999 as CouponId,
    issueNo: 4_294_967_295,
    holder: issuance.holder,
  };
  const { text } = passes.sign(longest);
  t.ok(text.length <= CODE_LENGTH_MAX, `${text.length} characters`);
  t.match(text, /^[0-9A-Z.]+$/);
  t.match(passes.read(text), { couponId: longest.couponId, issueNo: longest.issueNo });
  t.end();
});

t.test('a text with any other character in it is no pass', (t) => {
  const { text } = passes.sign(issuance);
  for (let place = 0; place < text.length; place += 1) {
    for (const other of ['A', '2', '.', '9']) {
      if (text[place] === other) continue;
      const changed = text.slice(0, place) + other + text.slice(place + 1);
      t.equal(passes.read(changed), undefined, changed);
    }
    t.equal(passes.read(text.slice(0, place)), undefined);
  }
  t.equal(passes.read(`${text}A`), undefined);
  t.equal(new CouponPasses(Buffer.alloc(32, 2), clock).read(text), undefined, 'of another installation');
  t.end();
});

t.test('a number is read as coupon and number, and nothing else is', (t) => {
  t.same(passes.read(' 42-17 '), { couponId: 42, issueNo: 17 });
  for (const text of [
    '',
    '42',
    '42-',
    '-17',
    '042-17',
    '42-017',
    '0-1',
    '1-0',
    '42 17',
    '42-17-1',
    '４２-17',
    '1e3-1',
  ]) {
    t.equal(passes.read(text), undefined, text);
  }
  t.end();
});
