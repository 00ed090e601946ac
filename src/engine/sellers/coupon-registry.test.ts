import t from 'tap';
import { QUANTITY_MAX } from '../domain/coupon.js';
import { CHANGE_WAIT_MAX_MS } from '../domain/limits.js';
import type { CouponView } from './coupon-registry.js';
import { couponNumber, StagedWorld } from '../testing/simulation/staged-world.js';
import { newCoupon, SELLER, unsettledChanges, withWinners } from '../testing/simulation/staged-coupon.js';

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

t.test('a change is judged anew where another one came in between', async (t) => {
  const world = new StagedWorld();
  const registry = world.registry();
  const couponId = await world.registered({ paused: true });
  const seen: string[] = [];
  /** Refuses for a coupon that is not paused; `between` happens while it judges for the first time. */
  const judge = (between: () => Promise<unknown>) => {
    let judged = false;
    return async ({ state }: CouponView) => {
      seen.push(state);
      if (state !== 'paused') throw new Error('pause first');
      if (!judged) await between();
      judged = true;
      return { name: 'judged' };
    };
  };
  const amend = async (between: () => Promise<unknown>, ifRevisions?: readonly number[]) => {
    const view = await registry.find(couponId);
    return view && registry.amendJudged(view, judge(between), ifRevisions);
  };
  await t.rejects(
    amend(() => registry.amend(couponId, { paused: false })),
    /pause first/,
  );
  t.same(seen, ['paused', 'open']);
  t.match(world.database.coupons.get(couponId), { name: 'a coupon', revision: 1 });
  await registry.amend(couponId, { paused: true });
  t.match(await amend(() => registry.amend(couponId, { quantity: 9 })), {
    ...{ status: 'amended', coupon: { name: 'judged', quantity: 9 } },
  });
  const ofRevision = (await registry.find(couponId))?.revision ?? -1;
  t.same(
    await amend(() => registry.amend(couponId, { quantity: 10 }), [ofRevision]),
    { status: 'changed_meanwhile' },
    'the revision that the caller names stays the condition',
  );
  const others = async () => {
    await world.time.advance(CHANGE_WAIT_MAX_MS);
    await registry.amend(couponId, { quantity: 11 });
  };
  await t.rejects(amend(others), { code: 'store_unavailable' });
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
