/** Tests what every back end of `IssuanceLedger` promises, one subtest per sentence of the port. */
import type { Test } from 'tap';
import { freshCouponId, member } from './ids.js';
import { type LedgerUnderTest, AT_MS, issuance, line } from './ledger-batches.js';
import { aboutRecording, aboutCompany, aboutDeadLetters } from './ledger-recording.js';
import { aboutRevoking, aboutMeetings } from './ledger-revoking.js';
import { aboutEpochs, aboutQuantity } from './ledger-epochs.js';

export function issuanceLedgerContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<LedgerUnderTest>,
): void {
  t.test(`${name}: issuance ledger contract`, async (t) => {
    const under = await open(t);
    t.teardown(() => under.close());
    aboutRecording(t, under);
    aboutCompany(t, under);
    aboutDeadLetters(t, under);
    aboutRevoking(t, under);
    aboutMeetings(t, under);
    aboutEpochs(t, under);
    aboutQuantity(t, under);
    aboutReading(t, under);
  });
}

function aboutReading(t: Test, { ledger }: LedgerUnderTest): void {
  t.test('a row is found by its number and by its member', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    const row = { ...issuance(2), couponId, usedAtMs: undefined };
    t.same(await ledger.rowAt(couponId, 2), row);
    t.same(await ledger.rowOf(couponId, member('m2')), row);
    t.equal(await ledger.rowAt(couponId, 4), undefined);
    t.equal(await ledger.rowOf(couponId, member('m4')), undefined);
    t.equal(await ledger.rowOf(freshCouponId(), member('m2')), undefined, 'of another coupon');
  });

  t.test('pages follow each other without a gap or a double', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 25) });
    const seen: number[] = [];
    for (let after = 0; ;) {
      const page = await ledger.rows(couponId, after, 10);
      t.ok(page.length <= 10);
      seen.push(...page.map((row) => row.issueNo));
      if (page.length === 0) break;
      after = page.at(-1)?.issueNo ?? 0;
    }
    t.same(
      seen,
      line(1, 25).map((row) => row.issueNo),
    );
  });

  t.test("a member's rows of a coupon come in the order of the units", async (t) => {
    const couponId = freshCouponId();
    const rows = [issuance(1, 'm~3'), issuance(2, 'm'), issuance(3, 'other'), issuance(4, 'm~2')];
    await ledger.record({ couponId, epoch: 1, issuances: rows });
    await ledger.record({ couponId: freshCouponId(), epoch: 1, issuances: [issuance(1, 'm')] });
    const found = await ledger.rowsOfMember(couponId, member('m'));
    t.same(
      found.map((row) => [row.holder, row.issueNo]),
      [
        ['m', 2],
        ['m~2', 4],
        ['m~3', 1],
      ],
    );
  });

  t.test('a coupon is used once', async (t) => {
    const couponId = freshCouponId();
    t.equal(await ledger.use(couponId, member('m1'), AT_MS), 'absent');
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 2) });
    t.same(await ledger.use(couponId, member('m1'), AT_MS + 5), {
      ...issuance(1),
      couponId,
      usedAtMs: AT_MS + 5,
    });
    t.equal(await ledger.use(couponId, member('m1'), AT_MS + 6), 'already_used');
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, AT_MS + 5);
    t.equal((await ledger.rowAt(couponId, 2))?.usedAtMs, undefined);
    const requests = await Promise.all(
      Array.from({ length: 5 }, () => ledger.use(couponId, member('m2'), AT_MS + 7)),
    );
    t.equal(requests.filter((reply) => typeof reply === 'object').length, 1, 'pressed five times at once');
  });

  t.test('counts come in the order asked for', async (t) => {
    const [one, two, none] = [freshCouponId(), freshCouponId(), freshCouponId()];
    await ledger.record({ couponId: one, epoch: 1, issuances: line(1, 1) });
    await ledger.record({ couponId: two, epoch: 1, issuances: line(1, 2) });
    const recorded = (await ledger.counts([two, none, one, two])).map((counts) => counts.recorded);
    t.same(recorded, [2, 0, 1, 2]);
    t.same(await ledger.counts([]), []);
  });
}
