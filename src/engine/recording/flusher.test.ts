import t from 'tap';
import { type CouponDrain, Flusher } from './flusher.js';
import type { CouponId } from '../domain/coupon.js';
import type { RoundShape } from '../testing/simulation/store-ports.js';
import { STORE_START_MS, StagedWorld, memberNamed } from '../testing/simulation/staged-world.js';

const LEASE_MS = 10_000;

async function queuedAt(world: StagedWorld, count: number): Promise<CouponId> {
  const couponId = await world.registered({ quantity: count });
  const memberIds = Array.from({ length: count }, (_, index) => memberNamed(`m${index + 1}`));
  world.store.admit({ couponId, epoch: 1, holders: memberIds, notAfterMs: STORE_START_MS * 2 });
  return couponId;
}

function flusherOf(world: StagedWorld, recordBatchMax: number): Flusher {
  let tokens = 0;
  const newToken = (): string => `token-${(tokens += 1)}`;
  return new Flusher(
    { queue: world.queue, ledger: world.ledger, newToken },
    { recordBatchMax, leaseMs: LEASE_MS },
  );
}

/** One coupon, and a flusher that is asked for this coupon alone. */
async function queued(count: number, recordBatchMax = 2) {
  const world = new StagedWorld();
  const couponId = await queuedAt(world, count);
  const flusher = flusherOf(world, recordBatchMax);
  const drain = async (alone = false): Promise<CouponDrain | undefined> => {
    const [drained] = await flusher.drain([couponId], alone);
    return drained;
  };
  return { world, couponId, drain };
}

async function several(counts: readonly number[], recordBatchMax: number, rounds: Partial<RoundShape> = {}) {
  const world = new StagedWorld(rounds);
  const couponIds: CouponId[] = [];
  for (const count of counts) couponIds.push(await queuedAt(world, count));
  const [one, two, three] = couponIds;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three are needed');
  const rowsOf = (couponId: CouponId): number => world.database.rows(couponId, 0, 100).length;
  return { world, couponIds, one, two, three, rowsOf, flusher: flusherOf(world, recordBatchMax) };
}

t.test('what is queued becomes rows, in the order of the line, a batch a drain', async (t) => {
  const { world, couponId, drain } = await queued(5);
  t.same(await drain(), {
    status: 'drained',
    inserted: 2,
    replayed: 0,
    revoked: 0,
    deadLettered: 0,
    stale: 0,
    backlog: 'full',
  });
  t.match(await drain(), { inserted: 2, backlog: 'partial' });
  t.match(await drain(), { inserted: 1, backlog: 'empty' });
  t.equal(await drain(), 'empty');
  t.same(
    world.database.rows(couponId, 0, 10).map((row) => row.holder),
    ['m1', 'm2', 'm3', 'm4', 'm5'],
  );
  t.same(world.store.depth(couponId), { queued: 0, claimed: 0 });
});

t.test('a drain of many coupons is one claim, one transaction and one acknowledgement', async (t) => {
  const { world, couponIds, flusher, rowsOf } = await several([1, 2, 3, 0], 10);
  const [storeCalls, databaseCalls] = [world.storeLink.sent, world.databaseLink.sent];
  const drained = await flusher.drain(couponIds);
  t.match(drained, [{ inserted: 1 }, { inserted: 2 }, { inserted: 3 }, 'empty']);
  t.same([world.storeLink.sent - storeCalls, world.databaseLink.sent - databaseCalls], [2, 1]);
  t.same(couponIds.map(rowsOf), [1, 2, 3, 0]);
});

t.test('a drain is bounded by rows: coupons that found none left have their turn later', async (t) => {
  const { couponIds, flusher } = await several([3, 3, 3], 4);
  t.match(await flusher.drain(couponIds), [{ inserted: 3 }, { inserted: 1, backlog: 'full' }, 'later']);
  t.match(await flusher.drain(couponIds), ['empty', { inserted: 2 }, { inserted: 2, backlog: 'partial' }]);
});

t.test('what several calls have claimed is recorded in transactions of a batch each', async (t) => {
  const { world, couponIds, flusher } = await several([2, 2, 2], 4, { couponsPerCall: 1 });
  const before = world.databaseLink.sent;
  t.match(await flusher.drain(couponIds), [{ inserted: 2 }, { inserted: 2 }, { inserted: 2 }]);
  t.equal(world.databaseLink.sent - before, 2);
});

t.test('a conflict of one coupon writes nothing, gives all back, and each is drained alone', async (t) => {
  const { world, couponIds, one, two, flusher, rowsOf } = await several([2, 2, 2], 10);
  await world.registry().revoke(two, 1);
  world.database.revoke(two, 1, 2, memberNamed('m2'));
  t.same(await flusher.drain(couponIds), ['contested', 'contested', 'contested']);
  t.same(couponIds.map(rowsOf), [0, 0, 0]);
  t.same(world.store.depth(one), { queued: 2, claimed: 0 });
  const alone = [];
  for (const couponId of couponIds) alone.push(...(await flusher.drain([couponId], true)));
  t.match(alone, [{ inserted: 2 }, { inserted: 0, revoked: 1 }, { inserted: 2 }]);
});

t.test('a coupon whose call takes long holds up no other, and its late claim is given back', async (t) => {
  const { world, couponIds, one, two, flusher, rowsOf } = await several([1, 1, 1], 10, {
    couponsPerCall: 1,
    stragglers: true,
  });
  world.storeLink.next('deliver', 'hold', 'hold');
  t.match(await flusher.drain(couponIds), [{ inserted: 1 }, 'slow', 'slow']);
  world.storeLink.release();
  await world.time.advance(0);
  t.same([rowsOf(one), rowsOf(two)], [1, 0]);
  t.same(world.store.depth(two), { queued: 1, claimed: 0 });
  t.match(await flusher.drain([two]), [{ inserted: 1 }]);
});

t.test('a coupon out of service is reported as such, and the others are drained', async (t) => {
  const { world, couponIds, two, flusher } = await several([1, 1, 1], 10);
  world.store.lose(two, 'queue');
  t.match(await flusher.drain(couponIds), [{ inserted: 1 }, 'not_ready', { inserted: 1 }]);
});

t.test('a database that is away gives every claim back at once, and nothing is lost', async (t) => {
  const { world, couponIds, one, flusher } = await several([1, 2, 3], 10);
  world.databaseLink.next('refuse');
  const fault = { status: 'fault', fault: { code: 'store_unavailable' } };
  t.match(await flusher.drain(couponIds), [fault, fault, fault]);
  t.same(world.store.depth(one), { queued: 1, claimed: 0 });
  t.match(await flusher.drain(couponIds), [{ inserted: 1 }, { inserted: 2 }, { inserted: 3 }]);
});

t.test('a store that is away is the fault of every coupon', async (t) => {
  const { world, couponIds, flusher } = await several([1, 2, 3], 10);
  world.storeLink.next('refuse');
  const fault = { status: 'fault', fault: { code: 'store_unavailable' } };
  t.match(await flusher.drain(couponIds), [fault, fault, fault]);
});

t.test('a commit whose answer was lost is found to be a replay', async (t) => {
  const { world, couponId, drain } = await queued(2);
  world.databaseLink.next('lose_reply');
  t.match(await drain(), { fault: { code: 'store_outcome_unknown' } });
  t.equal(await drain(), 'contested');
  t.match(await drain(true), { inserted: 0, replayed: 2, backlog: 'empty' });
  t.equal(world.database.rows(couponId, 0, 10).length, 2);
});

t.test('a recorder that dies after claiming is followed by another when its lease has ended', async (t) => {
  const { world, couponId, drain } = await queued(2);
  world.store.claim(couponId, 'of the dead', 2, LEASE_MS);
  t.equal(await drain(), 'empty', 'the lease holds');
  await world.time.advance(LEASE_MS + 1);
  t.match(await drain(), { inserted: 2 });
});

t.test('a release that fails too leaves the work to the end of the lease', async (t) => {
  const { world, couponId, drain } = await queued(2);
  world.databaseLink.next('refuse');
  world.storeLink.next('deliver', 'refuse');
  t.match(await drain(), { fault: { code: 'store_unavailable' } });
  t.same(world.store.depth(couponId), { queued: 0, claimed: 2 });
  await world.time.advance(LEASE_MS + 1);
  t.match(await drain(), { inserted: 2 });
});

t.test('an acknowledgement that is lost costs a replay and no row', async (t) => {
  const { world, couponId, drain } = await queued(2);
  world.storeLink.next('deliver', 'lose_request');
  t.match(await drain(), { fault: { code: 'store_outcome_unknown' } });
  await world.time.advance(LEASE_MS + 1);
  t.match(await drain(true), { inserted: 0, replayed: 2 });
  t.same(world.store.depth(couponId), { queued: 0, claimed: 0 });
});

t.test('an issuance revoked while it was queued or claimed never becomes a row', async (t) => {
  const { world, couponId, drain } = await queued(3);
  world.store.claim(couponId, 'frozen', 1, 100);
  await world.registry().revoke(couponId, 1);
  await world.registry().revoke(couponId, 2);
  await world.time.advance(101);
  t.match(await drain(true), { inserted: 0, revoked: 1 });
  t.match(await drain(), { inserted: 1, backlog: 'empty' });
  t.same(
    world.database.rows(couponId, 0, 10).map((row) => row.issueNo),
    [3],
  );
});

for (const alone of [false, true]) {
  t.test(
    `a recorder frozen across a rebuild records nothing of before it, ${alone ? 'alone' : 'in company'}`,
    async (t) => {
      const { world, couponId, drain } = await queued(3, 3);
      world.databaseLink.next('hold');
      const drained = drain(alone);
      await world.time.advance(0);
      world.database.nextEpoch(couponId);
      world.databaseLink.release();
      t.match(await drained, { inserted: 0, stale: 3 });
      t.same(world.database.rows(couponId, 0, 10), []);
      t.same(world.store.depth(couponId), { queued: 3, claimed: 0 });
      const coupon = world.store.coupons.get(couponId);
      if (coupon !== undefined) coupon.epoch = 2;
      t.match(await drain(), { inserted: 3, stale: 0 });
    },
  );
}
