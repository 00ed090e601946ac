/** Tests the reconciler as it runs beside the recorders: every few seconds, on pending coupons. */
import t from 'tap';
import { CouponRecovery } from '../recovery/coupon-recovery.js';
import type { CouponId } from '../domain/coupon.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import { RECONCILE_COUPONS_MAX, RECONCILE_EVERY_MS, REVOKE_WAIT_MAX_MS } from '../domain/limits.js';
import { Reconciler } from './reconcile-loop.js';
import { SimulatedAdmitted, SimulatedAudit } from '../testing/simulation/simulated-audit.js';
import { SimulatedRecoveryStore, StoreRecovery } from '../testing/simulation/simulated-recovery-store.js';
import { memberNamed, STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';
import { issuancesOf } from '../testing/contracts/one-by-one.js';

async function started(options: { readonly faultOf?: () => CouponId | undefined } = {}) {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 3 });
  const memberIds = ['a', 'b'].map(memberNamed);
  world.store.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: STORE_START_MS * 2 });
  world.store.markPending([couponId]);
  const gaps: [CouponId, number][] = [];
  const { admission, catalogue, ledger, queue, bell, warmer, versions, scheduler, onFault } = world;
  const stores = { admission, catalogue, ledger, queue, bell, warmer, versions };
  const shared = {
    ...stores,
    changes: world.changes,
    admitted: new SimulatedAdmitted(world.storeLink, world.store),
    audit: new SimulatedAudit(world.databaseLink, world.database),
    ...{ scheduler, onFault },
  };
  const finished: [CouponId, number][] = [];
  const coupons = new CouponRecovery(
    {
      ...shared,
      store: new SimulatedRecoveryStore(world.storeLink, new StoreRecovery(world.store)),
      newToken: () => 'the only one',
      onRecovering: () => undefined,
      onRecovered: () => undefined,
    },
    { leaseMs: 100, lockMs: 1_000 },
  );
  const reconciler = new Reconciler({
    ...shared,
    ledger: countingNoneWith(ledger, options.faultOf),
    clock: world.clock,
    coupons,
    onGap: (id, gap) => gaps.push([id, gap]),
    onRevokesFinished: (id, count) => finished.push([id, count]),
  });
  reconciler.start();
  t.teardown(() => void reconciler.stop());
  const record = (): void => {
    const claim = world.store.claim(couponId, 'token', 10, 1_000);
    world.database.record({ couponId, epoch: 1, issuances: issuancesOf(claim) });
    world.store.ack(couponId, 'token');
  };
  return { world, couponId, reconciler, gaps, finished, record };
}

t.test('what is still on its way is no gap, and a coupon in order has none', async (t) => {
  const { world, reconciler, gaps, record } = await started();
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  record();
  await world.time.advance(RECONCILE_EVERY_MS);
  t.same([gaps, reconciler.gap], [[], 0]);
});

t.test(
  'a revoke whose process died between its two steps is finished, and then there is no gap',
  async (t) => {
    const { world, couponId, reconciler, gaps, finished, record } = await started();
    record();
    world.database.revoke(couponId, 1, 2, memberNamed('b'));
    await world.time.advance(REVOKE_WAIT_MAX_MS + 2 * RECONCILE_EVERY_MS);
    t.same([gaps, finished, reconciler.gap], [[], [[couponId, 1]], 0]);
    t.match(world.store.snapshot(couponId), { issued: 1, lastIssueNo: 2, version: 2 });
    const [saved] = await world.catalogue.find([couponId]);
    t.equal(saved?.version, 2);
  },
);

t.test('a revoke cut in two is finished also where its coupon was found in order before', async (t) => {
  const { world, couponId, finished, record } = await started();
  record();
  await world.time.advance(30_000);
  // A seller revokes: the mark, then the ledger, and then the process dies.
  world.store.markPending([couponId]);
  await world.time.advance(RECONCILE_EVERY_MS);
  world.database.revoke(couponId, 1, 2, memberNamed('b'));
  await world.time.advance(REVOKE_WAIT_MAX_MS + 2 * RECONCILE_EVERY_MS);
  t.same(finished, [[couponId, 1]]);
  t.match(world.store.snapshot(couponId), { issued: 1 });
});

t.test('an issuance missing from both stores is reported once, and again when it is back', async (t) => {
  const { world, couponId, reconciler, gaps, record } = await started();
  record();
  const { rows } = world.database.ledgerOf(couponId);
  const row = rows.get(2);
  rows.delete(2);
  await world.time.advance(3 * RECONCILE_EVERY_MS);
  t.same([gaps, reconciler.gap], [[[couponId, 1]], 1]);
  if (row !== undefined) rows.set(2, row);
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  t.same(gaps.at(-1), [couponId, 0]);
  t.equal(reconciler.gap, 0);
});

t.test('a gap larger than what has just been revoked is reported at once', async (t) => {
  const { world, couponId, gaps, record } = await started();
  record();
  await world.time.advance(RECONCILE_EVERY_MS - 1);
  world.database.revoke(couponId, 1, 2, memberNamed('b'));
  world.database.ledgerOf(couponId).rows.delete(1);
  await world.time.advance(2);
  t.same(gaps, [[couponId, 2]]);
});

t.test('however many coupons wait for a recorder, each is compared', async (t) => {
  const { world, couponId, finished, record } = await started();
  record();
  // Marked before it and never recorded, so none of them can be judged.
  for (let count = 0; count < RECONCILE_COUPONS_MAX + 10; count += 1) {
    const waiting = await world.registered({ quantity: 1 });
    const holders = [memberNamed('a')];
    world.store.admit({ couponId: waiting, epoch: 1, holders, notAfterMs: STORE_START_MS * 2 });
    world.store.markPending([waiting]);
  }
  await world.time.advance(1);
  world.store.markPending([couponId]);
  world.database.revoke(couponId, 1, 2, memberNamed('b'));
  await world.time.advance(REVOKE_WAIT_MAX_MS + 3 * RECONCILE_EVERY_MS);
  t.same(finished, [[couponId, 1]]);
});

t.test('stopping waits for what is being compared', async (t) => {
  const { world, reconciler, record } = await started();
  record();
  world.storeLink.next('hold');
  await world.time.advance(RECONCILE_EVERY_MS);
  let stopped = false;
  const stopping = reconciler.stop().then(() => (stopped = true));
  await world.time.advance(0);
  t.notOk(stopped);
  world.storeLink.release();
  await stopping;
  t.same(world.faults, []);
});

t.test('an unreachable store is a fault and no gap, and the next round goes on', async (t) => {
  const { world, couponId, reconciler, gaps, record } = await started();
  record();
  world.database.ledgerOf(couponId).rows.delete(1);
  world.storeLink.next('refuse');
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  t.same([gaps, world.faults.length], [[], 1]);
  await world.time.advance(RECONCILE_EVERY_MS);
  t.equal(reconciler.gap, 1);
});

t.test('a coupon whose numbers are behind the ledger is recovered without any download', async (t) => {
  const { world, couponId, record } = await started();
  record();
  const coupon = world.store.coupons.get(couponId);
  if (coupon !== undefined) coupon.lastIssueNo = 1;
  await world.time.advance(2 * RECONCILE_EVERY_MS);
  t.match(world.store.snapshot(couponId), { epoch: 2, lastIssueNo: 2, issued: 2 });
});

t.test('a coupon that cannot be counted is a fault of its own, and the others are compared', async (t) => {
  let faultOf: CouponId | undefined;
  const { world, couponId, gaps, reconciler } = await started({ faultOf: () => faultOf });
  const others = [await world.registered({ quantity: 3 }), await world.registered({ quantity: 3 })];
  const ids = [couponId, ...others];
  for (const id of others) {
    world.store.admit({
      couponId: id,
      epoch: 1,
      holders: [memberNamed('a')],
      notAfterMs: STORE_START_MS * 2,
    });
  }
  // Every issuance leaves the queue, and none becomes a row.
  for (const id of ids) {
    world.store.markPending([id]);
    world.store.claim(id, 'token', 10, 1_000);
    world.store.ack(id, 'token');
  }
  [faultOf] = others;
  await world.time.advance(RECONCILE_EVERY_MS + 1);
  const rest = [
    [couponId, 2],
    [others[1], 1],
  ];
  t.same([gaps, reconciler.gap], [rest, 3]);
  t.match(world.faults, [/not countable/]);
  faultOf = undefined;
  await world.time.advance(RECONCILE_EVERY_MS);
  t.same([gaps, reconciler.gap], [[...rest, [others[0], 1]], 4]);
});

/** The ledger of the world, which cannot count the rows of one coupon. */
function countingNoneWith(ledger: IssuanceLedger, faultOf: () => CouponId | undefined = () => undefined) {
  return new Proxy(ledger, {
    get(target, name: keyof IssuanceLedger) {
      if (name !== 'counts') return target[name].bind(target);
      return async (couponIds: readonly CouponId[]) => {
        const fault = faultOf();
        if (fault !== undefined && couponIds.includes(fault)) throw new Error('not countable');
        return target.counts(couponIds);
      };
    },
  });
}
