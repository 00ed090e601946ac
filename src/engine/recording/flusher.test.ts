import t from 'tap';
import { Flusher } from './flusher.js';
import { DRAIN_CLAIMS_MAX } from '../domain/limits.js';
import { STORE_START_MS, StagedWorld, memberNamed } from '../testing/simulation/staged-world.js';

const LEASE_MS = 10_000;

async function queued(count: number, recordBatchMax = 2) {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: count });
  const memberIds = Array.from({ length: count }, (_, index) => memberNamed(`m${index + 1}`));
  world.store.admit({ couponId, epoch: 1, memberIds, notAfterMs: STORE_START_MS * 2 });
  let tokens = 0;
  const newToken = (): string => `token-${(tokens += 1)}`;
  const flusher = new Flusher(
    { queue: world.queue, ledger: world.ledger, newToken },
    { recordBatchMax, leaseMs: LEASE_MS },
  );
  return { world, couponId, flusher };
}

t.test('everything queued becomes rows, in the order of the line, and the queue is empty', async (t) => {
  const { world, couponId, flusher } = await queued(6);
  t.same(await flusher.drain(couponId), {
    inserted: 6,
    replayed: 0,
    revoked: 0,
    deadLettered: 0,
    stale: 0,
    notReady: false,
    backlog: 'empty',
  });
  t.same(
    world.database.rows(couponId, 0, 10).map((row) => row.memberId),
    ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'],
  );
  t.same(world.store.depth(couponId), { queued: 0, claimed: 0 });
});

t.test('less than a batch is left to gather, and reported', async (t) => {
  const { world, couponId, flusher } = await queued(5, 2);
  t.match(await flusher.drain(couponId), { inserted: 4, backlog: 'partial' });
  t.same(world.store.depth(couponId), { queued: 1, claimed: 0 });
  t.match(await flusher.drain(couponId), { inserted: 1, backlog: 'empty' });
});

t.test('a drain stops after its share, so that other coupons get their turn', async (t) => {
  const { world, couponId, flusher } = await queued(DRAIN_CLAIMS_MAX + 3, 1);
  t.match(await flusher.drain(couponId), { inserted: DRAIN_CLAIMS_MAX, backlog: 'full' });
  t.same(world.store.depth(couponId), { queued: 3, claimed: 0 });
  t.match(await flusher.drain(couponId), { inserted: 3, backlog: 'empty' });
});

t.test('an unreachable database releases the claim at once, and nothing is lost', async (t) => {
  const { world, couponId, flusher } = await queued(3, 3);
  world.databaseLink.next('refuse');
  await t.rejects(flusher.drain(couponId), { code: 'store_unavailable' });
  t.same(world.store.depth(couponId), { queued: 3, claimed: 0 });
  t.match(await flusher.drain(couponId), { inserted: 3 });
});

t.test('a commit whose answer was lost is found to be a replay', async (t) => {
  const { world, couponId, flusher } = await queued(2);
  world.databaseLink.next('lose_reply');
  await t.rejects(flusher.drain(couponId), { code: 'store_outcome_unknown' });
  t.match(await flusher.drain(couponId), { inserted: 0, replayed: 2, backlog: 'empty' });
  t.equal(world.database.rows(couponId, 0, 10).length, 2);
});

t.test('a recorder that dies after claiming is followed by another when its lease has ended', async (t) => {
  const { world, couponId, flusher } = await queued(2);
  world.store.claim(couponId, 'of the dead', 2, LEASE_MS);
  t.match(await flusher.drain(couponId), { inserted: 0, backlog: 'empty' }, 'the lease holds');
  await world.time.advance(LEASE_MS + 1);
  t.match(await flusher.drain(couponId), { inserted: 2, backlog: 'empty' });
});

t.test('a release that fails too leaves the work to the end of the lease', async (t) => {
  const { world, couponId, flusher } = await queued(2);
  world.databaseLink.next('refuse');
  world.storeLink.next('deliver', 'refuse');
  await t.rejects(
    flusher.drain(couponId),
    { code: 'store_unavailable' },
    'the first fault is the one reported',
  );
  t.same(world.store.depth(couponId), { queued: 0, claimed: 2 });
  await world.time.advance(LEASE_MS + 1);
  t.match(await flusher.drain(couponId), { inserted: 2 });
});

t.test('an acknowledgement that is lost costs a replay and no row', async (t) => {
  const { world, couponId, flusher } = await queued(2);
  world.storeLink.next('deliver', 'lose_request');
  await t.rejects(flusher.drain(couponId), { code: 'store_outcome_unknown' });
  await world.time.advance(LEASE_MS + 1);
  t.match(await flusher.drain(couponId), { inserted: 0, replayed: 2, backlog: 'empty' });
  t.same(world.store.depth(couponId), { queued: 0, claimed: 0 });
});

t.test('an issuance revoked while it was queued or claimed never becomes a row', async (t) => {
  const { world, couponId, flusher } = await queued(3);
  world.store.claim(couponId, 'frozen', 1, 100);
  await world.registry().revoke(couponId, 1);
  await world.registry().revoke(couponId, 2);
  await world.time.advance(101);
  t.match(await flusher.drain(couponId), { inserted: 1, revoked: 1, backlog: 'empty' });
  t.same(
    world.database.rows(couponId, 0, 10).map((row) => row.issueNo),
    [3],
  );
});

t.test(
  'a recorder frozen across a rebuild records nothing of before it, and what is held is recorded anew',
  async (t) => {
    const { world, couponId, flusher } = await queued(3, 3);
    world.databaseLink.next('hold');
    const drained = flusher.drain(couponId);
    await world.time.advance(0);
    world.database.nextEpoch(couponId);
    world.databaseLink.release();
    t.match(await drained, { inserted: 0, stale: 3, backlog: 'empty' });
    t.same(world.database.rows(couponId, 0, 10), []);
    t.same(world.store.depth(couponId), { queued: 3, claimed: 0 });
    const coupon = world.store.coupons.get(couponId);
    if (coupon !== undefined) coupon.epoch = 2;
    t.match(await flusher.drain(couponId), { inserted: 3, stale: 0 });
  },
);
