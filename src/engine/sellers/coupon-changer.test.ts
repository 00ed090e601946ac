import t from 'tap';
import { CouponChanger } from './coupon-changer.js';
import type { StagedWorld } from '../testing/simulation/staged-world.js';
import { SELLER, unsettledChanges, withWinners } from '../testing/simulation/staged-coupon.js';

t.test('a store that loses the coupon again and again leaves the change to a later try', async (t) => {
  const { world, couponId, registry } = await withWinners('a');
  world.store.loseEverything();
  // Read, read by the warm and its two steps, read again; then the command.
  world.storeLink.next('deliver', 'deliver', 'deliver', 'deliver', 'deliver', 'hold');
  const amending = registry.amend(couponId, { quantity: 9 });
  await world.time.advance(0);
  world.store.loseEverything();
  world.storeLink.release();
  await t.rejects(amending, { code: 'store_outcome_unknown' });
  const unsettled = unsettledChanges(world);
  await unsettled.poll();
  await unsettled.poll();
  t.equal(world.store.snapshot(couponId)?.quantity, 9);
});

t.test('a change that was in force does not come back undone after a rebuild', async (t) => {
  const { world, couponId, registry } = await withWinners();
  // The change is stored; then the saving is slow.
  world.databaseLink.next('deliver', 'hold');
  const amending = registry.amend(couponId, { quantity: 9 }, SELLER);
  await world.time.advance(0);
  t.equal(world.store.snapshot(couponId)?.quantity, 9, 'in force');
  world.store.loseEverything();
  await world.warmer.warm(couponId);
  t.equal(world.store.snapshot(couponId)?.quantity, 9, 'still in force');
  t.equal(world.database.coupons.get(couponId)?.quantity, 3);
  world.databaseLink.release();
  await t.rejects(amending, { code: 'store_outcome_unknown' }, 'the rebuild has taken it over');

  const unsettled = unsettledChanges(world);
  await unsettled.poll();
  t.equal(world.database.coupons.get(couponId)?.quantity, 3, 'its process may still be at it');
  await unsettled.poll();
  t.match(world.database.coupons.get(couponId), { quantity: 9, revision: 1 });
  t.match(world.database.changes.auditLog, [{ action: 'coupon_amended', detail: { quantity: 9 } }]);
  t.match(await registry.amend(couponId, { quantity: 10 }), { status: 'amended', coupon: { quantity: 10 } });
});

t.test('a change that the store does not take in is dropped, and its seller learns that', async (t) => {
  const { world, couponId, registry } = await withWinners();
  world.storeLink.next('refuse');
  await t.rejects(registry.amend(couponId, { paused: true }), { code: 'store_unavailable' });
  t.same(world.database.changes.unsettled(), []);
  world.storeLink.next('refuse');
  world.databaseLink.next('deliver', 'refuse');
  await t.rejects(registry.amend(couponId, { paused: true }), { code: 'store_outcome_unknown' });
  t.equal(world.database.changes.unsettled().length, 1, 'what could not be dropped is carried out');
  const unsettled = unsettledChanges(world);
  await unsettled.poll();
  await unsettled.poll();
  t.equal(world.store.snapshot(couponId)?.paused, true);
  t.match(world.database.coupons.get(couponId), { paused: true });
});

t.test('a change in force is not dropped by who finishes it while the store is not ready', async (t) => {
  const { world, couponId, registry } = await withWinners();
  const keyed = { sellerId: 'seller', key: 'k', route: 'top-up', bodyHash: 'h', atMs: 0 };
  world.databaseLink.next('deliver', 'refuse');
  await t.rejects(registry.amend(couponId, { addUnits: 2, keyed }), { code: 'store_outcome_unknown' });
  t.equal(world.store.snapshot(couponId)?.quantity, 5, 'in force');
  const faults: unknown[] = [];
  const unsettled = unsettledChanges(world, world.changer, (fault) => faults.push(fault));
  await unsettled.poll();
  world.storeLink.next('refuse');
  await unsettled.poll();
  t.match(faults, [{ code: 'store_outcome_unknown' }]);
  t.equal(world.database.changes.unsettled().length, 1, 'it stays written down');
  await unsettled.poll();
  await unsettled.poll();
  await registry.amend(couponId, { addUnits: 2, keyed });
  t.equal(world.store.snapshot(couponId)?.quantity, 5, 'units are added once');
  t.match(world.database.coupons.get(couponId), { quantity: 5 });
});

t.test('a change whose command comes late does not undo the next one', async (t) => {
  const { world, couponId, registry } = await withWinners();
  world.storeLink.next('deliver', 'hold');
  const late = registry.amend(couponId, { paused: true });
  late.catch(() => undefined);
  await world.time.advance(0);
  const other = new CouponChanger(world);
  const unsettled = unsettledChanges(world, other);
  await unsettled.poll();
  await unsettled.poll();
  t.equal(world.store.snapshot(couponId)?.paused, true, 'another process has carried it out');
  const resumed = await other.change({ couponId, terms: { paused: false }, atMs: 0 });
  t.equal(resumed.status, 'changed');
  world.storeLink.release();
  await t.rejects(late, { code: 'store_outcome_unknown' });
  t.equal(world.store.snapshot(couponId)?.paused, false);
  t.match(world.database.coupons.get(couponId), { paused: false });
});

/** Records the commands that reach the store, so that a test can carry one out a second time. */
function amendments(world: StagedWorld): Parameters<typeof world.store.amend>[] {
  const sent: Parameters<typeof world.store.amend>[] = [];
  const amend = world.store.amend.bind(world.store);
  world.store.amend = (...command) => {
    sent.push(command);
    return amend(...command);
  };
  return sent;
}

t.test('a change that was dropped is not made by its own command when that arrives again', async (t) => {
  const { world, couponId, registry } = await withWinners();
  const sent = amendments(world);
  // The coupon is read, and lost before the command arrives; then the database refuses the warm and takes the dropping.
  world.storeLink.next('deliver', 'hold');
  world.databaseLink.next('deliver', 'refuse');
  const amending = registry.amend(couponId, { paused: true });
  await world.time.advance(0);
  world.store.loseEverything();
  world.storeLink.release();
  await t.rejects(amending, { code: 'store_unavailable' });
  t.equal(sent.length, 1);
  await world.warmer.warm(couponId);
  for (const command of [...sent]) t.match(world.store.amend(...command), { status: 'not_ready' });
  t.equal(world.store.snapshot(couponId)?.paused, false);
});

t.test('no command is sent to a coupon that does not serve', async (t) => {
  const { world, couponId, registry } = await withWinners();
  const sent = amendments(world);
  world.store.loseEverything();
  world.databaseLink.next('deliver', 'refuse');
  await t.rejects(registry.amend(couponId, { paused: true }), { code: 'store_unavailable' });
  t.same(sent, [], 'nothing can arrive when the coupon is warm');
});

t.test('a coupon that cannot be read is a change that was not attempted', async (t) => {
  const { world, couponId, registry } = await withWinners();
  world.storeLink.next('lose_reply');
  await t.rejects(registry.amend(couponId, { paused: true }), { code: 'store_unavailable' });
  t.same(world.database.changes.unsettled(), []);
});
