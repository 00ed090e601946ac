/** Tests what is refused, and changes of the terms. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import type { WarmCoupon } from '../../ports/admission.js';
import type { TermsChange } from '../../ports/terms-change.js';
import type { Driver } from './admission-driver.js';
import { FAR_FUTURE_MS, SOON_MS, POLL_MS } from './admission-driver.js';
import { freshCouponId, member, members } from './ids.js';

export function aboutRefusals(t: Test, at: Driver): void {
  t.test('a coupon that is not in the store is not ready, never sold out', async (t) => {
    const couponId = freshCouponId();
    const reply = await at.admit(couponId, members(2), { epoch: 7, notAfterMs: 0 });
    t.equal(reply.status, 'not_ready', 'whatever the epoch and the deadline say');
    t.type(reply.storeNowMs, 'number');
    t.same(await at.admission.snapshots([couponId]), [undefined]);
    t.equal(await at.admission.issuanceOf(couponId, member('a')), 'not_ready');
    t.equal(await at.admission.unrecordedHolder(couponId, 1), undefined);
    t.equal(await at.admission.winners(couponId, 1, 1_000), undefined);
    t.same(await at.admission.amend(couponId, { paused: true }), { status: 'not_ready' });
    t.same(await at.admission.revoke(couponId, 1, member('a')), { status: 'not_ready' });
  });

  t.test('another epoch is refused before the deadline is checked, and nothing is written', async (t) => {
    const couponId = await at.coupon({ epoch: 3 });
    for (const epoch of [2, 4]) {
      t.equal(
        (await at.admit(couponId, members(1), { epoch, notAfterMs: 0 })).status,
        'stale_epoch',
        `epoch ${epoch}`,
      );
    }
    t.equal((await at.snapshot(couponId)).issued, 0);
    t.equal((await at.admit(couponId, members(1), { epoch: 3 })).status, 'decided');
  });

  t.test('a batch that comes too late is refused, even for members who hold the coupon', async (t) => {
    const couponId = await at.coupon();
    await at.request(couponId, 'a');
    const { storeNowMs } = await at.snapshot(couponId);
    const reply = await at.admit(couponId, [member('a'), member('b')], { notAfterMs: storeNowMs - 1 });
    t.equal(reply.status, 'expired');
    t.ok(reply.storeNowMs >= storeNowMs);
    t.equal((await at.snapshot(couponId)).issued, 1);
  });

  t.test('nothing is issued outside the window, by the clock of the store', async (t) => {
    const opensAtMs = (await at.storeNowMs()) + SOON_MS;
    const closesAtMs = opensAtMs + SOON_MS;
    const couponId = await at.coupon({ opensAtMs, closesAtMs });
    const seen: string[] = [];
    for (let request = 0; ; request++) {
      const reply = await at.decided(couponId, [member(`p${request}`)]);
      const rightful =
        reply.storeNowMs < opensAtMs ? 'not_open' : reply.storeNowMs < closesAtMs ? undefined : 'closed';
      if (reply.refusal === 'sold_out')
        t.equal(rightful, undefined, 'sold out is a state of the open window');
      else if (reply.refusal !== rightful) t.fail(`${reply.refusal ?? 'issued'} at ${reply.storeNowMs}`);
      const word = reply.refusal ?? 'issued';
      if (seen.at(-1) !== word) seen.push(word);
      if (word === 'closed') break;
      await delay(POLL_MS);
    }
    t.equal(seen[0], 'not_open');
    t.equal(seen[1], 'issued');
    t.equal(seen.at(-1), 'closed');
  });

  t.test('refusals keep their order: not open, paused, closed, sold out', async (t) => {
    const now = await at.storeNowMs();
    const soldOut = { quantity: 1, lastIssueNo: 1 };
    const holder = [{ holder: member('holder'), issueNo: 1, issuedAtMs: now }];
    const cases: [string, Partial<WarmCoupon>][] = [
      ['not_open', { opensAtMs: FAR_FUTURE_MS, paused: true, closed: true }],
      ['paused', { paused: true, closed: true }],
      ['closed', { closed: true }],
      ['closed', { closesAtMs: now }],
      ['sold_out', {}],
    ];
    for (const [refusal, terms] of cases) {
      const couponId = await at.coupon({ ...soldOut, ...terms }, holder);
      t.same(
        await at.request(couponId, 'b', 'holder', 'c', 'holder'),
        [refusal, 'already 1', refusal, 'already 1'],
        `a winner's retry is answered even when the coupon is ${refusal}`,
      );
    }
  });
}

export function aboutTerms(t: Test, at: Driver): void {
  t.test('a paused coupon gives nothing until it is resumed, and each change is a new version', async (t) => {
    const couponId = await at.coupon();
    t.match(await at.amend(couponId, { paused: true }), { status: 'amended', paused: true, version: 2 });
    const refused = await at.decided(couponId, [member('a')]);
    t.match(refused, { refusal: 'paused', version: 2 });
    t.match(await at.amend(couponId, { paused: false }), { status: 'amended', paused: false, version: 3 });
    t.same(await at.request(couponId, 'a'), ['issued 1']);
    t.equal((await at.snapshot(couponId)).version, 3, 'an admission is no new version');
  });

  t.test('closing is final and ends a pause', async (t) => {
    const couponId = await at.coupon({ paused: true });
    const closed = { closed: true, paused: false, version: 2 };
    t.match(await at.amend(couponId, { closed: true }), { status: 'amended', ...closed });
    t.same(await at.request(couponId, 'a'), ['closed']);
    t.match(
      await at.amend(couponId, { closed: true }),
      { status: 'amended', ...closed },
      'again: no new version',
    );
    const changes: TermsChange[] = [
      { paused: true },
      { paused: false },
      { quantity: 20 },
      { quantity: 10 },
      { opensAtMs: null },
      { closesAtMs: FAR_FUTURE_MS },
      { quantity: 20, closed: true },
    ];
    for (const change of changes) {
      t.match(
        await at.amend(couponId, change),
        { status: 'closed', quantity: 10, ...closed },
        JSON.stringify(change),
      );
    }
    const both = await at.coupon();
    t.match(await at.amend(both, { paused: true, closed: true }), { status: 'amended', ...closed });
  });

  t.test(
    'a coupon that came into the store closed and paused is not changed by closing it again',
    async (t) => {
      const couponId = await at.coupon({ paused: true, closed: true });
      t.match(await at.amend(couponId, { closed: true }), { status: 'amended', paused: true, version: 1 });
    },
  );

  t.test('a top-up after sold out gives exactly the units added', async (t) => {
    const couponId = await at.coupon({ quantity: 1 });
    t.same(await at.request(couponId, 'a', 'b'), ['issued 1', 'sold_out']);
    t.match(await at.amend(couponId, { quantity: 3 }), {
      status: 'amended',
      quantity: 3,
      issued: 1,
      version: 2,
    });
    t.same(await at.request(couponId, 'b', 'c', 'd'), ['issued 2', 'issued 3', 'sold_out']);
  });

  t.test('the quantity may be cut down to what is issued and no further', async (t) => {
    const couponId = await at.coupon({ quantity: 5 });
    await at.request(couponId, 'a', 'b');
    t.match(await at.amend(couponId, { quantity: 1, paused: true }), {
      status: 'quantity_below_issued',
      quantity: 5,
      paused: false,
      issued: 2,
      version: 1,
    });
    t.match(await at.amend(couponId, { quantity: 2 }), { status: 'amended', quantity: 2, version: 2 });
    t.same(await at.request(couponId, 'c'), ['sold_out']);
  });

  t.test('a window may be moved or opened wide, and must not end before it starts', async (t) => {
    const couponId = await at.coupon({ opensAtMs: FAR_FUTURE_MS, closesAtMs: FAR_FUTURE_MS + 10 });
    t.same(await at.request(couponId, 'a'), ['not_open']);
    t.match(await at.amend(couponId, { closesAtMs: FAR_FUTURE_MS - 1 }), {
      status: 'window_invalid',
      closesAtMs: FAR_FUTURE_MS + 10,
      version: 1,
    });
    t.equal(
      (await at.amend(couponId, { opensAtMs: FAR_FUTURE_MS + 11, quantity: 0 })).status,
      'window_invalid',
    );
    t.match(
      await at.amend(couponId, { closesAtMs: FAR_FUTURE_MS }),
      { status: 'amended', version: 2 },
      'an empty one',
    );
    const now = await at.storeNowMs();
    t.match(await at.amend(couponId, { opensAtMs: now - 10, closesAtMs: now - 5 }), {
      status: 'amended',
      opensAtMs: now - 10,
      closesAtMs: now - 5,
      version: 3,
    });
    t.same(await at.request(couponId, 'a'), ['closed']);
    const wide = await at.amend(couponId, { opensAtMs: null, closesAtMs: null });
    t.match(wide, { status: 'amended', version: 4 });
    t.equal(wide.opensAtMs, undefined);
    t.equal(wide.closesAtMs, undefined);
    t.same(await at.request(couponId, 'a'), ['issued 1']);
  });

  t.test('a change that alters nothing is no new version', async (t) => {
    const couponId = await at.coupon({ opensAtMs: 1_000 });
    const same: TermsChange[] = [
      {},
      { quantity: 10 },
      { opensAtMs: 1_000, closesAtMs: null },
      { paused: false },
    ];
    for (const change of same) {
      t.match(await at.amend(couponId, change), { status: 'amended', version: 1 }, JSON.stringify(change));
    }
  });
}
