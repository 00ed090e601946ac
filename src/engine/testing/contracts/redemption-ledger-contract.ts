/** Tests what every back end of `RedemptionLedger` promises: one subtest a sentence of the port. */
import { randomInt } from 'node:crypto';
import type { Test } from 'tap';
import { member } from './ids.js';
import {
  type RedemptionsUnderTest,
  HOUR_MS,
  seller,
  holder,
  order,
  couponWith,
} from './redemption-coupon.js';
import { aboutMeetings } from './redemption-meetings.js';
import { aboutUnits, aboutReading } from './redemption-reading.js';

export function redemptionLedgerContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<RedemptionsUnderTest>,
): void {
  t.test(`${name}: redemption ledger contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutRedeeming(t, under);
    aboutCancelling(t, under);
    aboutExpiry(t, under);
    aboutMeetings(t, under);
    aboutUnits(t, under);
    aboutReading(t, under);
  });
}

function aboutRedeeming(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, ledger } = under;

  t.test('an order redeems once, and gets the same answer ever after', async (t) => {
    const couponId = await couponWith(under);
    const issuance = { couponId, issueNo: 1 };
    const first = await redemptions.redeem(issuance, order('A-1'), seller);
    t.match(first, {
      status: 'redeemed',
      redemption: { couponId, issueNo: 1, holder: 'm1', orderId: 'A-1' },
    });
    if (first.status !== 'redeemed') return;
    t.ok(Math.abs(first.redemption.redeemedAtMs - Date.now()) < HOUR_MS, 'by a clock in milliseconds');
    t.same(await redemptions.redeem(issuance, order('A-1'), seller), { ...first, status: 'repeated' });
    t.same(await redemptions.redeem({ couponId, memberId: member('m1') }, order('A-1'), holder), {
      ...first,
      status: 'repeated',
    });
    t.same(await redemptions.redeem(issuance, order('A-2'), seller), { status: 'already_used' });
    t.equal(
      (await ledger.rowAt(couponId, 1))?.usedAtMs,
      first.redemption.redeemedAtMs,
      'the row has the same instant',
    );
  });

  t.test('what has no row is absent, by number and by member', async (t) => {
    const couponId = await couponWith(under);
    for (const issuance of [
      { couponId, issueNo: 2 },
      { couponId, memberId: member('m2') },
    ]) {
      t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'absent' });
      t.same(await redemptions.cancel(issuance, order('A'), seller), { status: 'absent' });
      t.equal(await redemptions.history(issuance, 10), 'absent');
    }
  });

  t.test('order ids differ by case, and belong to one issuance', async (t) => {
    const couponId = await couponWith(under, {}, 2);
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('a'), seller)).status, 'redeemed');
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller)).status, 'already_used');
    t.equal((await redemptions.redeem({ couponId, issueNo: 2 }, order('a'), seller)).status, 'redeemed');
  });

  t.test(
    'where only the seller redeems, the member is sent to the shop, and its own order is repeated all the same',
    async (t) => {
      const couponId = await couponWith(under, { redeemBy: 'seller' });
      const issuance = { couponId, memberId: member('m1') };
      t.same(await redemptions.redeem(issuance, order('A'), holder), { status: 'redeem_at_shop' });
      t.equal((await redemptions.redeem(issuance, order('A'), seller)).status, 'redeemed');
      t.equal((await redemptions.redeem(issuance, order('A'), holder)).status, 'repeated');
      t.equal((await redemptions.redeem(issuance, order('B'), holder)).status, 'already_used');
    },
  );

  t.test('what is used is not revoked, what is cancelled is', async (t) => {
    const couponId = await couponWith(under);
    await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller);
    t.equal(await ledger.revoke(couponId, 0, 1, member('m1'), 1), 'used');
    await redemptions.cancel({ couponId, issueNo: 1 }, order('A'), seller);
    t.equal(await ledger.revoke(couponId, 0, 1, member('m1'), 1), 'revoked');
    t.same(await redemptions.redeem({ couponId, issueNo: 1 }, order('B'), seller), { status: 'absent' });
  });
}

function aboutCancelling(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions, ledger, auditLog } = under;

  t.test('a cancelled order gives the coupon back, and its id is dead', async (t) => {
    const couponId = await couponWith(under);
    const issuance = { couponId, issueNo: 1 };
    t.same(await redemptions.cancel(issuance, order('A'), seller), { status: 'not_redeemed' });
    await redemptions.redeem(issuance, order('A'), seller);
    const cancelled = await redemptions.cancel(issuance, order('A'), seller);
    t.match(cancelled, {
      status: 'cancelled',
      redemption: { orderId: 'A', state: 'usable', cancelledAtMs: Number },
    });
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, undefined);
    t.same(await redemptions.cancel(issuance, order('A'), seller), cancelled, 'a repeat answers the same');
    t.same(
      await redemptions.redeem(issuance, order('A'), seller),
      { status: 'redemption_cancelled' },
      'a late duplicate of the first request does not redeem',
    );
    t.equal((await redemptions.redeem(issuance, order('B'), seller)).status, 'redeemed');
    t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'redemption_cancelled' });
    t.match(await redemptions.cancel(issuance, order('A'), seller), { redemption: { state: 'used' } });
    t.match(await redemptions.history(issuance, 10), [
      { orderId: 'B' },
      { orderId: 'A', cancelledAtMs: Number },
    ]);
    const entries = (await auditLog.entries(1e15, 1_000)).filter(
      ({ action, target }) => action === 'redemption_cancelled' && target === `coupon ${couponId}`,
    );
    t.match(entries, [{ detail: { issueNo: 1, orderId: 'A', onCancel: 'restore' } }]);
    t.equal(entries.length, 1, 'written once');
  });

  t.test('where a cancel voids, the coupon stays used', async (t) => {
    const couponId = await couponWith(under, { onCancel: 'void' });
    const issuance = { couponId, issueNo: 1 };
    await redemptions.redeem(issuance, order('A'), seller);
    t.match(await redemptions.cancel(issuance, order('A'), seller), { redemption: { state: 'used' } });
    t.same(await redemptions.redeem(issuance, order('B'), seller), { status: 'already_used' });
    t.same(await redemptions.redeem(issuance, order('A'), seller), { status: 'redemption_cancelled' });
    t.equal(await ledger.revoke(couponId, 0, 1, member('m1'), 1), 'used');
  });
}

function aboutExpiry(t: Test, under: RedemptionsUnderTest): void {
  const { redemptions } = under;

  t.test('an expired coupon is not redeemed, an order placed in time is confirmed afterwards', async (t) => {
    const couponId = await couponWith(under, { validity: { untilMs: Date.now() + 400 } }, 2);
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller)).status, 'redeemed');
    for (;;) {
      const late = await redemptions.redeem({ couponId, issueNo: 2 }, order(`L${randomInt(1e9)}`), seller);
      if (late.status === 'coupon_expired') break;
      if (late.status === 'redeemed')
        await redemptions.cancel({ couponId, issueNo: 2 }, late.redemption.orderId, seller);
    }
    t.equal((await redemptions.redeem({ couponId, issueNo: 1 }, order('A'), seller)).status, 'repeated');
    t.same(await redemptions.redeem({ couponId, issueNo: 1 }, order('B'), seller), {
      status: 'already_used',
    });
    t.match(await redemptions.cancel({ couponId, issueNo: 1 }, order('A'), seller), {
      redemption: { state: 'expired' },
    });
  });

  t.test('expiry follows from the issue and the rules of the moment', async (t) => {
    const couponId = await couponWith(under, { validity: { hours: 1 } }, 1, Date.now() - 2 * HOUR_MS);
    const issuance = { couponId, issueNo: 1 };
    t.match(await redemptions.redeem(issuance, order('A'), seller), { status: 'coupon_expired' });
    await under.changes.begin({ couponId, terms: {}, rules: { validity: { hours: 3 } }, atMs: 0 });
    t.match(await redemptions.redeem(issuance, order('A'), seller), { status: 'redeemed' });
  });
}
