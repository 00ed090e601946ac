/** Tests which older copies of a coupon a verification passes, where an issuance was taken back shortly before. */
import t from 'tap';
import { INSPECT_MS } from '../domain/limits.js';
import { TakeBack } from '../holds/take-back.js';
import { IssuanceRevoker } from '../sellers/issuance-revoker.js';
import { SimulatedHoldLedger, SimulatedHolds } from '../testing/simulation/simulated-holds.js';
import { recoveryOf } from '../testing/simulation/staged-recovery.js';
import { memberNamed, STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';

/** Longer than a verification or a rebuild takes. */
const RECOVERED_MS = 3 * INSPECT_MS;
const [A, B] = [memberNamed('a'), memberNamed('b')];

/** A coupon whose two winners, a and b, have rows. */
async function recordedCoupon() {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const { admission, bell, catalogue, clock, ledger, versions } = world;
  world.store.admit({ couponId, epoch: 1, holders: [A, B], notAfterMs: Infinity });
  const claim = world.store.claim(couponId, 'token', 10, 1_000);
  if (typeof claim === 'object') world.database.record(claim);
  world.store.ack(couponId, 'token');
  const { warmer, coupons } = recoveryOf(world);
  const holds = new SimulatedHoldLedger(
    world.databaseLink,
    new SimulatedHolds(world.database, () => STORE_START_MS),
  );
  const takeBack = new TakeBack({ admission, bell, holds, versions, warmer });
  const revoker = new IssuanceRevoker({ admission, bell, catalogue, clock, ledger, versions, warmer });
  /** By another process. */
  const prepared = async (): Promise<void> => {
    const another = recoveryOf(world);
    const preparing = another.warmer.prepare(couponId);
    await world.time.advance(RECOVERED_MS);
    await preparing;
    await another.coupons.settle();
  };
  const held = () => world.store.issuanceOf(couponId, A);
  return { world, couponId, coupons, takeBack, revoker, prepared, held };
}

/** The first step of a release, after a copy of the store. */
async function releasedInLedger() {
  const recorded = await recordedCoupon();
  const { world, couponId, takeBack } = recorded;
  const before = world.store.copy();
  const which = [{ issueNo: 1, holder: A }];
  await takeBack.fromLedger({ couponId, epoch: 1, which, reason: 'hold_released' });
  return { ...recorded, which, before };
}

t.test('a revoke whose terms are saved after a verification is made again', async (t) => {
  const { world, couponId, revoker, prepared, held } = await recordedCoupon();
  const before = world.store.copy();
  // The record, the row, the revocation, and then the terms.
  world.databaseLink.next('deliver', 'deliver', 'deliver', 'hold');
  const revoking = revoker.revoke(couponId, 1);
  await world.time.advance(0);
  t.equal(held(), undefined, 'Redis has carried it out');
  world.store.restart(before);
  await prepared();
  t.match(held(), { issueNo: 1 }, 'the copy was in order: no version above its own was saved');
  world.databaseLink.release();
  await world.time.advance(RECOVERED_MS);
  t.match(await revoking, { status: 'revoked', issueNo: 1, remaining: 2 });
  t.equal(held(), undefined);
  t.match(world.database.coupons.get(couponId), { version: 2, epoch: 2 });
});

t.test('a revoke of a coupon that is behind its epoch is saved under the one in force', async (t) => {
  const { world, couponId, revoker, held } = await recordedCoupon();
  // A second process has begun to verify, and found the coupon verified.
  world.database.nextEpoch(couponId);
  t.match(await revoker.revoke(couponId, 1), { status: 'revoked', remaining: 2 });
  t.equal(held(), undefined);
  t.match(world.database.coupons.get(couponId), { version: 2, epoch: 2 });
  t.match(world.store.snapshot(couponId), { version: 2, epoch: 2 });
});

t.test('a take-back whose terms are saved after a verification is tried again', async (t) => {
  const { before, which, world, couponId, takeBack, prepared, held } = await releasedInLedger();
  world.databaseLink.next('hold');
  const returning = takeBack.returnToStock(couponId, which);
  await world.time.advance(0);
  world.store.restart(before);
  await prepared();
  world.databaseLink.release();
  await world.time.advance(RECOVERED_MS);
  t.equal(await returning, 'not_ready');
  t.match(held(), { issueNo: 1 });
  await takeBack.finishLeft();
  t.equal(held(), undefined);
  t.match(world.database.coupons.get(couponId), { version: 2, epoch: 2 });
});

t.test('a take-back whose reply was lost is found missing from an older copy', async (t) => {
  const { before, which, world, couponId, takeBack, prepared, held } = await releasedInLedger();
  world.storeLink.next('lose_reply');
  await t.rejects(takeBack.returnToStock(couponId, which), { code: 'store_outcome_unknown' });
  t.match(await takeBack.returnToStock(couponId, which), { count: 0 });
  world.store.restart(before);
  await prepared();
  t.equal(held(), undefined);
});

t.test(
  'a process that was frozen since before a verification does not pass a copy from before it',
  async (t) => {
    const { world, couponId, coupons, revoker, prepared, held } = await recordedCoupon();
    const [known] = await world.catalogue.find([couponId]);
    if (known === undefined) throw new Error('the coupon is registered');
    const first = world.store.copy();
    // Its process dies before the terms are saved.
    world.database.revoke(couponId, 1, 2, B);
    world.store.revoke(couponId, 2, B);
    const second = world.store.copy();
    world.store.restart(first);
    await prepared();
    t.match(await revoker.revoke(couponId, 1), { status: 'revoked' });
    // As high a version as the saved one, by another revoke.
    world.store.restart(second);
    const checking = coupons.check(known, 0);
    await world.time.advance(RECOVERED_MS);
    t.equal(await checking, 'recovering');
    await world.time.advance(RECOVERED_MS);
    await coupons.settle();
    t.equal(held(), undefined);
    t.equal(world.store.issuanceOf(couponId, B), undefined);
  },
);
