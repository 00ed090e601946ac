/** Tests how one batch of a coupon is decided, for members who may win and for those who only ask. */
import type { Test } from 'tap';
import type { WarmCoupon } from '../../ports/admission.js';
import type { Driver } from './admission-driver.js';
import { FAR_FUTURE_MS, outcomes, askRound } from './admission-driver.js';
import { member, members } from './ids.js';

export function aboutDeciding(t: Test, at: Driver): void {
  t.test('members are numbered from 1 in the order of the batch until the stock is used up', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    t.same(await at.request(couponId, 'a', 'b'), ['issued 1', 'issued 2']);
    t.same(await at.request(couponId, 'c', 'd', 'e'), ['issued 3', 'sold_out', 'sold_out']);
    t.same(await at.request(couponId, 'f'), ['sold_out']);
    t.match(await at.snapshot(couponId), { issued: 3, lastIssueNo: 3, quantity: 3, version: 1 });
  });

  t.test('the refusal is present only when a member got it', async (t) => {
    const couponId = await at.coupon({ quantity: 1 });
    t.equal((await at.decided(couponId, [member('a')])).refusal, undefined);
    t.equal((await at.decided(couponId, [member('a')])).refusal, undefined, 'every member held it already');
    t.equal((await at.decided(couponId, [member('a'), member('b')])).refusal, 'sold_out');
  });

  t.test('a member who pressed twice holds one coupon, within a batch and across batches', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    t.same(await at.request(couponId, 'a', 'b', 'a', 'a', 'c'), [
      'issued 1',
      'issued 2',
      'already 1',
      'already 1',
      'issued 3',
    ]);
    t.same(await at.request(couponId, 'd', 'c', 'd'), ['sold_out', 'already 3', 'sold_out']);
    t.equal((await at.snapshot(couponId)).issued, 3);
  });

  t.test('a duplicate takes no unit from the last place', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    t.same(await at.request(couponId, 'a', 'a', 'b', 'b', 'c'), [
      'issued 1',
      'already 1',
      'issued 2',
      'already 2',
      'sold_out',
    ]);
  });

  t.test('a batch run twice gives every winner the same number and instant again', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    const holders = members(3);
    const first = await at.decided(couponId, holders);
    const second = await at.decided(couponId, holders);
    t.match(first, { firstIssueNo: 1, issuedCount: 2, already: [] });
    t.same(second.already, [
      { index: 0, issueNo: 1, issuedAtMs: first.storeNowMs },
      { index: 1, issueNo: 2, issuedAtMs: first.storeNowMs },
    ]);
    t.match(second, { issuedCount: 0, refusal: 'sold_out' });
    t.same(await at.admission.issuanceOf(couponId, member('m2')), {
      holder: 'm2',
      issueNo: 2,
      issuedAtMs: first.storeNowMs,
    });
  });

  t.test('batches sent at the same time share the stock without a gap or a double', async (t) => {
    const couponId = await at.coupon({ quantity: 300 });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, batch) => at.decided(couponId, members(50, `b${batch}-`))),
    );
    const numbers = replies.flatMap((reply) =>
      Array.from({ length: reply.issuedCount }, (_, index) => reply.firstIssueNo + index),
    );
    t.same(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 300 }, (_, index) => index + 1),
    );
  });

  t.test('the largest batch is decided in one go', async (t) => {
    const couponId = await at.coupon({ quantity: 2_900 });
    const reply = await at.decided(couponId, members(3_000));
    t.match(reply, { firstIssueNo: 1, issuedCount: 2_900, refusal: 'sold_out' });
    t.equal((await at.decided(couponId, members(3_000))).already.length, 2_900);
  });

  t.test('any member id is just a name', async (t) => {
    const names = [
      '__proto__',
      'constructor',
      '0',
      '-1',
      '1e3',
      '.',
      'x'.repeat(64),
      'toString',
      'nil',
      '_',
      '%7C',
      '%AKwA',
    ];
    const couponId = await at.coupon({ quantity: names.length });
    t.same(
      await at.request(couponId, ...names),
      names.map((_, index) => `issued ${index + 1}`),
    );
    t.same(
      await at.request(couponId, ...names),
      names.map((_, index) => `already ${index + 1}`),
    );
    t.same(await at.request(couponId, 'X'.repeat(64)), ['sold_out'], 'capital letters are another member');
  });
}

export function aboutAskers(t: Test, at: Driver): void {
  t.test('an asker learns what it holds and is issued nothing while stock remains', async (t) => {
    const couponId = await at.coupon({ quantity: 3 });
    await at.request(couponId, 'a');
    t.same(await at.ask(couponId, 2, 'a', 'b'), ['already 1', 'holds none']);
    t.match(await at.snapshot(couponId), { issued: 1, lastIssueNo: 1, version: 1 });
    t.same(await at.ask(couponId, 2, 'c', 'd', 'a', 'e'), [
      'issued 2',
      'issued 3',
      'already 1',
      'holds none',
    ]);
    t.equal(await at.admission.issuanceOf(couponId, member('e')), undefined);
  });

  t.test('an asker takes no unit and brings no refusal, whatever state the coupon is in', async (t) => {
    const nowMs = await at.storeNowMs();
    const states: [string, Partial<WarmCoupon>][] = [
      ['not open', { opensAtMs: FAR_FUTURE_MS }],
      ['paused', { paused: true }],
      ['closed', { closed: true }],
      ['over', { closesAtMs: nowMs - 1 }],
      ['sold out', { quantity: 1 }],
      ['open', {}],
    ];
    for (const [state, terms] of states) {
      const couponId = await at.coupon({ ...terms, lastIssueNo: 1 }, [
        { holder: member('a'), issueNo: 1, issuedAtMs: nowMs - 2 },
      ]);
      const reply = await at.admit(couponId, [member('b'), member('a'), member('b')], { askers: 3 });
      t.same(outcomes(reply, 3, 3), ['holds none', 'already 1', 'holds none'], state);
      t.match(reply, { refusal: undefined, issuedCount: 0 }, state);
    }
    const couponId = await at.coupon({ quantity: 1 });
    t.same(await at.ask(couponId, 1, 'a', 'b', 'c'), ['issued 1', 'sold_out', 'holds none']);
  });

  t.test('a member who may win and asks in one batch gets its number at both places', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    t.same(await at.ask(couponId, 2, 'a', 'a', 'b'), ['issued 1', 'already 1', 'holds none']);
    t.same(await at.ask(couponId, 1, 'b', 'a', 'b'), ['issued 2', 'already 1', 'already 2']);
    t.same(await at.ask(couponId, 1, 'c', 'c'), ['sold_out', 'holds none']);
  });

  t.test('a batch of askers is refused as any other: another epoch, too late', async (t) => {
    const couponId = await at.coupon({ epoch: 2 });
    const { storeNowMs } = await at.snapshot(couponId);
    t.match(await at.admit(couponId, members(2), { askers: 2 }), { status: 'stale_epoch' });
    const late = { epoch: 2, askers: 2, notAfterMs: storeNowMs - 1 };
    t.match(await at.admit(couponId, members(2), late), { status: 'expired' });
    t.match(await at.snapshot(couponId), { issued: 0 });
  });

  t.test('three thousand ask in one batch, and in a round beside others who win', async (t) => {
    const couponId = await at.coupon({ quantity: 3_000 });
    await at.admit(couponId, members(1_000));
    const reply = await at.admit(couponId, members(3_000), { askers: 3_000 });
    if (reply.status !== 'decided') throw new Error(reply.status);
    t.match(reply, { issuedCount: 0, refusal: undefined });
    t.equal(reply.already.length, 1_000);
    const beside = await at.coupon();
    const round = await askRound(at.admission, [
      at.batch(couponId, members(2, 'late'), { askers: 1 }),
      at.batch(beside, members(2), { askers: 0 }),
    ]);
    t.match(round, [
      { issuedCount: 1, firstIssueNo: 1_001 },
      { issuedCount: 2, firstIssueNo: 1 },
    ]);
    t.equal((await at.snapshot(couponId)).issued, 1_001);
  });
}
