import t from 'tap';
import { QUANTITY_MAX } from '../domain/coupon.js';
import { CouponChanger } from './coupon-changer.js';
import { UnsettledChanges } from './unsettled-changes.js';
import type { NewCoupon } from '../ports/coupon-catalogue.js';
import {
  couponNumber,
  memberNamed,
  STORE_START_MS,
  StagedWorld,
} from '../testing/simulation/staged-world.js';
import { issuancesOf } from '../testing/contracts/one-by-one.js';

const newCoupon = (some: Partial<NewCoupon> = {}): NewCoupon => ({
  sellerId: 'seller',
  name: 'a coupon',
  discount: { type: 'percent', value: 10 },
  createdAtMs: 0,
  quantity: 3,
  opensAtMs: undefined,
  closesAtMs: undefined,
  paused: false,
  closed: false,
  ...some,
});

const SELLER = { kind: 'seller', id: 'seller', address: '192.0.2.1' } as const;

const rethrow = (fault: unknown): never => {
  throw fault;
};

function unsettledChanges(
  world: StagedWorld,
  changer = world.changer,
  onFault: (fault: unknown) => void = rethrow,
): UnsettledChanges {
  return new UnsettledChanges({
    ...{ changes: world.changes, changer, clock: world.clock, scheduler: world.scheduler },
    ...{ onSettled: () => undefined, onFault },
  });
}

/** A coupon with `names` as its winners, queued and not recorded. */
async function withWinners(...names: string[]) {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const registry = world.registry();
  const memberIds = names.map(memberNamed);
  if (names.length > 0)
    world.store.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: STORE_START_MS * 2 });
  const record = (): void =>
    void world.database.record({
      couponId,
      epoch: 1,
      issuances: issuancesOf(world.store.claim(couponId, 'token', 10, 1_000)),
    });
  return { world, couponId, registry, record };
}

t.test('a registered coupon is in the store when its seller gets the answer', async (t) => {
  const world = new StagedWorld();
  const view = await world.registry().register(newCoupon());
  t.match(view, { couponId: 1, quantity: 3, issued: 0, remaining: 3, state: 'open', version: 1 });
  t.ok(world.store.snapshot(view.couponId));
});

t.test(
  'a coupon is shown under the terms in force, from the store or, when it is not there, the database',
  async (t) => {
    const { world, couponId, registry, record } = await withWinners('a', 'b');
    record();
    const fromStore = await registry.find(couponId);
    world.store.loseEverything();
    const fromDatabase = await registry.find(couponId);
    t.match(fromStore, { issued: 2, remaining: 1, state: 'open' });
    t.match(fromDatabase, { issued: 2, remaining: 1, state: 'open' });
    t.equal(world.store.snapshot(couponId), undefined, 'reading does not warm');
    t.equal(await registry.find(couponNumber(99)), undefined);
  },
);

t.test('an amendment holds in the store, in the catalogue and in the answer', async (t) => {
  const { world, couponId, registry } = await withWinners();
  const result = await registry.amend(couponId, { quantity: 9, name: 'another name' });
  t.match(result, { status: 'amended', coupon: { quantity: 9, name: 'another name', version: 2 } });
  t.match(world.database.coupons.get(couponId), { quantity: 9, version: 2, name: 'another name' });
  t.match(await registry.amend(couponId, { name: 'another name' }), { coupon: { version: 2 } });
});

t.test('a demand for presence is shown where there is one, and lifted', async (t) => {
  const { couponId, registry } = await withWinners();
  t.equal((await registry.find(couponId))?.door, undefined);
  t.match(await registry.amend(couponId, { door: { presence: true } }), {
    coupon: { door: { presence: true } },
  });
  t.match(await registry.amend(couponId, { quantity: 9 }), {
    coupon: { door: { presence: true }, quantity: 9 },
  });
  await registry.amend(couponId, { door: { presence: null } });
  t.equal((await registry.find(couponId))?.door, undefined);
});

t.test('an amendment that cannot be is refused with its reason', async (t) => {
  const { world, couponId, registry } = await withWinners('a', 'b');
  t.same(await registry.amend(couponId, { quantity: 1 }), { status: 'quantity_below_issued', issued: 2 });
  t.same(await registry.amend(couponId, { opensAtMs: 2, closesAtMs: 1 }), { status: 'window_invalid' });
  t.same(await registry.amend(couponNumber(99), { quantity: 1 }), { status: 'unknown_coupon' });
  await registry.amend(couponId, { closed: true });
  t.same(await registry.amend(couponId, { quantity: 5 }), { status: 'closed' });
  t.match(world.database.coupons.get(couponId), { quantity: 3, closed: true });
});

t.test('an amendment of a coupon that is not in the store warms it first', async (t) => {
  const { world, couponId, registry } = await withWinners();
  world.store.loseEverything();
  t.match(await registry.amend(couponId, { quantity: 9 }), { status: 'amended', coupon: { quantity: 9 } });
});

t.test('a store that loses the coupon again and again leaves the change to a later try', async (t) => {
  const { world, couponId, registry } = await withWinners('a');
  world.store.loseEverything();
  // Command, read, two steps of the warm; then the command again.
  world.storeLink.next('deliver', 'deliver', 'deliver', 'deliver', 'hold');
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
  // The change is written down; then the saving is slow.
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

t.test(
  'a change that the database does not take in is not in force, and its seller learns that',
  async (t) => {
    const { world, couponId, registry } = await withWinners();
    world.databaseLink.next('refuse');
    await t.rejects(registry.amend(couponId, { paused: true }), { code: 'store_unavailable' });
    t.equal(world.store.snapshot(couponId)?.paused, false);
    t.same(world.database.changes.unsettled(), []);
  },
);

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

t.test(
  'a change in force that the database does not save is unknown, and is saved automatically',
  async (t) => {
    const { world, couponId, registry } = await withWinners();
    world.databaseLink.next('deliver', 'refuse');
    await t.rejects(registry.amend(couponId, { closed: true }, SELLER), { code: 'store_outcome_unknown' });
    t.equal(world.store.snapshot(couponId)?.closed, true);
    const unsettled = unsettledChanges(world);
    await unsettled.poll();
    await unsettled.poll();
    t.match(world.database.coupons.get(couponId), { closed: true });
    t.equal(world.database.changes.auditLog.length, 1);
  },
);

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
  world.storeLink.next('hold');
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

t.test('of changes that name the revision they were made for, the first is made', async (t) => {
  const { world, couponId, registry } = await withWinners();
  const changes = Array.from({ length: 10 }, (_, index) =>
    registry.amend(couponId, { quantity: 10 + index, ifRevisions: [0] }),
  );
  const results = await Promise.all(changes);
  t.equal(results.filter(({ status }) => status === 'amended').length, 1);
  t.equal(results.filter(({ status }) => status === 'changed_meanwhile').length, 9);
  t.match(world.database.coupons.get(couponId), { quantity: 10, revision: 1 });
});

t.test('units that are added all count, and count once per key', async (t) => {
  const { world, couponId, registry } = await withWinners();
  const keyed = { sellerId: 'seller', key: 'k', route: 'POST /top-up', bodyHash: 'h', atMs: 0 };
  await Promise.all(Array.from({ length: 10 }, () => registry.amend(couponId, { addUnits: 10 })));
  t.equal(world.store.snapshot(couponId)?.quantity, 103);
  t.match(await registry.amend(couponId, { addUnits: 5, keyed }), { coupon: { quantity: 108 } });
  t.match(await registry.amend(couponId, { addUnits: 5, keyed }), { coupon: { quantity: 108 } });
  t.same(await registry.amend(couponId, { addUnits: 6, keyed: { ...keyed, bodyHash: 'i' } }), {
    status: 'key_reused',
  });
  t.same(await registry.amend(couponId, { addUnits: QUANTITY_MAX }), { status: 'quantity_too_large' });
});

t.test('a key whose request took no effect may be used again', async (t) => {
  const { couponId, registry, world } = await withWinners();
  const keyed = { sellerId: 'seller', key: 'k', route: 'POST /top-up', bodyHash: 'h', atMs: 0 };
  world.storeLink.next('refuse');
  await t.rejects(registry.amend(couponId, { addUnits: 5, keyed }), { code: 'store_unavailable' });
  t.match(await registry.amend(couponId, { addUnits: 5, keyed }), { coupon: { quantity: 8 } });
});

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

t.test('a coupon that is registered while the store is out of reach is not said to be none', async (t) => {
  const world = new StagedWorld();
  const registry = world.registry();
  world.storeLink.next('refuse');
  await t.rejects(registry.register(newCoupon({})), { code: 'store_outcome_unknown' });
  t.equal((await registry.list({}, undefined, 10)).coupons.length, 1);
});

t.test('lists are pages in the order of the ids, of all sellers or of one', async (t) => {
  const world = new StagedWorld();
  const registry = world.registry();
  for (const sellerId of ['x', 'y', 'x', 'y', 'x']) await registry.register(newCoupon({ sellerId }));
  const first = await registry.list({ sellerId: 'x' }, undefined, 2);
  t.same([first.coupons.map((coupon) => coupon.couponId), first.next?.couponId], [[1, 3], 3]);
  const last = await registry.list({ sellerId: 'x' }, first.next, 2);
  t.same([last.coupons.map((coupon) => coupon.couponId), last.next], [[5], undefined]);
  const all = await registry.list({}, undefined, 10);
  t.same([all.coupons.length, all.next], [5, undefined]);
});

t.test('a list by state shows only that state, and continues where it stopped', async (t) => {
  const world = new StagedWorld();
  const registry = world.registry();
  for (const paused of [true, false, true, true]) await registry.register(newCoupon({ paused }));
  const first = await registry.list({ state: 'paused' }, undefined, 2);
  t.same([first.coupons.map((coupon) => coupon.couponId), first.next?.couponId], [[1, 3], 3]);
  const second = await registry.list({ state: 'paused' }, first.next, 2);
  t.same([second.coupons.map((coupon) => coupon.couponId), second.next], [[4], undefined]);
  t.same((await registry.list({ state: 'closed' }, undefined, 2)).coupons, []);
});

t.test('a list by state over a long catalogue returns short pages with a next', async (t) => {
  const world = new StagedWorld();
  const registry = world.registry();
  for (let count = 0; count < 2_100; count += 1) world.database.insert(newCoupon());
  world.database.insert(newCoupon({ paused: true }));
  const first = await registry.list({ state: 'paused' }, undefined, 5);
  t.same(first.coupons, []);
  t.equal(first.next?.couponId, 2_000);
  const second = await registry.list({ state: 'paused' }, first.next, 5);
  t.same(
    second.coupons.map((coupon) => coupon.couponId),
    [2_101],
  );
});
