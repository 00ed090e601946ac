/** Tests how an actor queues downloads; answers from memory are in coupon-actor-sealing.test.ts. */
import t from 'tap';
import type { AdmitReply } from '../ports/admission.js';
import { RETRY_PAUSE_MS, VERSION_CHECK_MS } from '../domain/limits.js';
import { couponNumber, LIMITS, StagedWorld } from '../testing/simulation/staged-world.js';
import { issuancesOf } from '../testing/contracts/one-by-one.js';

const OVERDUE_MS = LIMITS.admitDeadlineMs + 100;

t.test('the first in the line get the coupon, numbered in the order in which they pressed', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 3 });
  const engine = await world.engine();
  t.same(await world.answers(engine, couponId, 'a', 'b', 'c', 'd'), [
    'issued 1',
    'issued 2',
    'issued 3',
    'sold_out',
  ]);
});

t.test('a member who pressed twice holds one coupon and learns its number again', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2 });
  const engine = await world.engine();
  t.same(await world.answers(engine, couponId, 'a', 'a', 'b'), ['issued 1', 'already_issued 1', 'issued 2']);
  t.same(await world.answers(engine, couponId, 'b', 'a'), ['already_issued 2', 'already_issued 1']);
});

t.test('one batch is outstanding, and all that came meanwhile goes with the next', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 10 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'first');
  world.storeLink.next('hold', 'hold');
  world.request(engine, couponId, 'a');
  await world.time.advance(1);
  const sent = world.storeLink.sent;
  const waiting = [...world.request(engine, couponId, 'b', 'c')];
  await world.time.advance(1);
  waiting.push(...world.request(engine, couponId, 'd'));
  await world.time.advance(1);
  t.equal(world.storeLink.sent, sent, 'nothing is sent while a batch is outstanding');
  world.storeLink.release();
  await world.time.advance(0);
  t.equal(world.storeLink.sent, sent + 1, 'then one batch for the three of them');
  world.storeLink.release();
  await world.time.advance(0);
  t.same(
    waiting.map((request) => request.answer),
    ['issued 3', 'issued 4', 'issued 5'],
  );
});

t.test('a line longer than a batch is decided batch by batch, in order', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 10 });
  const engine = await world.engine({ batchMax: 2 });
  const names = ['a', 'b', 'c', 'd', 'e'];
  t.same(
    await world.answers(engine, couponId, ...names),
    names.map((_, index) => `issued ${index + 1}`),
  );
});

t.test('with the mailbox full a member gets busy at once, and may press again', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 100 });
  const engine = await world.engine({ mailboxMax: 2 });
  const requests = world.request(engine, couponId, 'a', 'b', 'c');
  t.equal(requests[2]?.answer, 'busy');
  await world.time.advance(0);
  t.same(await world.answers(engine, couponId, 'c'), ['issued 3']);
});

t.test('a member who disconnects before its batch leaves takes no unit', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2 });
  const engine = await world.engine({ batchMax: 1 });
  const [disconnected, alsoDisconnected, staying] = world.request(
    engine,
    couponId,
    'disconnected',
    'also-disconnected',
    'staying',
  );
  if (disconnected !== undefined) disconnected.abandoned = true;
  if (alsoDisconnected !== undefined) alsoDisconnected.abandoned = true;
  await world.time.advance(0);
  t.equal(staying?.answer, 'issued 1');
  t.equal(disconnected?.answer, 'waiting');
  t.equal(world.store.snapshot(couponId)?.issued, 1);
});

t.test('a lost reply is asked for again and brings the number of the first time', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('lose_reply');
  const [b, c] = [...world.request(engine, couponId, 'b'), ...world.request(engine, couponId, 'c')];
  await world.time.advance(RETRY_PAUSE_MS);
  t.equal(b?.answer, 'already_issued 2');
  t.equal(c?.answer, 'outcome_unknown', 'its first attempt may still be carried out');
  t.same(await world.answers(engine, couponId, 'c'), ['sold_out']);
  t.equal(world.store.snapshot(couponId)?.lastIssueNo, 2);
});

t.test('a member who is issued one by a late attempt was not refused before', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('late');
  const [b] = world.request(engine, couponId, 'b');
  await world.time.advance(RETRY_PAUSE_MS);
  t.equal(b?.answer, 'outcome_unknown', 'sold out for the second attempt, and the first is under way');
  world.store.amend(couponId, { quantity: 2 });
  world.storeLink.release();
  // News of the top-up may take a second.
  await world.time.advance(1_000);
  t.same(
    await world.answers(engine, couponId, 'b'),
    ['already_issued 2'],
    'a retry gives the definite answer',
  );
});

t.test('a command refused by the store is repeated, and the line keeps its order', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('refuse', 'refuse', 'refuse');
  const [b] = world.request(engine, couponId, 'b');
  await world.time.advance(RETRY_PAUSE_MS);
  const [c] = world.request(engine, couponId, 'c');
  await world.time.advance(3 * RETRY_PAUSE_MS);
  t.equal(b?.answer, 'issued 2');
  t.equal(c?.answer, 'sold_out');
});

t.test(
  'past the deadline: busy when nothing was attempted, outcome unknown when something was',
  async (t) => {
    for (const [fate, answer] of [
      ['refuse', 'busy'],
      ['lose_request', 'outcome_unknown'],
    ] as const) {
      const world = new StagedWorld();
      const couponId = await world.registered();
      const engine = await world.engine();
      await world.answers(engine, couponId, 'a');
      world.storeLink.usualFate = fate;
      const [b] = world.request(engine, couponId, 'b');
      await world.time.advance(0);
      const [waitingBehind] = world.request(engine, couponId, 'c');
      await world.time.advance(OVERDUE_MS);
      t.equal(b?.answer, answer, fate);
      t.equal(waitingBehind?.answer, 'busy', 'the one behind was never attempted');
      world.storeLink.usualFate = 'deliver';
      await world.time.advance(RETRY_PAUSE_MS);
      t.same(await world.answers(engine, couponId, 'b'), ['issued 2'], 'a retry gives the definite answer');
    }
  },
);

t.test('an attempt that may have been carried out is never called busy', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('lose_reply');
  world.storeLink.usualFate = 'refuse';
  const [b] = world.request(engine, couponId, 'b');
  await world.time.advance(OVERDUE_MS);
  t.equal(b?.answer, 'outcome_unknown');
  world.storeLink.usualFate = 'deliver';
  await world.time.advance(RETRY_PAUSE_MS);
  t.same(await world.answers(engine, couponId, 'b'), ['already_issued 2']);
});

t.test('a batch that arrives late issues nothing', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('hold');
  const [b] = world.request(engine, couponId, 'b');
  await world.time.advance(OVERDUE_MS);
  world.storeLink.release();
  await world.time.advance(RETRY_PAUSE_MS);
  t.equal(b?.answer, 'busy', 'the store refused it, so nothing was attempted');
  t.equal(world.store.snapshot(couponId)?.issued, 1);
});

t.test('a cold coupon: not ready past the deadline, decided when the store comes back in time', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const engine = await world.engine();
  world.storeLink.usualFate = 'refuse';
  const [early] = world.request(engine, couponId, 'early');
  await world.time.advance(OVERDUE_MS);
  t.equal(early?.answer, 'not_ready');
  const [late] = world.request(engine, couponId, 'late');
  await world.time.advance(LIMITS.admitDeadlineMs / 2);
  world.storeLink.usualFate = 'deliver';
  await world.time.advance(RETRY_PAUSE_MS);
  t.equal(late?.answer, 'issued 1');
});

t.test('an id that no coupon has is unknown, and is not asked for again for a while', async (t) => {
  const world = new StagedWorld();
  const engine = await world.engine();
  t.same(await world.answers(engine, couponNumber(99), 'a', 'b'), ['unknown_coupon', 'unknown_coupon']);
  const sent = world.storeLink.sent;
  t.same(await world.answers(engine, couponNumber(99), 'c'), ['unknown_coupon']);
  t.equal(world.storeLink.sent, sent);
});

t.test(
  'a store that lost the coupon is never sold out: it is rebuilt and goes on above the last number',
  async (t) => {
    const world = new StagedWorld();
    const couponId = await world.registered({ quantity: 3 });
    const engine = await world.engine();
    await world.answers(engine, couponId, 'a', 'b');
    world.database.record({
      couponId,
      epoch: 1,
      issuances: issuancesOf(world.store.claim(couponId, 'token', 10, 1_000)),
    });
    world.store.loseEverything();
    t.same(await world.answers(engine, couponId, 'c', 'a', 'd'), [
      'issued 3',
      'already_issued 1',
      'sold_out',
    ]);
    t.equal(world.store.snapshot(couponId)?.epoch, 2);
  },
);

t.test('a process with a state from before a rebuild is refused and reads again', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 3 });
  const [engine, sleeper] = [await world.engine(), await world.engine()];
  await world.answers(engine, couponId, 'a');
  await world.answers(sleeper, couponId, 'b');
  world.store.loseEverything();
  t.same(
    await world.answers(engine, couponId, 'c'),
    ['issued 1'],
    'what was not recorded is lost with the store',
  );
  t.same(await world.answers(sleeper, couponId, 'd'), ['issued 2']);
});

t.test('an error that no store should give leaves the outcome unknown and the line moving', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered();
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('break');
  t.same(await world.answers(engine, couponId, 'b'), ['outcome_unknown']);
  t.match(world.faults, [{ message: 'A bug.' }]);
  t.same(await world.answers(engine, couponId, 'b'), ['issued 2']);
});

t.test(
  'a coupon is marked pending before its first admission, and rung for every batch that issued',
  async (t) => {
    const world = new StagedWorld();
    const couponId = await world.registered({ quantity: 2 });
    const engine = await world.engine({}, world.bell);
    let rings = 0;
    world.rings.listen(() => (rings += 1));
    // Load, mark pending, admit: the third command is lost, so the mark must have been the second.
    world.storeLink.next('deliver', 'deliver', 'hold');
    world.request(engine, couponId, 'a');
    await world.time.advance(0);
    t.same([...world.store.pendingMs.keys()], [couponId]);
    t.equal(rings, 0);
    world.storeLink.release();
    await world.time.advance(0);
    t.equal(rings, 1);
    await world.answers(engine, couponId, 'a');
    t.equal(rings, 1, 'a batch that issued nothing rings no bell');
  },
);

t.test('after a store lost everything the coupon is marked pending again', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2 });
  const engine = await world.engine({}, world.bell);
  await world.answers(engine, couponId, 'a');
  world.store.loseEverything();
  t.same(await world.answers(engine, couponId, 'b'), ['issued 1']);
  t.same(
    [...world.store.pendingMs.keys()],
    [couponId],
    'or a recorder would never find it once this process dies',
  );
});

t.test('so is a store that another process has rebuilt before this one noticed the loss', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine({}, world.bell);
  await world.answers(engine, couponId, 'a', 'b');
  world.store.loseEverything();
  await world.warmer.warm(couponId);
  await world.time.advance(VERSION_CHECK_MS);
  t.same(await world.answers(engine, couponId, 'b'), ['issued 1']);
  t.same([...world.store.pendingMs.keys()], [couponId]);
});

t.test('a reply that contradicts itself is answered once, as unknown', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 9 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  const admit = world.store.admit.bind(world.store);
  world.store.admit = (batch) => ({ ...admit(batch), issuedCount: 1 }) as AdmitReply;
  t.same(await world.answers(engine, couponId, 'b', 'c'), ['outcome_unknown', 'outcome_unknown']);
});
