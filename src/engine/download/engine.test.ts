import t from 'tap';
import type { WinnersView } from '../ports/admission.js';
import type { CouponId } from '../domain/coupon.js';
import {
  ACTOR_IDLE_MS,
  ACTORS_MAX,
  SEALED_WINNERS_MAX,
  UNKNOWN_COUPON_MS,
  VERSION_CHECK_MS,
} from '../domain/limits.js';
import { StoreUnavailableError } from '../domain/errors.js';
import {
  couponNumber,
  LIMITS,
  memberNamed,
  StagedDownload,
  StagedWorld,
} from '../testing/simulation/staged-world.js';
import { SimulatedAdmission } from '../testing/simulation/store-ports.js';

/** Holds as many winners as if a million were held already. */
class CrampedAdmission extends SimulatedAdmission {
  override winners(couponId: CouponId, version: number, limit: number): Promise<WinnersView | undefined> {
    return super.winners(couponId, version, limit - SEALED_WINNERS_MAX);
  }
}

t.test('requests that arrive in one turn of the event loop leave in one batch', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 10 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'first');
  const sent = world.storeLink.sent;
  await world.answers(engine, couponId, 'a', 'b', 'c');
  t.equal(world.storeLink.sent, sent + 1);
});

t.test(
  'a coupon registered a moment after a request for its id is there when the seller gets the answer',
  async (t) => {
    const world = new StagedWorld();
    const engine = await world.engine();
    t.same(await world.answers(engine, couponNumber(1), 'a'), ['unknown_coupon']);
    const couponId = await world.registered();
    t.equal(couponId, 1);
    t.same(await world.answers(engine, couponId, 'a'), ['issued 1']);
  },
);

t.test('without that news an unknown id is read again soon', async (t) => {
  const world = new StagedWorld();
  const engine = await world.engine();
  await world.answers(engine, couponNumber(1), 'a');
  await engine.stop();
  const couponId = await world.registered();
  t.same(await world.answers(engine, couponId, 'a'), ['unknown_coupon']);
  await world.time.advance(UNKNOWN_COUPON_MS);
  t.same(await world.answers(engine, couponId, 'a'), ['issued 1']);
});

t.test('draining waits until every member has its answer', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('hold');
  const [b] = world.request(engine, couponId, 'b');
  const shutDown = engine.shutDown(1_000);
  await world.time.advance(100);
  t.equal(b?.answer, 'waiting');
  world.storeLink.release();
  await world.time.advance(10);
  t.equal(await shutDown, 'settled');
  t.equal(b?.answer, 'issued 2');
});

t.test('draining gives up when its time of grace is over', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const engine = await world.engine();
  world.storeLink.next('hold');
  world.request(engine, couponId, 'a');
  const shutDown = engine.shutDown(50);
  await world.time.advance(100);
  t.equal(await shutDown, 'overdue');
});

t.test('an actor without requests is removed, and made again by the next request', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a', 'b');
  await world.time.advance(ACTOR_IDLE_MS + 200);
  const sent = world.storeLink.sent;
  await world.time.advance(2_000);
  t.equal(world.storeLink.sent, sent, 'its version is no longer checked');
  t.same(await world.answers(engine, couponId, 'b', 'a'), ['sold_out', 'already_issued 1']);
});

t.test('a stopped engine checks nothing any more', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a', 'b');
  await engine.stop();
  const sent = world.storeLink.sent;
  await world.time.advance(5_000);
  t.equal(world.storeLink.sent, sent);
});

t.test('a flood of ids that do not exist is bounded: beyond it they are answered busy', async (t) => {
  const world = new StagedWorld();
  const engine = await world.engine();
  world.storeLink.usualFate = 'hold';
  const member = memberNamed('a');
  for (let id = 1; id <= ACTORS_MAX; id += 1) engine.download(new StagedDownload(couponNumber(id), member));
  const late = new StagedDownload(couponNumber(ACTORS_MAX + 1), member);
  engine.download(late);
  t.equal(late.answer, 'busy');
});

t.test(
  'a sold-out coupon with more winners than memory allows keeps asking the store, exactly',
  async (t) => {
    const world = new StagedWorld();
    const couponId = await world.registered({ quantity: 1 });
    Object.assign(world, { admission: new CrampedAdmission(world.storeLink, world.store) });
    const engine = await world.engine();
    await world.answers(engine, couponId, 'a', 'b');
    for (let round = 0; round < 3; round += 1) {
      t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'waiting');
      t.same(await world.answers(engine, couponId, 'a', 'c'), ['already_issued 1', 'sold_out']);
    }
  },
);

t.test('a failed check of the versions is reported and repeated', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a', 'b');
  world.storeLink.next('refuse');
  await world.time.advance(300);
  t.ok(world.faults[0] instanceof StoreUnavailableError);
  await world.time.advance(LIMITS.admitDeadlineMs);
  t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'sold_out');
});

t.test('a node of the store that does not answer ends no local answers of another', async (t) => {
  const world = new StagedWorld({ shards: 2 });
  const [one, two] = [await world.registered({ quantity: 1 }), await world.registered({ quantity: 1 })];
  const engine = await world.engine();
  for (const couponId of [one, two]) await world.answers(engine, couponId, 'a', 'b');
  // The check of the first node never returns, and those of the second continue.
  world.storeLink.next('hold');
  for (let checks = 0; checks < 12; checks += 1) {
    await world.time.advance(VERSION_CHECK_MS);
    t.equal(world.request(engine, two, 'b')[0]?.answer, 'sold_out');
  }
  t.same(world.request(engine, one, 'b')[0]?.answer, 'waiting', 'the first is asked about');
  world.storeLink.release();
});

t.test('a node of the store that refuses a check is reported, and the others are checked', async (t) => {
  const world = new StagedWorld({ shards: 2 });
  const [one, two] = [await world.registered({ quantity: 1 }), await world.registered({ quantity: 1 })];
  const engine = await world.engine();
  for (const couponId of [one, two]) await world.answers(engine, couponId, 'a', 'b');
  await world.time.advance(VERSION_CHECK_MS);
  for (let checks = 0; checks < 6; checks += 1) {
    world.storeLink.next('refuse');
    await world.time.advance(VERSION_CHECK_MS);
  }
  t.equal(world.faults.length, 6);
  t.equal(world.request(engine, two, 'b')[0]?.answer, 'sold_out');
  t.equal(world.request(engine, one, 'b')[0]?.answer, 'waiting');
});
