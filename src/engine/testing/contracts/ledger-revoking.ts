/** Tests revokes in the ledger, also those that meet a recorder, another revoke or a use. */
import type { Test } from 'tap';
import { freshCouponId, member } from './ids.js';
import { type LedgerUnderTest, AT_MS, issuance, line, result, numbers } from './ledger-batches.js';

export const MEETINGS = 100;

export function aboutRevoking(t: Test, { ledger }: LedgerUnderTest): void {
  t.test('a revoked number has no row, and never gets one again', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    t.equal(await ledger.revoke(couponId, 1, 2, member('m2'), AT_MS), 'revoked');
    t.same(await numbers(ledger, couponId), [1, 3]);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 4) }),
      result({ inserted: 1, replayed: 2, revoked: 1 }),
    );
    t.same(await numbers(ledger, couponId), [1, 3, 4]);
    t.equal(await ledger.revokedHolder(couponId, 2), 'm2');
    t.equal(await ledger.revokedHolder(couponId, 1), undefined);
  });

  t.test('a number revoked before it was recorded is left out of its batch', async (t) => {
    const couponId = freshCouponId();
    t.equal(await ledger.revoke(couponId, 1, 2, member('m2'), AT_MS), 'revoked');
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) }),
      result({ inserted: 2, revoked: 1 }),
    );
    t.same(await numbers(ledger, couponId), [1, 3]);
    t.same(await ledger.highestIssueNos([couponId]), [3]);
  });

  t.test('the highest number counts the revoked ones', async (t) => {
    const couponId = freshCouponId();
    t.same(await ledger.highestIssueNos([couponId]), [0]);
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 3) });
    await ledger.revoke(couponId, 1, 3, member('m3'), AT_MS);
    t.same(await ledger.highestIssueNos([couponId]), [3]);
  });

  t.test('the highest numbers of several coupons come in the order of the question', async (t) => {
    const [first, empty, last] = [freshCouponId(), freshCouponId(), freshCouponId()];
    await ledger.record({ couponId: first, epoch: 1, issuances: line(1, 3) });
    await ledger.record({ couponId: last, epoch: 1, issuances: line(1, 2) });
    t.same(await ledger.highestIssueNos([last, empty, first]), [2, 0, 3]);
    t.same(await ledger.highestIssueNos([]), []);
  });

  t.test('revoking again changes nothing', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 1) });
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'revoked');
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'again');
  });

  t.test('what is used is not revoked, and nothing changes', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 1) });
    await ledger.use(couponId, member('m1'), AT_MS);
    t.equal(await ledger.revoke(couponId, 1, 1, member('m1'), AT_MS), 'used');
    t.equal((await ledger.rowAt(couponId, 1))?.usedAtMs, AT_MS);
    t.equal(await ledger.revokedHolder(couponId, 1), undefined);
  });

  t.test('a member may get a new number, in whatever order the old and the new are recorded', async (t) => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      const couponId = freshCouponId();
      await ledger.revoke(couponId, 1, 1, member('a'), AT_MS);
      const replies = [];
      for (const issueNo of order)
        replies.push(await ledger.record({ couponId, epoch: 1, issuances: [issuance(issueNo, 'a')] }));
      t.same(
        replies.map((reply) => reply.revoked),
        order[0] === 1 ? [1, 0] : [0, 1],
      );
      t.equal((await ledger.rowOf(couponId, member('a')))?.issueNo, 2);
    }
    const couponId = freshCouponId();
    await ledger.revoke(couponId, 1, 1, member('a'), AT_MS);
    const both = [issuance(1, 'a'), issuance(2, 'a')];
    t.same(await ledger.record({ couponId, epoch: 1, issuances: both }), result({ inserted: 1, revoked: 1 }));
  });

  t.test('a dead-lettered issuance that is revoked is no longer counted', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: [issuance(1, 'a'), issuance(2, 'a')] });
    t.match(await ledger.counts([couponId]), [{ recorded: 1, deadLettered: 1 }]);
    t.equal(await ledger.revoke(couponId, 1, 2, member('a'), AT_MS), 'revoked');
    t.match(await ledger.counts([couponId]), [{ recorded: 1, deadLettered: 0 }]);
    t.same(
      await ledger.record({ couponId, epoch: 1, issuances: [issuance(2, 'a')] }),
      result({ revoked: 1 }),
    );
  });
}

export function aboutMeetings(t: Test, { ledger, other }: LedgerUnderTest): void {
  t.test('a revoke during the recording: answered means that there is no row', async (t) => {
    const couponId = freshCouponId();
    let outOfBatch = 0;
    for (let meeting = 0; meeting < MEETINGS; meeting++) {
      const first = meeting * 20 + 1;
      const batch = line(first, first + 19);
      const issueNo = first + (meeting % 20);
      const record = () => ledger.record({ couponId, epoch: 1, issuances: batch });
      const revoke = () => other.revoke(couponId, 1, issueNo, member(`m${issueNo}`), AT_MS);
      const [reply, revoked] =
        meeting % 2 === 0
          ? await Promise.all([record(), revoke()])
          : await Promise.all([revoke(), record()]).then(([second, first]) => [first, second] as const);
      if (revoked !== 'revoked') t.fail(`revoke answered ${revoked}`);
      if ((await ledger.rowAt(couponId, issueNo)) !== undefined)
        t.fail(`row ${issueNo} came after its revoke`);
      if (reply.inserted + reply.revoked !== 20) t.fail(JSON.stringify(reply));
      outOfBatch += reply.revoked;
    }
    t.comment(`the revoke was first in ${outOfBatch} of ${MEETINGS} meetings`);
    t.match(await ledger.counts([couponId]), [{ recorded: MEETINGS * 19, deadLettered: 0 }]);
  });

  t.test('the same batches from two recorders, one in reverse, end as one row each', async (t) => {
    const couponId = freshCouponId();
    for (let meeting = 0; meeting < MEETINGS / 4; meeting++) {
      const first = meeting * 200 + 1;
      const batch = line(first, first + 199);
      const [one, two] = await Promise.all([
        ledger.record({ couponId, epoch: 1, issuances: batch }),
        other.record({ couponId, epoch: 1, issuances: [...batch].reverse() }),
      ]);
      t.same([one.inserted + two.inserted, one.replayed + two.replayed], [200, 200], `meeting ${meeting}`);
    }
    t.match(await ledger.counts([couponId]), [{ recorded: 50 * MEETINGS, deadLettered: 0 }]);
  });

  t.test('of two revokes of one number exactly one revokes', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 20) });
    for (const { issueNo, holder } of line(1, 20)) {
      const replies = await Promise.all([
        ledger.revoke(couponId, 1, issueNo, holder, AT_MS),
        other.revoke(couponId, 1, issueNo, holder, AT_MS),
      ]);
      t.same(replies.sort(), ['again', 'revoked']);
    }
  });

  t.test('a use during a revoke: one of them wins', async (t) => {
    const couponId = freshCouponId();
    await ledger.record({ couponId, epoch: 1, issuances: line(1, 20) });
    for (const { issueNo, holder } of line(1, 20)) {
      const [used, revoked] = await Promise.all([
        ledger.use(couponId, holder, AT_MS),
        other.revoke(couponId, 1, issueNo, holder, AT_MS),
      ]);
      const row = await ledger.rowAt(couponId, issueNo);
      if (revoked === 'used') t.equal(row?.usedAtMs, AT_MS);
      else t.same([revoked, row], ['revoked', undefined]);
      if (revoked === 'revoked' && typeof used === 'object') t.fail('used and revoked');
    }
  });
}
