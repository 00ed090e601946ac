import t from 'tap';
import type { CouponId } from '../domain/coupon.js';
import { StoreUnavailableError } from '../domain/errors.js';
import type { CouponDrain, DrainResult } from './flusher.js';
import {
  DRAIN_COOLDOWN_MS,
  DRAIN_COUPONS_MAX,
  DRAIN_RETRY_MS,
  DRAIN_SLOW_MS,
  DRAINED_COUPONS_PER_SECOND,
  PENDING_IDLE_MS,
  RECORDER_STOP_MAX_MS,
  SWEEP_EVERY_MS,
  SWEEP_SELDOM_MS,
} from '../domain/limits.js';
import { Recorder } from './recorder.js';
import {
  couponNumber,
  memberNamed,
  STORE_START_MS,
  StagedWorld,
} from '../testing/simulation/staged-world.js';

const EMPTIED: DrainResult = {
  status: 'drained',
  inserted: 1,
  replayed: 0,
  revoked: 0,
  deadLettered: 0,
  stale: 0,
  backlog: 'empty',
};

/** A recorder whose drains are started by it and ended by the test. */
class Yard {
  readonly world: StagedWorld;
  /** The coupons of each drain. */
  readonly started: (readonly CouponId[])[] = [];
  /** Those that were drained alone. */
  readonly alone: CouponId[] = [];
  readonly drained: CouponId[] = [];
  readonly prepared: CouponId[] = [];
  readonly recorder: Recorder;
  #ends: {
    couponIds: readonly CouponId[];
    resolve: (drained: readonly CouponDrain[]) => void;
    reject: (fault: unknown) => void;
  }[] = [];

  constructor(shards = 1) {
    this.world = new StagedWorld({ shards });
    const { queue, bell, clock, scheduler, onFault } = this.world;
    const drain = (couponIds: readonly CouponId[], alone: boolean): Promise<readonly CouponDrain[]> => {
      this.started.push(couponIds);
      if (alone) this.alone.push(...couponIds);
      return new Promise((resolve, reject) => this.#ends.push({ couponIds, resolve, reject }));
    };
    const onDrained = (couponId: CouponId): void => void this.drained.push(couponId);
    const prepare = (couponId: CouponId): Promise<void> => {
      this.prepared.push(couponId);
      return Promise.resolve();
    };
    this.recorder = new Recorder({ queue, bell, clock, scheduler, drain, prepare, onDrained, onFault });
  }

  async ring(...couponIds: readonly CouponId[]): Promise<void> {
    for (const couponId of couponIds) this.recorder.ring(couponId);
    await this.world.time.advance(0);
  }

  /** Ends the drain that has run longest, with the same for each of its coupons or with what is given for each. */
  async end(drained: CouponDrain | readonly CouponDrain[] | Error = EMPTIED): Promise<void> {
    const drain = this.#ends.shift();
    if (drained instanceof Error) drain?.reject(drained);
    else if (isList(drained)) drain?.resolve(drained);
    else drain?.resolve(drain.couponIds.map(() => drained));
    await this.world.time.advance(0);
  }

  /** A coupon with one queued issuance, marked pending or not. */
  async queued(): Promise<CouponId> {
    const couponId = await this.world.registered();
    const memberIds = [memberNamed('a')];
    this.world.store.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: STORE_START_MS * 2 });
    return couponId;
  }
}

function isList(drained: CouponDrain | readonly CouponDrain[]): drained is readonly CouponDrain[] {
  return Array.isArray(drained);
}

const [one, two, three, four] = [couponNumber(1), couponNumber(2), couponNumber(3), couponNumber(4)];

t.test('coupons that are rung together are one drain, and what is rung meanwhile is the next', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(one, two);
  await yard.ring(three);
  t.same(yard.started, [[one, two]]);
  await yard.end();
  t.same(yard.started, [[one, two]], 'after a cooldown, so that there is something to record');
  t.same(yard.drained, [one, two]);
  await yard.ring(four);
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [
    [one, two],
    [three, four],
  ]);
});

t.test('a coupon is in one drain at a time, and a ring meanwhile means another drain', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  for (let rings = 0; rings < 5; rings += 1) await yard.ring(one);
  t.same(yard.started, [[one]]);
  await yard.end();
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [[one], [one]]);
  await yard.end();
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [[one], [one]], 'and no third');
});

t.test('each node has drains of its own, and one waits for no other', async (t) => {
  const yard = new Yard(2);
  await yard.recorder.start();
  await yard.ring(one, two, three, four);
  t.same(yard.started, [
    [one, three],
    [two, four],
  ]);
  await yard.end();
  await yard.ring(one);
  await yard.world.time.advance(2 * DRAIN_COOLDOWN_MS);
  t.same(yard.started[2], [one], 'while the other is still under way');
});

t.test('nodes that record together cool down longer, and one that records alone does not', async (t) => {
  const yard = new Yard(2);
  await yard.recorder.start();
  await yard.ring(one, two);
  await yard.end();
  await yard.end();
  await yard.ring(one, two);
  await yard.world.time.advance(2 * DRAIN_COOLDOWN_MS - 1);
  t.same(yard.started, [[one], [two]]);
  await yard.world.time.advance(1);
  t.same(yard.started, [[one], [two], [one], [two]]);
  await yard.end();
  await yard.end();
  await yard.world.time.advance(2 * DRAIN_COOLDOWN_MS);

  await yard.ring(one);
  await yard.end();
  await yard.ring(one);
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started.slice(4), [[one], [one]]);
});

t.test('a drain that takes long holds up no coupon that is rung meanwhile', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(one);
  await yard.ring(two);
  t.same(yard.started, [[one]]);
  await yard.world.time.advance(DRAIN_SLOW_MS);
  for (const couponId of [three, four]) {
    await yard.ring(couponId);
    await yard.world.time.advance(DRAIN_SLOW_MS);
  }
  await yard.ring(one);
  t.same(yard.started, [[one], [two, three], [four]], 'and no more than three are outstanding');
});

t.test('the more coupons a drain has, the longer its node cools down', async (t) => {
  const count = (DRAINED_COUPONS_PER_SECOND * DRAIN_COOLDOWN_MS * 2) / 1_000;
  const coupons = Array.from({ length: count }, (_, place) => couponNumber(place + 1));
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(...coupons);
  await yard.end();
  await yard.ring(one);
  await yard.world.time.advance(2 * DRAIN_COOLDOWN_MS - 1);
  t.equal(yard.started.length, 1);
  await yard.world.time.advance(1);
  t.equal(yard.started.length, 2);
});

t.test('more coupons than a drain may have are drained one drain after the other', async (t) => {
  const coupons = Array.from({ length: DRAIN_COUPONS_MAX + 1 }, (_, place) => couponNumber(place + 1));
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(...coupons);
  t.equal(yard.started[0]?.length, DRAIN_COUPONS_MAX);
  await yard.end();
  t.equal(yard.started[1]?.length, 1);
});

t.test(
  'a coupon with more than its share, or none of it, is in the next drain, which begins at once',
  async (t) => {
    const yard = new Yard();
    await yard.recorder.start();
    await yard.ring(one, two);
    await yard.end([{ ...EMPTIED, backlog: 'full' }, 'later']);
    t.same(yard.started, [
      [one, two],
      [one, two],
    ]);
  },
);

for (const left of ['slow', { ...EMPTIED, backlog: 'partial' }] as const) {
  const what = typeof left === 'string' ? left : left.backlog;
  t.test(`what was left behind (${what}) is drained after a cooldown, without another ring`, async (t) => {
    const yard = new Yard();
    await yard.recorder.start();
    await yard.ring(one);
    await yard.end(left);
    t.same(yard.started, [[one]], 'first more may gather');
    await yard.world.time.advance(DRAIN_COOLDOWN_MS);
    t.same(yard.started, [[one], [one]]);
  });
}

t.test('contested coupons are drained alone, a few at a time, and meanwhile the others go on', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(one, two, three);
  await yard.end('contested');
  t.same(yard.alone, [one, two]);
  await yard.ring(one, three, four);
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [[one, two, three], [one], [two], [four]]);
  await yard.end();
  t.same(yard.alone, [one, two, three]);
  await yard.end(new StoreUnavailableError('locked'));
  await yard.end();
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started.at(-1), [one], 'what was rung during its drain is drained in company again');
});

t.test('a bell rung in another process is heard', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  yard.world.bell.ring(two);
  await yard.world.time.advance(0);
  t.same(yard.started, [[two]]);
});

t.test('a node that does not answer a sweep holds up no coupon of another', async (t) => {
  const yard = new Yard(2);
  const coupons = [await yard.queued(), await yard.queued()];
  yard.world.store.markPending(coupons);
  // The marks are read, and then each node is asked.
  yard.world.storeLink.next('deliver', 'refuse');
  await yard.recorder.start();
  await yard.world.time.advance(1);
  t.equal(yard.world.faults.length, 1);
  t.equal(yard.started.length, 1, 'the other node is drained');
});

t.test('what a dead process left is found without any ring', async (t) => {
  const yard = new Yard();
  const couponId = await yard.queued();
  yard.world.store.markPending([couponId]);
  await yard.recorder.start();
  await yard.world.time.advance(0);
  t.same(yard.started, [[couponId]], 'at start');
  await yard.end();
  await yard.world.time.advance(SWEEP_EVERY_MS);
  t.same(yard.started, [[couponId], [couponId]], 'and again while something is left');
});

t.test('a claim of a dead recorder is looked at again until its lease has ended', async (t) => {
  const yard = new Yard();
  const couponId = await yard.queued();
  yard.world.store.markPending([couponId]);
  yard.world.store.claim(couponId, 'of the dead', 10, 10_000);
  await yard.recorder.start();
  await yard.world.time.advance(0);
  t.same(yard.started, [[couponId]]);
});

t.test('the mark of a coupon seen empty stays for a while, then goes', async (t) => {
  const yard = new Yard();
  const couponId = await yard.world.registered();
  yard.world.store.markPending([couponId]);
  await yard.recorder.start();
  await yard.world.time.advance(PENDING_IDLE_MS - SWEEP_EVERY_MS);
  t.same([...yard.world.store.pendingMs.keys()], [couponId], 'a batch may still be on its way');
  await yard.world.time.advance(SWEEP_SELDOM_MS + 2 * SWEEP_EVERY_MS);
  t.same([...yard.world.store.pendingMs.keys()], []);
  t.same(yard.started, []);
});

t.test('a store that is away is not hammered, and nothing is forgotten', async (t) => {
  const yard = new Yard();
  const couponId = await yard.queued();
  yard.world.store.markPending([couponId]);
  await yard.recorder.start();
  await yard.world.time.advance(0);
  await yard.end(new StoreUnavailableError('away'));
  await yard.ring(two);
  await yard.world.time.advance(DRAIN_RETRY_MS - 1);
  t.same(yard.started, [[couponId]], 'cooling down');
  t.equal(yard.world.faults.length, 1);
  await yard.world.time.advance(1);
  t.same(yard.started, [[couponId], [two]]);
  await yard.end();
  await yard.world.time.advance(SWEEP_EVERY_MS);
  t.same(yard.started[2], [couponId], 'the sweep has found it');
});

t.test('the fault of one coupon does not stop the others', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(one, two);
  await yard.end([{ status: 'fault', fault: new Error('a key of the wrong type') }, EMPTIED]);
  t.equal(yard.world.faults.length, 1);
  await yard.ring(two);
  await yard.world.time.advance(DRAIN_COOLDOWN_MS);
  t.same(yard.started, [[one, two], [two]]);
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
  t.same(yard.started, [[couponId]]);
});

t.test('stopping waits for the drains under way and starts none', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(one);
  await yard.ring(two);
  let stopped = false;
  const stopping = yard.recorder.stop().then(() => (stopped = true));
  await yard.ring(three);
  await yard.world.time.advance(100);
  t.equal(stopped, false);
  await yard.end('contested');
  await yard.world.time.advance(10);
  await stopping;
  t.equal(stopped, true);
  t.same(yard.started, [[one]]);
});

for (const drained of ['not_ready', { ...EMPTIED, inserted: 0, stale: 1 }] as const) {
  const what = typeof drained === 'string' ? 'out of service' : 'whose claims are refused as stale';
  t.test(`a coupon ${what} is looked after before it is drained again`, async (t) => {
    const yard = new Yard();
    await yard.recorder.start();
    await yard.ring(one);
    await yard.end(drained);
    t.same(yard.prepared, [one]);
    await yard.ring(one);
    await yard.world.time.advance(1_000);
    await yard.end();
    t.same(yard.prepared, [one], 'only then');
    t.same(yard.started, [[one], [one]]);
  });
}

t.test('stopping gives up a drain that never ends', async (t) => {
  const yard = new Yard();
  await yard.recorder.start();
  await yard.ring(one);
  let stopped = false;
  void yard.recorder.stop().then(() => (stopped = true));
  await yard.world.time.advance(RECORDER_STOP_MAX_MS - 10);
  t.notOk(stopped);
  await yard.world.time.advance(20);
  t.ok(stopped);
});
