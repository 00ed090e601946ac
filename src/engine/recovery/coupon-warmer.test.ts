import t from 'tap';
import type { Issuance } from '../domain/coupon.js';
import { couponNumber, memberNamed, StagedWorld } from '../testing/simulation/staged-world.js';

const recordedWinners = (count: number): Issuance[] =>
  Array.from({ length: count }, (_, index) => ({
    holder: memberNamed(`m${index + 1}`),
    issueNo: index + 1,
    issuedAtMs: index,
  }));

t.test('an id that was never registered cannot be warmed', async (t) => {
  t.equal(await new StagedWorld().warmer.warm(couponNumber(5)), 'unknown_coupon');
});

t.test('warming again does nothing', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  t.equal(await world.warmer.warm(couponId), 'present');
  t.equal(world.store.snapshot(couponId)?.epoch, 1);
});

t.test('a crowd on a coupon that is not in the store warms it once', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  world.store.loseEverything();
  const results = await Promise.all(Array.from({ length: 50 }, () => world.warmer.warm(couponId)));
  t.same(new Set(results), new Set(['warmed']));
  t.equal(world.store.snapshot(couponId)?.epoch, 2, 'one epoch for all of them');
});

t.test(
  'a rebuilt coupon holds every recorded winner and goes on above every number ever given',
  async (t) => {
    const world = new StagedWorld();
    const couponId = await world.registered({ quantity: 3_000 });
    world.database.record({ couponId, epoch: 1, issuances: recordedWinners(2_500) });
    world.database.revoke(couponId, 1, 2_500, memberNamed('m2500'));
    world.store.loseEverything();
    t.equal(await world.warmer.warm(couponId), 'warmed');
    t.match(world.store.snapshot(couponId), { issued: 2_499, lastIssueNo: 2_500, quantity: 3_000 });
    t.match(world.store.issuanceOf(couponId, memberNamed('m2499')), { issueNo: 2_499, issuedAtMs: 2_498 });
  },
);

t.test('terms that a dying process did not save are saved by the next warm', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 3 });
  world.store.amend(couponId, { quantity: 9 });
  await world.warmer.warm(couponId);
  t.match(world.database.coupons.get(couponId), { quantity: 9, version: 2 });
});

t.test('a warm that failed can be repeated', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  world.store.loseEverything();
  world.databaseLink.next('deliver', 'lose_reply');
  await t.rejects(world.warmer.warm(couponId), { code: 'store_outcome_unknown' });
  t.equal(await world.warmer.warm(couponId), 'warmed');
});
