import t from 'tap';
import { couponNumber, memberNamed } from '../testing/simulation/staged-world.js';
import { issuancesOf } from '../testing/contracts/one-by-one.js';
import { withWinners } from '../testing/simulation/staged-coupon.js';

t.test('a revoke takes back a recorded, a queued and a claimed issuance alike, once', async (t) => {
  for (const stage of ['recorded', 'queued', 'claimed'] as const) {
    const { world, couponId, registry, record } = await withWinners('a', 'b');
    if (stage === 'recorded') record();
    if (stage === 'claimed') world.store.claim(couponId, 'other', 10, 10_000);
    const revoked = { status: 'revoked', issueNo: 1, holder: 'a', remaining: 2 };
    t.match(await registry.revoke(couponId, 1), revoked, stage);
    t.match(await registry.revoke(couponId, 1), revoked, 'a seller whose answer was lost may repeat it');
    t.equal(world.store.issuanceOf(couponId, memberNamed('a')), undefined);
    t.equal(world.database.rowOf(couponId, memberNamed('a')), undefined);
  }
});

t.test('only what is issued and not used can be taken back', async (t) => {
  const { world, couponId, registry, record } = await withWinners('a', 'b');
  record();
  world.database.use(couponId, memberNamed('a'), 5);
  t.same(await registry.revoke(couponId, 1), { status: 'already_used' });
  t.same(await registry.revoke(couponId, 7), { status: 'not_issued' });
  t.same(await registry.revoke(couponNumber(99), 1), { status: 'unknown_coupon' });
});

t.test('a revoke that failed half-way is finished by repeating it', async (t) => {
  const { world, couponId, registry, record } = await withWinners('a', 'b');
  record();
  world.storeLink.next('deliver', 'refuse');
  await t.rejects(registry.revoke(couponId, 1), { code: 'store_outcome_unknown' });
  t.match(world.store.issuanceOf(couponId, memberNamed('a')), { issueNo: 1 }, 'the store still has it');
  t.match(await registry.revoke(couponId, 1), { status: 'revoked', holder: 'a' });
  t.equal(world.store.issuanceOf(couponId, memberNamed('a')), undefined);
});

t.test(
  'an idle coupon is marked pending before its revoke reaches the ledger, or the revoke never does',
  async (t) => {
    const { world, couponId, registry, record } = await withWinners('a', 'b');
    record();
    world.storeLink.next('refuse');
    await t.rejects(registry.revoke(couponId, 1), { code: 'store_unavailable' });
    t.equal(await world.ledger.revokedHolder(couponId, 1), undefined);
    t.same(
      (await world.bell.pendingMarks(10)).map((mark) => mark.couponId),
      [],
    );

    world.storeLink.next('deliver', 'refuse');
    await t.rejects(registry.revoke(couponId, 1), { code: 'store_outcome_unknown' });
    t.equal(await world.ledger.revokedHolder(couponId, 1), 'a');
    t.same(
      (await world.bell.pendingMarks(10)).map((mark) => mark.couponId),
      [couponId],
    );
  },
);

t.test('a revoke that finds a higher epoch reads the holder of the number once more', async (t) => {
  const { world, couponId, registry, record } = await withWinners('a');
  record();
  world.databaseLink.next('deliver', 'deliver', 'hold');
  const revoking = registry.revoke(couponId, 1);
  await world.time.advance(0);
  t.equal(world.databaseLink.held, 1, 'the holder is known, and the ledger is about to be asked');
  world.database.nextEpoch(couponId);
  world.databaseLink.release();
  t.match(await revoking, { status: 'revoked', holder: 'a' });
});

t.test('an issuance that moves into the ledger while its holder is read is found', async (t) => {
  const { world, couponId, registry } = await withWinners('a');
  world.storeLink.next('hold');
  const revoking = registry.revoke(couponId, 1);
  await world.time.advance(0);
  world.database.record({
    couponId,
    epoch: 1,
    issuances: issuancesOf(world.store.claim(couponId, 'token', 10, 1_000)),
  });
  world.store.ack(couponId, 'token');
  world.storeLink.release();
  t.match(await revoking, { status: 'revoked', holder: 'a' });
});
