/** Tests revokes in the admission store, of one issuance and of many. */
import type { Test } from 'tap';
import { freshCouponId, member, members } from './ids.js';
import type { Driver } from './admission-driver.js';

export function aboutRevoking(t: Test, at: Driver): void {
  t.test(
    'a revoked unit returns to stock, its number is never reused, and the member may win anew',
    async (t) => {
      const couponId = await at.coupon({ quantity: 2 });
      t.same(await at.request(couponId, 'a', 'b', 'c'), ['issued 1', 'issued 2', 'sold_out']);
      const reply = await at.admission.revoke(couponId, 1, member('a'));
      t.match(reply, { status: 'revoked', snapshot: { issued: 1, lastIssueNo: 2, version: 2 } });
      t.equal(await at.admission.issuanceOf(couponId, member('a')), undefined);
      t.same(await at.request(couponId, 'a', 'c'), ['issued 3', 'sold_out']);
      t.same(await at.request(couponId, 'a', 'b'), ['already 3', 'already 2']);
      t.match(await at.snapshot(couponId), { issued: 2, lastIssueNo: 3, version: 2 });
    },
  );

  t.test('only a live issuance of that member under that number is revoked', async (t) => {
    const couponId = await at.coupon();
    await at.request(couponId, 'a', 'b');
    const absent: [number, string][] = [
      [3, 'a'],
      [2, 'a'],
      [1, 'b'],
      [1, 'nobody'],
    ];
    for (const [issueNo, name] of absent) {
      const reply = await at.admission.revoke(couponId, issueNo, member(name));
      t.match(reply, { status: 'absent', snapshot: { version: 1, issued: 2 } }, `${issueNo} of ${name}`);
    }
    t.match(await at.admission.revoke(couponId, 2, member('b')), { status: 'revoked' });
    t.match(await at.admission.revoke(couponId, 2, member('b')), {
      status: 'absent',
      snapshot: { version: 2 },
    });
    t.same(await at.request(couponId, 'b'), ['issued 3']);
    t.match(
      await at.admission.revoke(couponId, 2, member('b')),
      { status: 'absent' },
      'the old number stays revoked',
    );
  });

  t.test('a revoke works on a paused and on a closed coupon too', async (t) => {
    for (const change of [{ paused: true }, { closed: true }] as const) {
      const couponId = await at.coupon({ quantity: 1 });
      await at.request(couponId, 'a');
      await at.amend(couponId, change);
      t.match(await at.admission.revoke(couponId, 1, member('a')), {
        status: 'revoked',
        snapshot: { issued: 0 },
      });
    }
  });
}

export function aboutRevokingMany(t: Test, at: Driver): void {
  const held = (...names: readonly [number, string][]) =>
    names.map(([issueNo, name]) => ({ issueNo, holder: member(name) }));

  t.test('many units return to stock with one new version, and a repeat changes nothing', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    t.same(await at.request(couponId, 'a', 'b', 'c', 'd'), ['issued 1', 'issued 2', 'issued 3', 'sold_out']);
    const two = held([1, 'a'], [3, 'c']);
    t.match(await at.admission.revokeMany(couponId, two), {
      status: 'revoked',
      count: 2,
      snapshot: { issued: 1, lastIssueNo: 3, version: 2 },
    });
    t.equal(await at.admission.issuanceOf(couponId, member('a')), undefined);
    t.match(await at.admission.revokeMany(couponId, two), {
      status: 'revoked',
      count: 0,
      snapshot: { issued: 1, version: 2 },
    });
    t.same(await at.request(couponId, 'd', 'a', 'b', 'c'), ['issued 4', 'issued 5', 'already 2', 'sold_out']);
    t.match(
      await at.admission.revokeMany(couponId, held([1, 'a'])),
      { count: 0, snapshot: { issued: 3, version: 2 } },
      'the old number takes nothing from a member who won anew',
    );
  });

  t.test('those that are not live are passed over, and one named twice counts once', async (t) => {
    const couponId = await at.coupon();
    await at.request(couponId, 'a', 'b');
    const absent = held([3, 'a'], [2, 'a'], [1, 'b'], [1, 'nobody']);
    t.match(await at.admission.revokeMany(couponId, absent), {
      status: 'revoked',
      count: 0,
      snapshot: { version: 1, issued: 2 },
    });
    t.match(await at.admission.revokeMany(couponId, []), { count: 0, snapshot: { version: 1 } });
    const mixed = [...absent, ...held([2, 'b'], [2, 'b'])];
    t.match(await at.admission.revokeMany(couponId, mixed), {
      count: 1,
      snapshot: { version: 2, issued: 1 },
    });
  });

  t.test('a thousand are taken back in one step, also of a closed coupon', async (t) => {
    const couponId = await at.coupon({ quantity: 1_000 });
    await at.decided(couponId, members(1_000));
    await at.amend(couponId, { closed: true });
    const all = members(1_000).map((holder, place) => ({ issueNo: place + 1, holder }));
    t.match(await at.admission.revokeMany(couponId, all), {
      count: 1_000,
      snapshot: { issued: 0, lastIssueNo: 1_000, version: 3 },
    });
    t.equal((await at.admission.winners(couponId, 3, 10))?.size, 0);
    t.equal((await at.admission.revokeMany(freshCouponId(), all)).status, 'not_ready');
  });
}
