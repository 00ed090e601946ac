import t from 'tap';
import type { CouponId } from '../domain/coupon.js';
import { CouponLoader } from './coupon-loader.js';
import { couponNumber, StagedWorld } from '../testing/simulation/staged-world.js';

t.test('a crowd on one cold coupon asks the store once', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const loader = new CouponLoader(world);
  const sent = world.storeLink.sent;
  const loaded = await Promise.all(Array.from({ length: 100 }, () => loader.load(couponId)));
  t.equal(world.storeLink.sent, sent + 1);
  t.ok(loaded.every((one) => one?.snapshot.couponId === couponId));
});

t.test('many cold coupons are asked for together, and each gets its own answer', async (t) => {
  const world = new StagedWorld();
  const [one, two] = [await world.registered({ quantity: 1 }), await world.registered({ quantity: 2 })];
  const loader = new CouponLoader(world);
  const sent = world.storeLink.sent;
  const loaded = await Promise.all([two, couponNumber(99), one].map((couponId) => loader.load(couponId)));
  t.same(
    loaded.map((coupon) => coupon?.snapshot.quantity),
    [2, undefined, 1],
  );
  t.equal(world.storeLink.sent, sent + 1);
});

t.test('one round is outstanding; who asks meanwhile goes with the next', async (t) => {
  const world = new StagedWorld();
  const [one, two] = [await world.registered(), await world.registered()];
  const loader = new CouponLoader(world);
  world.storeLink.next('hold');
  const first = loader.load(one);
  await world.time.advance(0);
  const second = [loader.load(one), loader.load(two)];
  const sent = world.storeLink.sent;
  await world.time.advance(10);
  t.equal(world.storeLink.sent, sent);
  world.storeLink.release();
  t.equal((await first)?.snapshot.couponId, one);
  t.same(
    (await Promise.all(second)).map((loaded) => loaded?.snapshot.couponId),
    [one, two],
  );
  t.equal(world.storeLink.sent, sent + 1);
});

t.test('a node of the store that does not answer holds up no coupon of another', async (t) => {
  const world = new StagedWorld();
  const [one, two] = [await world.registered(), await world.registered()];
  Object.assign(world.admission, { shardOf: (couponId: CouponId) => (couponId === one ? 0 : 1) });
  const loader = new CouponLoader(world);
  world.storeLink.next('hold');
  const held = loader.load(one);
  await world.time.advance(0);
  t.equal((await loader.load(two))?.snapshot.couponId, two);
  world.storeLink.release();
  t.equal((await held)?.snapshot.couponId, one);
});

t.test('a coupon that the store lost is warmed before it is handed out', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 7 });
  world.store.loseEverything();
  const loaded = await new CouponLoader(world).load(couponId);
  t.match(loaded?.snapshot, { couponId, quantity: 7, epoch: 2 });
});

t.test('a coupon lost again right after it was warmed is warmed again', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  world.store.loseEverything();
  // Two reads, two steps of the warm; then the read that should find the coupon.
  world.storeLink.next('deliver', 'deliver', 'deliver', 'deliver', 'hold');
  const loading = new CouponLoader(world).load(couponId);
  await world.time.advance(0);
  t.equal(world.store.snapshot(couponId)?.epoch, 2);
  world.store.loseEverything();
  world.storeLink.release();
  t.match((await loading)?.snapshot, { couponId, epoch: 3 });
});

t.test(
  'a store that does not answer fails those who asked, and the next question is asked anew',
  async (t) => {
    const world = new StagedWorld();
    const couponId = await world.registered();
    const loader = new CouponLoader(world);
    world.storeLink.next('refuse');
    await t.rejects(loader.load(couponId), { code: 'store_unavailable' });
    world.storeLink.next('lose_reply');
    await t.rejects(loader.load(couponId), { code: 'store_outcome_unknown' });
    t.ok(await loader.load(couponId));
  },
);

t.test('the age of a snapshot is counted from before the question', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const loader = new CouponLoader(world);
  await world.time.advance(100);
  world.storeLink.next('hold');
  const loading = loader.load(couponId);
  await world.time.advance(50);
  world.storeLink.release();
  t.equal((await loading)?.sentAtMs, 100);
});
