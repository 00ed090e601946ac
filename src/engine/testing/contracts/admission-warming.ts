/** Tests how a coupon comes into the admission store, and what is read from it. */
import type { Test } from 'tap';
import type { Issuance } from '../../domain/coupon.js';
import { freshCouponId, member, members } from './ids.js';
import type { Driver } from './admission-driver.js';
import { warmWith } from './admission-driver.js';

export function aboutWarming(t: Test, at: Driver): void {
  t.test('a warmed coupon has exactly the terms it was warmed with', async (t) => {
    const { storeNowMs, ...snapshot } = await at.snapshot(
      await at.coupon({
        couponId: freshCouponId(),
        quantity: 1_000_000_000,
        opensAtMs: 5,
        closesAtMs: 6,
        version: 9,
        epoch: 4,
      }),
    );
    t.match(snapshot, {
      quantity: 1_000_000_000,
      opensAtMs: 5,
      closesAtMs: 6,
      paused: false,
      closed: false,
      version: 9,
      epoch: 4,
      issued: 0,
      lastIssueNo: 0,
    });
    t.ok(Number.isSafeInteger(storeNowMs) && storeNowMs > Date.UTC(2020, 0, 1));
  });

  t.test('warming a coupon that is there changes nothing, whatever the versions', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    await at.request(couponId, 'a');
    for (const version of [1, 0, 99]) {
      const again = at.terms({ couponId, quantity: 500, version, epoch: 2 });
      t.equal(await at.warm(again, [{ holder: member('z'), issueNo: 9, issuedAtMs: 9 }]), 'present');
    }
    t.match(await at.snapshot(couponId), { quantity: 2, version: 1, epoch: 1, issued: 1 });
    t.same(await at.request(couponId, 'a', 'b', 'z'), ['already 1', 'issued 2', 'sold_out']);
  });

  t.test('of warms at the same time exactly one warms', async (t) => {
    const coupon = at.terms({ quantity: 5, lastIssueNo: 2 });
    const issued = [
      { holder: member('a'), issueNo: 1, issuedAtMs: 100 },
      { holder: member('b'), issueNo: 2, issuedAtMs: 100 },
    ];
    const replies = await Promise.all(Array.from({ length: 8 }, () => at.warm(coupon, issued)));
    t.equal(replies.filter((reply) => reply === 'warmed').length, 1);
    t.match(await at.snapshot(coupon.couponId), { issued: 2 });
    t.same(await at.request(coupon.couponId, 'b', 'c'), ['already 2', 'issued 3']);
  });

  t.test('a coupon warmed with its issuances goes on after the highest number ever given', async (t) => {
    const issued = members(2_500).map((holder, index) => ({
      holder,
      issueNo: index + 1,
      issuedAtMs: 1_000 + index,
    }));
    const coupon = at.terms({ quantity: 2_501, lastIssueNo: 2_600, version: 3, epoch: 1 });
    t.equal(await at.warm(coupon, issued, 700), 'warmed');
    t.match(await at.snapshot(coupon.couponId), { issued: 2_500, lastIssueNo: 2_600, version: 3 });
    t.same(await at.request(coupon.couponId, 'm2500', 'new', 'late', 'm1'), [
      'already 2500',
      'issued 2601',
      'sold_out',
      'already 1',
    ]);
    t.same(await at.admission.issuanceOf(coupon.couponId, member('m7')), issued[6]);
  });

  t.test('empty chunks of issuances are harmless', async (t) => {
    const coupon = at.terms();
    async function* chunks(): AsyncIterable<Issuance[]> {
      yield [];
      yield [{ holder: member('a'), issueNo: 1, issuedAtMs: 1 }];
      yield [];
      await Promise.resolve();
    }
    t.equal(await warmWith(at.admission, { ...coupon, lastIssueNo: 1 }, chunks()), 'warmed');
    t.same(await at.request(coupon.couponId, 'a', 'b'), ['already 1', 'issued 2']);
  });
}

export function aboutReads(t: Test, at: Driver): void {
  t.test('snapshots come in the order asked for', async (t) => {
    const first = await at.coupon({ quantity: 1 });
    const second = await at.coupon({ quantity: 2 });
    const snapshots = await at.admission.snapshots([second, freshCouponId(), first, second]);
    t.same(
      snapshots.map((snapshot) => snapshot?.quantity),
      [2, undefined, 1, 2],
    );
    t.same(
      snapshots.map((snapshot) => snapshot?.couponId),
      [second, undefined, first, second],
    );
    t.same(await at.admission.snapshots([]), []);
  });

  t.test(
    'an issuance is found by its member, and a member without one differs from a missing coupon',
    async (t) => {
      const couponId = await at.coupon();
      const { storeNowMs } = await at.decided(couponId, members(3));
      t.same(await at.admission.issuanceOf(couponId, member('m3')), {
        holder: 'm3',
        issueNo: 3,
        issuedAtMs: storeNowMs,
      });
      t.equal(await at.admission.issuanceOf(couponId, member('nobody')), undefined);
      t.equal(await at.admission.unrecordedHolder(couponId, 4), undefined, 'never given');
    },
  );

  t.test('the winners of a version are all of them and no one else', async (t) => {
    const couponId = await at.coupon({ quantity: 2_500 });
    const { storeNowMs } = await at.decided(couponId, members(2_502));
    await at.admission.revoke(couponId, 7, member('m7'));
    const view = await at.admission.winners(couponId, 2, 10_000);
    t.equal(view?.size, 2_499);
    t.same(view?.get(member('m2500')), { holder: 'm2500', issueNo: 2_500, issuedAtMs: storeNowMs });
    t.equal(view?.get(member('m7')), undefined, 'revoked');
    t.equal(view?.get(member('m2501')), undefined, 'got sold out');
    await at.request(couponId, 'm7');
    t.equal(view?.size, 2_499, 'a view does not change under its reader');
  });

  t.test('there are no winners to see of another version, or above the limit', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    await at.decided(couponId, members(3));
    t.equal((await at.admission.winners(couponId, 1, 3))?.size, 3, 'the limit itself is allowed');
    t.equal(await at.admission.winners(couponId, 1, 2), undefined, 'more than the limit');
    t.equal(await at.admission.winners(couponId, 2, 3), undefined, 'a version that is not yet');
    await at.amend(couponId, { quantity: 4 });
    t.equal(await at.admission.winners(couponId, 1, 3), undefined, 'a version that is no more');
    t.equal((await at.admission.winners(couponId, 2, 3))?.size, 3);
    const empty = await at.coupon();
    t.equal((await at.admission.winners(empty, 1, 3))?.size, 0, 'an empty list is an answer too');
  });
}
