/** The reconciler as it runs beside the recorders: by itself, every few seconds, on what was announced. */
import t from 'tap';
import { CouponRecovery } from './coupon-recovery.js';
import type { CouponId } from './coupon.js';
import { RECONCILE_EVERY_MS } from './limits.js';
import { Reconciler } from './reconciler.js';
import { SimulatedAdmitted, SimulatedAudit } from './testing/simulation/simulated-audit.js';
import { SimulatedRecoveryStore, StoreRecovery } from './testing/simulation/simulated-recovery-store.js';
import { memberNamed, STORE_START_MS, StagedWorld } from './testing/simulation/staged-world.js';

async function started() {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 3 });
  const memberIds = ['a', 'b'].map(memberNamed);
  world.store.admit({ couponId, epoch: 1, memberIds, notAfterMs: STORE_START_MS * 2 });
  world.store.announce([couponId]);
  const told: [CouponId, number][] = [];
  const { admission, catalogue, ledger, queue, bell, warmer, announcements, scheduler, onFault } = world;
  const stores = { admission, catalogue, ledger, queue, bell, warmer, announcements };
  const shared = { ...stores, scheduler, onFault };
  const coupons = new CouponRecovery(
    {
      ...shared,
      store: new SimulatedRecoveryStore(world.storeLink, new StoreRecovery(world.store)),
      admitted: new SimulatedAdmitted(world.storeLink, world.store),
      audit: new SimulatedAudit(world.databaseLink, world.database),
      newToken: () => 'the only one',
      onRecovering: () => undefined,
      onRecovered: () => undefined,
    },
    { leaseMs: 100, lockMs: 1_000 },
  );
  const reconciler = new Reconciler({
    ...shared,
    coupons,
    onGap: (id, gap) => told.push([id, gap]),
  });
  reconciler.start();
  t.teardown(() => {
    reconciler.stop();
  });
  const record = (): void => {
    const claim = world.store.claim(couponId, 'token', 10, 1_000);
    world.database.record(couponId, 1, claim?.issuances ?? []);
    world.store.ack(couponId, 'token');
  };
  return { world, couponId, reconciler, told, record };
}

t.test('what is still on its way is no gap, and a coupon in order has none', async (t) => {
  const { world, reconciler, told, record } = await started();
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  record();
  await world.time.advance(RECONCILE_EVERY_MS);
  t.same([told, reconciler.gap], [[], 0]);
});

t.test('an issuance that is nowhere is told once, and told again when it is back', async (t) => {
  const { world, couponId, reconciler, told, record } = await started();
  record();
  const { rows } = world.database.ledgerOf(couponId);
  const row = rows.get(2);
  rows.delete(2);
  await world.time.advance(3 * RECONCILE_EVERY_MS);
  t.same([told, reconciler.gap], [[[couponId, 1]], 1]);
  if (row !== undefined) rows.set(2, row);
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  t.same(told.at(-1), [couponId, 0]);
  t.equal(reconciler.gap, 0);
});

t.test('a store that is away is a fault and no gap, and the next look goes on', async (t) => {
  const { world, couponId, reconciler, told, record } = await started();
  record();
  world.database.ledgerOf(couponId).rows.delete(1);
  world.storeLink.next('refuse');
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  t.same([told, world.faults.length], [[], 1]);
  await world.time.advance(RECONCILE_EVERY_MS);
  t.equal(reconciler.gap, 1);
});

t.test('a coupon whose numbers are behind the ledger is recovered though nobody presses', async (t) => {
  const { world, couponId, record } = await started();
  record();
  const coupon = world.store.coupons.get(couponId);
  if (coupon !== undefined) coupon.lastIssueNo = 1;
  await world.time.advance(2 * RECONCILE_EVERY_MS);
  t.match(world.store.snapshot(couponId), { epoch: 2, lastIssueNo: 2, issued: 2 });
});
