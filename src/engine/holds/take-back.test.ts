/** Tests the second step of a take-back where the store does not answer. */
import t from 'tap';
import { SimulatedHoldLedger, SimulatedHolds } from '../testing/simulation/simulated-holds.js';
import { memberNamed, STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';
import { TakeBack } from './take-back.js';

t.test('a second step that fails again holds up no other', async (t) => {
  const world = new StagedWorld();
  const { admission, bell, versions, warmer } = world;
  const holds = new SimulatedHoldLedger(
    world.databaseLink,
    new SimulatedHolds(world.database, () => STORE_START_MS),
  );
  const takeBack = new TakeBack({ admission, bell, holds, versions, warmer });
  const coupons = [await world.registered({ quantity: 1 }), await world.registered({ quantity: 1 })];
  const holder = memberNamed('a');
  for (const couponId of coupons)
    world.store.admit({ couponId, epoch: 1, holders: [holder], notAfterMs: Infinity });
  const issued = () => coupons.map((couponId) => world.store.snapshot(couponId)?.issued);

  world.storeLink.next('refuse', 'refuse');
  for (const couponId of coupons)
    await t.rejects(takeBack.returnToStock(couponId, [{ issueNo: 1, holder }]), {
      code: 'store_unavailable',
    });
  world.storeLink.next('refuse');
  await t.rejects(takeBack.finishLeft(), { code: 'store_unavailable' });
  t.same(issued(), [1, 0]);
  await takeBack.finishLeft();
  t.same(issued(), [0, 0]);
});
