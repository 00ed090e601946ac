import t from 'tap';
import type { CouponId } from '../domain/coupon.js';
import { StoreUnavailableError } from '../domain/errors.js';
import type { DrainResult } from './flusher.js';
import {
  PENDING_IDLE_MS,
  DRAIN_COOLDOWN_MAX_MS,
  DRAIN_COOLDOWN_MS,
  DRAIN_RETRY_MS,
  DRAIN_TICK_MS,
  DRAINS_PER_SECOND,
  SWEEP_EVERY_MS,
} from '../domain/limits.js';
import { Recorder } from './recorder.js';
import {
  couponNumber,
  memberNamed,
  STORE_START_MS,
  StagedWorld,
} from '../testing/simulation/staged-world.js';

const EMPTIED: DrainResult = {
  inserted: 1,
  replayed: 0,
  revoked: 0,
  deadLettered: 0,
  stale: 0,
  notReady: false,
  backlog: 'empty',
};

/** A recorder whose drains are started by it and ended by the test. */
class Yard {
  readonly world = new StagedWorld();
  readonly started: CouponId[] = [];
  readonly drained: CouponId[] = [];
  readonly prepared: CouponId[] = [];
  readonly recorder: Recorder;
  #ends: { resolve: (result: DrainResult) => void; reject: (fault: unknown) => void }[] = [];

  constructor(drainsMax = 2) {
    const { queue, bell, clock, scheduler, onFault } = this.world;
    const drain = (couponId: CouponId): Promise<DrainResult> => {
      this.started.push(couponId);
      return new Promise((resolve, reject) => this.#ends.push({ resolve, reject }));
    };
    const onDrained = (couponId: CouponId): void => void this.drained.push(couponId);
    const prepare = (couponId: CouponId): Promise<void> => {
      this.prepared.push(couponId);
      return Promise.resolve();
    };
    const ports = { queue, bell, clock, scheduler, drain, prepare, onDrained, onFault };
    this.recorder = new Recorder(ports, drainsMax);
  }

  /** Ends the drain that has run longest. */
  async end(result: DrainResult | Error = EMPTIED): Promise<void> {
    const drain = this.#ends.shift();
    if (result instanceof Error) drain?.reject(result);
    else drain?.resolve(result);
    await this.world.time.advance(0);
  }

  /** A coupon with one queued issuance, marked pending or not. */
  async queued(): Promise<CouponId> {
    const couponId = await this.world.registered();
    const memberIds = [memberNamed('a')];
    this.world.store.admit({ couponId, epoch: 1, memberIds, notAfterMs: STORE_START_MS * 2 });
    return couponId;
  }
}

const [one, two, three] = [couponNumber(1), couponNumber(2), couponNumber(3)];

t.test('a ring starts a drain at once, a few concurrently, the others in order', async (t) => {
  const yard = new Yard(2);
  await yard.recorder.start();
  for (const couponId of [one, two, three]) yard.recorder.ring(couponId);
  t.same(yard.started, [one, two]);
  await yard.end();
  t.same(yard.started, [one, two, three]);
  t.same(yard.drained, [one]);
});

t.test('a coupon has at most one drain, and a ring meanwhile means one more', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  for (let rings = 0; rings < 5; rings += 1) yard.recorder.ring(one);
  t.same(yard.started, [one]);
  await yard.end();
  t.same(yard.started, [one], 'after a cooldown, so that there is something to record');
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [one, one]);
  await yard.end();
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [one, one], 'and no third');
});

t.test('the rest of one coupon keeps no other from its turn', async (t) => {
  const yard = new Yard(1);
  await yard.recorder.start();
  yard.recorder.ring(one);
  await yard.end();
  yard.recorder.ring(one);
  yard.recorder.ring(two);
  t.same(yard.started, [one, two]);
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  await yard.end();
  t.same(yard.started, [one, two, one]);
});

t.test('the more coupons, the longer each cooldown, and then they go together', async (t) => {
  const coupons = Array.from({ length: (DRAINS_PER_SECOND * DRAIN_COOLDOWN_MS) / 250 }, (_, place) =>
    couponNumber(place + 1),
  );
  const yard = new Yard(coupons.length);
  await yard.recorder.start();
  for (const couponId of coupons) yard.recorder.ring(couponId);
  t.equal(yard.started.length, coupons.length);
  const cooldownMs = (coupons.length / DRAINS_PER_SECOND) * 1_000;
  for (const couponId of coupons) {
    await yard.end();
    yard.recorder.ring(couponId);
    // Their drains end one after the other within a step.
    await yard.world.time.advance(DRAIN_TICK_MS / 2 / coupons.length);
  }
  await yard.world.time.advance(cooldownMs - DRAIN_TICK_MS);
  t.equal(yard.started.length, coupons.length, 'not after the rest of a lone coupon');
  await yard.world.time.advance(2 * DRAIN_TICK_MS);
  t.equal(yard.started.length, 2 * coupons.length);
});

t.test('no cooldown is longer than a second, however many coupons there are', async (t) => {
  const coupons = Array.from({ length: 3 * DRAINS_PER_SECOND }, (_, place) => couponNumber(place + 1));
  const yard = new Yard(coupons.length);
  await yard.recorder.start();
  for (const couponId of coupons) yard.recorder.ring(couponId);
  await yard.end();
  yard.recorder.ring(one);
  await yard.world.time.advance(DRAIN_COOLDOWN_MAX_MS + DRAIN_TICK_MS);
  t.equal(yard.started.length, coupons.length + 1);
});

t.test('a coupon with more than its share waits for its next turn behind the others', async (t) => {
  const yard = new Yard(1);
  await yard.recorder.start();
  yard.recorder.ring(one);
  yard.recorder.ring(two);
  await yard.end({ ...EMPTIED, backlog: 'full' });
  t.same(yard.started, [one, two]);
  await yard.end();
  t.same(yard.started, [one, two, one]);
});

t.test('a remaining backlog is drained after a cooldown, without another ring', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  yard.recorder.ring(one);
  await yard.end({ ...EMPTIED, backlog: 'partial' });
  t.same(yard.started, [one], 'first more may gather');
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [one, one]);
});

t.test('a ring of another process starts a drain', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  yard.world.bell.ring(two);
  await yard.world.time.advance(0);
  t.same(yard.started, [two]);
});

t.test('what a dead process left is found without any ring', async (t) => {
  const yard = new Yard();
  const couponId = await yard.queued();
  yard.world.store.markPending([couponId]);
  await yard.recorder.start();
  await yard.world.time.advance(0);
  t.same(yard.started, [couponId], 'at start');
  await yard.end();
  await yard.world.time.advance(SWEEP_EVERY_MS);
  t.same(yard.started, [couponId, couponId], 'and again while something is left');
});

t.test('a claim of a dead recorder is checked again until its lease has ended', async (t) => {
  const yard = new Yard();
  const couponId = await yard.queued();
  yard.world.store.markPending([couponId]);
  yard.world.store.claim(couponId, 'of the dead', 10, 10_000);
  await yard.recorder.start();
  await yard.world.time.advance(0);
  t.same(yard.started, [couponId]);
});

t.test('the mark of a coupon seen empty stays for a while, then goes', async (t) => {
  const yard = new Yard();
  const couponId = await yard.world.registered();
  yard.world.store.markPending([couponId]);
  await yard.recorder.start();
  await yard.world.time.advance(PENDING_IDLE_MS - SWEEP_EVERY_MS);
  t.same([...yard.world.store.pendingMs.keys()], [couponId], 'a batch may still be on its way');
  await yard.world.time.advance(2 * SWEEP_EVERY_MS);
  t.same([...yard.world.store.pendingMs.keys()], []);
  t.same(yard.started, []);
});

t.test('an unreachable store is not hammered: all drains pause, and nothing is forgotten', async (t) => {
  const yard = new Yard(1);
  await yard.recorder.start();
  yard.recorder.ring(one);
  yard.recorder.ring(two);
  await yard.end(new StoreUnavailableError('away'));
  yard.recorder.ring(three);
  t.same(yard.started, [one], 'resting');
  t.equal(yard.world.faults.length, 1);
  await yard.world.time.advance(DRAIN_RETRY_MS + SWEEP_EVERY_MS);
  t.same(yard.started, [one, two]);
  await yard.end();
  t.same(yard.started, [one, two, three]);
});

t.test('a sweep that fails is reported and the next one does its work', async (t) => {
  const yard = new Yard();
  const couponId = await yard.queued();
  yard.world.store.markPending([couponId]);
  yard.world.storeLink.next('refuse');
  await yard.recorder.start();
  await yard.world.time.advance(0);
  t.equal(yard.world.faults.length, 1);
  t.same(yard.started, []);
  await yard.world.time.advance(SWEEP_EVERY_MS);
  t.same(yard.started, [couponId]);
});

t.test('stopping waits for the drains under way and starts none', async (t) => {
  const yard = new Yard(1);
  await yard.recorder.start();
  yard.recorder.ring(one);
  yard.recorder.ring(two);
  let stopped = false;
  const stopping = yard.recorder.stop().then(() => (stopped = true));
  yard.recorder.ring(three);
  await yard.world.time.advance(100);
  t.equal(stopped, false);
  await yard.end();
  await yard.world.time.advance(10);
  await stopping;
  t.equal(stopped, true);
  t.same(yard.started, [one]);
});

t.test('a coupon whose claims are refused as stale is prepared before it is drained again', async (t) => {
  const yard = new Yard(1);
  await yard.recorder.start();
  yard.recorder.ring(one);
  await yard.end({ ...EMPTIED, inserted: 0, stale: 1 });
  t.same(yard.prepared, [one]);
  yard.recorder.ring(one);
  await yard.world.time.advance(1_000);
  await yard.end();
  t.same(yard.prepared, [one], 'only then');
  t.same(yard.started, [one, one]);
});
