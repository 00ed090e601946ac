/**
 * Tests what every back end of `IssuanceQueue` promises.
 *
 * The issuances come from the admission of the same store.
 */
import type { Test } from 'tap';
import { freshCouponId, freshCouponIds, holder, member, members } from './ids.js';
import { inChunks, warmWith } from './admission-driver.js';
import { issuancesOf, oneByOne } from './one-by-one.js';
import { type IssuanceQueueUnderTest, LEASE_MS, Driver, claimsOf } from './queue-driver.js';

export function issuanceQueueContract(
  t: Test,
  name: string,
  open: (t: Test) => Promise<IssuanceQueueUnderTest>,
): void {
  t.test(`${name}: issuance queue contract`, async (t) => {
    const store = await open(t);
    t.teardown(() => store.close());
    const at = new Driver(store);
    aboutClaiming(t, at);
    aboutEndings(t, at);
    aboutLeases(t, at);
    aboutRevokedIssuances(t, at);
    aboutRounds(t, at);
  });
}

function aboutClaiming(t: Test, at: Driver): void {
  t.test('every admitted issuance comes out once, lowest numbers first, up to the limit', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(5));
    const first = await at.claimed(couponId, 2);
    const second = await at.claimed(couponId, 2);
    const third = await at.claimed(couponId, 2);
    t.same(first.issuances, issuances.slice(0, 2));
    t.same(second.issuances, issuances.slice(2, 4));
    t.same(third.issuances, issuances.slice(4));
    t.same([first.couponId, first.epoch], [couponId, 1], 'under the epoch in which it was taken');
    t.equal(await at.claim(couponId), undefined, 'claimed is not to be claimed again');
    t.equal(new Set([first.token, second.token, third.token]).size, 3);
  });

  t.test('a claim goes under the fresh token it was asked for', async (t) => {
    const { couponId } = await at.couponWith(member('a'));
    const claim = await oneByOne(at.queue).claim(couponId, 'token-of-mine', 10, LEASE_MS);
    t.match(claim, { token: 'token-of-mine' }, 'so a claim whose answer was lost can still be released');
  });

  t.test('an empty queue gives nothing, and a coupon that is not in the store is not ready', async (t) => {
    const { couponId } = await at.couponWith();
    t.equal(await at.claim(couponId), undefined);
    t.equal(await at.claim(freshCouponId()), 'not_ready');
    t.same(await at.queue.depths([freshCouponId()]), [undefined]);
  });

  t.test('what members were warmed with is recorded already and not queued', async (t) => {
    const couponId = freshCouponId();
    const terms = { quantity: 10, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
    const issued = members(3).map((holder, index) => ({ holder, issueNo: index + 1, issuedAtMs: 1 }));
    await warmWith(
      at.admission,
      { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 3 },
      inChunks(issued),
    );
    t.equal(await at.claim(couponId), undefined);
  });

  t.test('units keep their holders through claims, releases and searches', async (t) => {
    const units = ['m', 'm~2', 'm~100'].map(holder);
    const { couponId, issuances } = await at.couponWith(...units);
    t.same(await at.admission.unrecordedHolder(couponId, 2), issuances[1], 'queued');
    const claim = await at.claimed(couponId);
    t.same(claim.issuances, issuances);
    t.same(await at.admission.unrecordedHolder(couponId, 3), issuances[2], 'claimed');
    t.same(await at.releaseRound([claim]), [true]);
    t.match(await at.admission.revoke(couponId, 2, holder('m~2')), { status: 'revoked' });
    t.same((await at.claimed(couponId)).issuances, [issuances[0], issuances[2]]);
  });

  t.test('depths count queued and claimed separately, in the order asked for', async (t) => {
    const some = await at.couponWith(...members(5));
    const none = await at.couponWith();
    const first = await at.claimed(some.couponId, 3);
    t.same(await at.queue.depths([none.couponId, some.couponId]), [
      { queued: 0, claimed: 0 },
      { queued: 2, claimed: 3 },
    ]);
    await at.claimed(some.couponId, 1);
    t.same(await at.depth(some.couponId), [1, 4]);
    await oneByOne(at.queue).ack(some.couponId, first.token);
    t.same(await at.depth(some.couponId), [1, 1]);
    t.same(await at.queue.depths([]), []);
  });

  t.test('only a coupon that surely has nothing queued or claimed is without a backlog', async (t) => {
    const [queued, claimed, empty] = [
      await at.couponWith(...members(2)),
      await at.couponWith(...members(2)),
      await at.couponWith(),
    ];
    const claim = await at.claimed(claimed.couponId);
    const unknown = freshCouponId();
    const ids = [empty, queued, claimed].map(({ couponId }) => couponId);
    t.same(await at.queue.withBacklog([...ids, unknown]), [queued.couponId, claimed.couponId, unknown]);
    await oneByOne(at.queue).ack(claimed.couponId, claim.token);
    t.same(await at.queue.withBacklog(ids), [queued.couponId]);
    t.same(await at.queue.withBacklog([]), []);
  });

  t.test('the largest claim holds 3,000 issuances with the longest ids', async (t) => {
    const { couponId } = await at.couponWith();
    const memberIds = members(3_000, 'x'.repeat(59));
    const issuances = await at.admit(couponId, ...memberIds);
    const claim = await at.claimed(couponId, 3_000);
    t.same(claim.issuances, issuances);
    t.equal(await oneByOne(at.queue).release(couponId, claim.token), true);
    t.same((await at.claimed(couponId, 3_000)).issuances, issuances);
  });

  t.test('queued and claimed issuances are found by number, recorded ones are not', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(12));
    const claim = await at.claimed(couponId, 11);
    t.same(await at.admission.unrecordedHolder(couponId, 12), issuances[11], 'queued');
    t.same(await at.admission.unrecordedHolder(couponId, 1), issuances[0], 'claimed, not mistaken for 11');
    t.same(await at.admission.unrecordedHolder(couponId, 11), issuances[10], 'claimed');
    t.equal(await at.admission.unrecordedHolder(couponId, 13), undefined);
    await oneByOne(at.queue).ack(couponId, claim.token);
    t.equal(await at.admission.unrecordedHolder(couponId, 1), undefined, 'recorded');
  });
}

function aboutEndings(t: Test, at: Driver): void {
  t.test('an acked claim is removed for good, and acked only once', async (t) => {
    const { couponId } = await at.couponWith(...members(3));
    const claim = await at.claimed(couponId);
    t.equal(await oneByOne(at.queue).ack(couponId, claim.token), true);
    t.equal(await oneByOne(at.queue).ack(couponId, claim.token), false);
    t.equal(await oneByOne(at.queue).release(couponId, claim.token), false);
    t.same(await at.depth(couponId), [0, 0]);
  });

  t.test('a released claim returns under its numbers, ahead of what came later', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(3));
    const claim = await at.claimed(couponId, 2);
    const [later] = await at.admit(couponId, member('later'));
    t.equal(await oneByOne(at.queue).release(couponId, claim.token), true);
    t.same(await at.depth(couponId), [4, 0]);
    t.same((await at.claimed(couponId)).issuances, [...issuances, later]);
    t.equal(await oneByOne(at.queue).ack(couponId, claim.token), false, 'its token is stale now');
    t.equal(await oneByOne(at.queue).release(couponId, claim.token), false);
  });

  t.test('one claim knows nothing of another, nor of a token never given', async (t) => {
    const one = await at.couponWith(...members(2));
    const other = await at.couponWith(...members(2));
    const claim = await at.claimed(one.couponId);
    const otherClaim = await at.claimed(other.couponId);
    t.equal(await oneByOne(at.queue).ack(one.couponId, otherClaim.token), false);
    t.equal(await oneByOne(at.queue).ack(one.couponId, 'never-given'), false);
    t.equal(await oneByOne(at.queue).release(freshCouponId(), claim.token), false);
    t.same(await at.depth(one.couponId), [0, 2]);
    t.equal(await oneByOne(at.queue).ack(one.couponId, claim.token), true);
  });
}

function aboutLeases(t: Test, at: Driver): void {
  t.test('a claim whose lease has ended is taken over whole, first, and under a new token', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(6));
    const lapsed = await at.lapsedClaim(couponId, 4);
    t.same(await at.depth(couponId), [2, 4], 'still counted as claimed');
    const taken = await at.claimed(couponId, 1);
    t.same(taken.issuances, issuances.slice(0, 4), 'the limit is for the queue');
    t.not(taken.token, lapsed.token);
    t.equal(await oneByOne(at.queue).ack(couponId, lapsed.token), false, 'the sleeper wakes too late');
    t.equal(await oneByOne(at.queue).release(couponId, lapsed.token), false);
    t.same(await at.depth(couponId), [2, 4]);
    t.equal(await oneByOne(at.queue).ack(couponId, taken.token), true);
    t.same((await at.claimed(couponId)).issuances, issuances.slice(4));
  });

  t.test('a claim whose lease has ended may still be acked until a recorder takes over', async (t) => {
    const { couponId } = await at.couponWith(...members(2));
    const lapsed = await at.lapsedClaim(couponId);
    t.equal(await oneByOne(at.queue).ack(couponId, lapsed.token), true);
    t.equal(await at.claim(couponId), undefined);
  });

  t.test('the claim longest lapsed is taken over first, and its new lease holds', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(2));
    await at.lapsedClaim(couponId, 1);
    await at.lapsedClaim(couponId, 1);
    t.same((await at.claimed(couponId)).issuances, issuances.slice(0, 1));
    t.same((await at.claimed(couponId)).issuances, issuances.slice(1));
    t.equal(await at.claim(couponId), undefined);
  });

  t.test('recorders at work at the same time share the queue without a double', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(200));
    const claims = await Promise.all(Array.from({ length: 25 }, () => at.claim(couponId, 10)));
    const numbers = claims.flatMap((claim) => issuancesOf(claim).map((issuance) => issuance.issueNo));
    t.same(
      numbers.sort((a, b) => a - b),
      issuances.map((issuance) => issuance.issueNo),
    );
  });
}

function aboutRevokedIssuances(t: Test, at: Driver): void {
  t.test('an issuance revoked while it was queued leaves the queue', async (t) => {
    const { couponId, issuances } = await at.couponWith(...members(3));
    await at.admission.revoke(couponId, 2, member('m2'));
    t.same(await at.depth(couponId), [2, 0]);
    const [anew] = await at.admit(couponId, member('m2'));
    t.same((await at.claimed(couponId)).issuances, [issuances[0], issuances[2], anew]);
  });

  t.test(
    'an issuance revoked while it was claimed stays with its claim, and a release does not queue it again',
    async (t) => {
      const { couponId, issuances } = await at.couponWith(...members(2));
      const claim = await at.claimed(couponId);
      await at.admission.revoke(couponId, 1, member('m1'));
      const [anew] = await at.admit(couponId, member('m1'));
      t.same(await at.depth(couponId), [1, 2]);
      t.equal(await oneByOne(at.queue).release(couponId, claim.token), true);
      t.same((await at.claimed(couponId)).issuances, [issuances[1], anew]);
    },
  );
}

function aboutRounds(t: Test, at: Driver): void {
  t.test('a round claims of every coupon, in the order of the round, and each gets its own', async (t) => {
    const [one, two, none] = [
      await at.couponWith(...members(3)),
      await at.couponWith(...members(2, 'n')),
      await at.couponWith(),
    ];
    const absent = freshCouponId();
    const replies = await at.claimRound([one.couponId, absent, two.couponId, none.couponId], 100);
    t.match(replies, [
      { couponId: one.couponId, epoch: 1, issuances: one.issuances, backlog: 'empty' },
      'not_ready',
      { couponId: two.couponId, epoch: 1, issuances: two.issuances, backlog: 'empty' },
      'empty',
    ]);
    t.same(await at.depth(one.couponId), [0, 3]);
  });

  t.test('claims of a round are acked and released together, whichever of them is stale', async (t) => {
    const coupons = [];
    for (let count = 1; count <= 3; count++) coupons.push((await at.couponWith(...members(count))).couponId);
    const claims = claimsOf(await at.claimRound(coupons, 100));
    const [first, second, third] = claims;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('not all claimed');
    const stale = { ...second, token: 'never-given' };
    t.same(await at.ackRound([first, stale]), [true, false]);
    t.same(await at.releaseRound([third, stale, first]), [true, false, false]);
    t.same(await Promise.all(coupons.map((couponId) => at.depth(couponId))), [
      [0, 0],
      [0, 2],
      [3, 0],
    ]);
  });

  t.test('a round of a thousand coupons leaves none out', async (t) => {
    const coupons = [];
    for (let count = 0; count < 1_000; count++) coupons.push((await at.couponWith(member('m1'))).couponId);
    const claims = claimsOf(await at.claimRound(coupons, 2_000));
    t.same(
      claims.map(({ couponId }) => couponId),
      coupons,
    );
    t.same(await at.ackRound(claims), Array(1_000).fill(true));
    t.same(await at.queue.depths(coupons), Array(1_000).fill({ queued: 0, claimed: 0 }));
    t.same(await at.queue.withBacklog(coupons), []);
  });

  t.test('a round that is answered by one call is bounded by issuances', async (t) => {
    const coupons = freshCouponIds(3, 16);
    for (const couponId of coupons) await at.couponAt(couponId, ...members(60));
    t.match(await at.claimRound(coupons, 100), [{ backlog: 'empty' }, { backlog: 'partial' }, 'later']);
  });

  t.test('where several calls answer a round, each may have fifty issuances', async (t) => {
    const coupons = freshCouponIds(3, 1);
    for (const couponId of coupons) await at.couponAt(couponId, ...members(60));
    const replies = await at.claimRound(coupons, 100);
    const taken = claimsOf(replies).reduce((sum, { issuances }) => sum + issuances.length, 0);
    t.ok(taken === 100 || taken === 150, `${taken} of 180`);
  });

  for (const apart of [1, 16]) {
    t.test(`of ids ${apart} apart each coupon has its own claim, ack and depth`, async (t) => {
      const coupons = [];
      for (const [place, couponId] of freshCouponIds(20, apart).entries())
        coupons.push(await at.couponAt(couponId, ...members(1 + (place % 3), `m${place}-`)));
      const ids = coupons.map(({ couponId }) => couponId);
      const claims = claimsOf(await at.claimRound(ids, 3_000));
      t.match(
        claims,
        coupons.map(({ couponId, issuances }) => ({ couponId, issuances })),
      );
      const [acked, released] = [claims.slice(0, 10), claims.slice(10)];
      t.same(await at.ackRound(acked), Array(10).fill(true));
      t.same(await at.releaseRound([...released].reverse()), Array(10).fill(true));
      t.same(
        await at.queue.depths(ids),
        coupons.map(({ issuances }, place) => ({ queued: place < 10 ? 0 : issuances.length, claimed: 0 })),
      );
    });
  }

  t.test('the leases of a round end for each coupon alone', async (t) => {
    const [one, two] = [await at.couponWith(...members(2)), await at.couponWith(...members(2))];
    const lapsed = await at.lapsedClaim(one.couponId);
    const held = await at.claimed(two.couponId);
    const replies = await at.claimRound([one.couponId, two.couponId], 100);
    t.match(replies, [{ issuances: one.issuances, backlog: 'full' }, 'empty']);
    t.same(await at.ackRound([lapsed, held]), [false, true]);
  });
}
