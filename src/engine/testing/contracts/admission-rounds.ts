/** Tests how a round of several coupons is decided, and coupons with several units for each member. */
import type { Test } from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import { freshCouponId, freshCouponIds, member, holder, members } from './ids.js';
import type { Driver } from './admission-driver.js';
import { askRound } from './admission-driver.js';

export function aboutRounds(t: Test, at: Driver): void {
  t.test('the coupons of a round are decided as if each had been asked about alone', async (t) => {
    const [large, small, soldOut] = [
      await at.coupon({ quantity: 5 }),
      await at.coupon({ quantity: 1 }),
      await at.coupon({ quantity: 0 }),
    ];
    await at.request(large, 'a');
    t.same(await at.requestRound([large, 'b', 'a', 'b', 'c'], [small, 'a', 'b'], [soldOut, 'a']), [
      ['issued 2', 'already 1', 'already 2', 'issued 3'],
      ['issued 1', 'sold_out'],
      ['sold_out'],
    ]);
    t.match(await at.snapshot(large), { issued: 3, lastIssueNo: 3 });
    t.match(await at.snapshot(small), { issued: 1, lastIssueNo: 1 });
    t.match(await at.snapshot(soldOut), { issued: 0, lastIssueNo: 0 });
  });

  t.test('a coupon that is refused is no matter of the others of its round', async (t) => {
    const couponIds = [await at.coupon(), await at.coupon({ epoch: 3 }), await at.coupon(), freshCouponId()];
    const last = await at.coupon();
    const { storeNowMs } = await at.snapshot(last);
    const replies = await askRound(at.admission, [
      at.batch(couponIds[0], members(1)),
      at.batch(couponIds[1], members(1)),
      at.batch(couponIds[2], members(1), { notAfterMs: storeNowMs - 1 }),
      at.batch(couponIds[3], members(1)),
      at.batch(last, members(1)),
    ]);
    t.same(
      replies.map((reply) => reply.status),
      ['decided', 'stale_epoch', 'expired', 'not_ready', 'decided'],
    );
    t.match(replies[4], { firstIssueNo: 1, issuedCount: 1, already: [], refusal: undefined });
    for (const couponId of couponIds.slice(1, 3)) t.match(await at.snapshot(couponId), { issued: 0 });
  });

  for (const apart of [1, 16]) {
    t.test(`of ids ${apart} apart each coupon gets its own answers, in the order of the round`, async (t) => {
      const couponIds = freshCouponIds(20, apart);
      const [absent, stale] = [couponIds[5], couponIds[11]];
      const present = couponIds.filter((couponId) => couponId !== absent);
      for (const couponId of present) await at.coupon({ couponId, epoch: couponId === stale ? 2 : 1 });
      const sizes = couponIds.map((_, place) => 1 + (place % 3));
      const batches = couponIds.map((couponId, place) => at.batch(couponId, members(sizes[place] ?? 1)));
      const wordOf = (couponId: CouponId, place: number): string | number | undefined =>
        couponId === absent ? 'not_ready' : couponId === stale ? 'stale_epoch' : sizes[place];
      const replies = await askRound(at.admission, batches);
      t.same(
        replies.map((reply) => (reply.status === 'decided' ? reply.issuedCount : reply.status)),
        couponIds.map(wordOf),
      );
      const mixed = [...couponIds].reverse();
      const snapshots = await at.admission.snapshots(mixed);
      t.same(
        snapshots.map((snapshot) => snapshot?.issued),
        mixed.map((couponId) =>
          couponId === absent ? undefined : couponId === stale ? 0 : sizes[couponIds.indexOf(couponId)],
        ),
      );
      t.same(
        snapshots.map((snapshot) => snapshot?.couponId),
        mixed.map((couponId) => (couponId === absent ? undefined : couponId)),
      );
    });
  }

  t.test('a round run twice gives every winner of every coupon the same number again', async (t) => {
    const couponIds = [await at.coupon({ quantity: 2 }), await at.coupon(), await at.coupon({ quantity: 1 })];
    const batches = couponIds.map((couponId, place) => at.batch(couponId, members(place + 1)));
    const first = await askRound(at.admission, batches);
    const second = await askRound(at.admission, batches);
    for (const [place, reply] of first.entries()) {
      const again = second[place];
      if (reply.status !== 'decided' || again?.status !== 'decided') throw new Error('not decided');
      const issuedAtMs = reply.storeNowMs;
      t.same(
        again.already,
        Array.from({ length: reply.issuedCount }, (_, index) => ({ index, issueNo: index + 1, issuedAtMs })),
      );
      t.equal(again.issuedCount, 0);
      t.equal((await at.snapshot(batches[place]?.couponId)).issued, reply.issuedCount);
    }
  });

  t.test('rounds and batches sent at the same time share the stock without a gap or a double', async (t) => {
    const couponIds = [await at.coupon({ quantity: 60 }), await at.coupon({ quantity: 60 })];
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, round) =>
        askRound(
          at.admission,
          couponIds.map((couponId) => at.batch(couponId, members(7, `r${round}-`))),
        ),
      ),
    );
    for (const place of couponIds.keys()) {
      const numbers = replies.flatMap((round) => {
        const reply = round[place];
        if (reply?.status !== 'decided') throw new Error('not decided');
        return Array.from({ length: reply.issuedCount }, (_, index) => reply.firstIssueNo + index);
      });
      t.same(
        numbers.sort((a, b) => a - b),
        Array.from({ length: 60 }, (_, index) => index + 1),
      );
    }
  });

  t.test('the largest round is decided, and so is the largest batch within one', async (t) => {
    const couponIds: CouponId[] = [];
    while (couponIds.length < 400) couponIds.push(await at.coupon({ quantity: 3_000 }));
    const sizes = couponIds.map((_, place) => (place === 7 ? 3_000 : 1 + (place % 5)));
    const batches = couponIds.map((couponId, place) => at.batch(couponId, members(sizes[place] ?? 1)));
    const replies = await askRound(at.admission, batches);
    t.same(
      replies.map((reply) => (reply.status === 'decided' ? reply.issuedCount : reply.status)),
      sizes,
    );
  });

  t.test('a coupon belongs to one shard, and shards are counted from 0', async (t) => {
    for (const couponId of [freshCouponId(), freshCouponId()]) {
      const shard = at.admission.shardOf(couponId);
      t.ok(Number.isInteger(shard) && shard >= 0);
      t.equal(at.admission.shardOf(couponId), shard);
    }
  });
}

export function aboutUnits(t: Test, at: Driver): void {
  t.test('each unit of a member is decided alone, in the order of the batch', async (t) => {
    const couponId = await at.coupon();
    t.same(await at.request(couponId, 'm7', 'm7~2', 'm7~2', 'm7~3'), [
      ...['issued 1', 'issued 2', 'already 2', 'issued 3'],
    ]);
    t.same(await at.request(couponId, 'm7~3', 'm7', 'm7~100'), ['already 3', 'already 1', 'issued 4']);
    t.match(await at.snapshot(couponId), { issued: 4 }, 'each counts as stock');
  });

  t.test('a unit is revoked alone, and may be won anew', async (t) => {
    const couponId = await at.coupon();
    await at.request(couponId, 'm7', 'm7~2', 'm7~3');
    t.match(await at.admission.revoke(couponId, 2, member('m7')), { status: 'absent' }, 'another unit');
    t.match(await at.admission.revoke(couponId, 2, holder('m7~2')), { status: 'revoked' });
    t.same(await at.request(couponId, 'm7', 'm7~2', 'm7~3'), ['already 1', 'issued 4', 'already 3']);
  });

  t.test('readers find each unit under its holder, a warmed one too', async (t) => {
    const issued = [
      { holder: member('m7'), issueNo: 1, issuedAtMs: 100 },
      { holder: holder('m7~2'), issueNo: 2, issuedAtMs: 101 },
    ];
    const couponId = await at.coupon({ lastIssueNo: 2 }, issued);
    t.same(await at.request(couponId, 'm7~2', 'm7~3'), ['already 2', 'issued 3']);
    t.match(await at.admission.issuanceOf(couponId, holder('m7~2')), issued[1]);
    t.match(await at.admission.issuanceOf(couponId, holder('m7~3')), { holder: 'm7~3', issueNo: 3 });
    t.equal(await at.admission.issuanceOf(couponId, holder('m7~4')), undefined);
    const all = await at.admission.issuancesOf(couponId, ['m7', 'm7~4', 'm7~3', 'm7~2'].map(holder));
    t.match(all, [{ issueNo: 1 }, undefined, { issueNo: 3 }, { issueNo: 2 }]);
    t.equal(await at.admission.issuancesOf(freshCouponId(), [member('m7')]), 'not_ready');
    const { version } = await at.snapshot(couponId);
    const view = await at.admission.winners(couponId, version, 10);
    t.equal(view?.size, 3);
    t.match(view?.get(holder('m7~2')), issued[1]);
    t.match(view?.get(member('m7')), issued[0]);
  });

  t.test('sold out is an answer for a unit, not for a member', async (t) => {
    const couponId = await at.coupon({ quantity: 2 });
    t.same(await at.request(couponId, 'm7~2', 'm7', 'm7~3', 'm7~2'), [
      ...['issued 1', 'issued 2', 'sold_out', 'already 1'],
    ]);
  });
}
