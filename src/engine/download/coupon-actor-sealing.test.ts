/** Tests what an actor answers from memory, and when it must not. */
import t from 'tap';
import type { CouponTerms } from '../domain/coupon.js';
import { LOCAL_ANSWER_MS, OPENING_MARGIN_MS, VERSION_CHECK_MS } from '../domain/limits.js';
import { STORE_START_MS, StagedWorld } from '../testing/simulation/staged-world.js';

/** A coupon of one unit, won by `a`. Every other member was refused once, and the actor has sealed. */
async function soldOut(terms: Partial<CouponTerms> = {}) {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1, ...terms });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a', 'b');
  return { world, couponId, engine };
}

t.test('once sold out every member is answered at once and exactly, without asking the store', async (t) => {
  const { world, couponId, engine } = await soldOut();
  const sent = world.storeLink.sent;
  const requests = world.request(engine, couponId, 'b', 'c', 'a');
  t.same(
    requests.map((request) => request.answer),
    ['sold_out', 'sold_out', 'already_issued 1'],
    'in the same turn',
  );
  t.equal(world.storeLink.sent, sent);
});

t.test('a top-up published here counts at once', async (t) => {
  const { world, couponId, engine } = await soldOut();
  await world.registry().amend(couponId, { quantity: 2 });
  t.same(await world.answers(engine, couponId, 'b', 'c'), ['issued 2', 'sold_out']);
});

t.test('a top-up whose message was lost counts at the next check of the version', async (t) => {
  const { world, couponId, engine } = await soldOut();
  world.store.amend(couponId, { quantity: 2 });
  t.same(await world.answers(engine, couponId, 'b'), ['sold_out']);
  await world.time.advance(VERSION_CHECK_MS);
  t.same(await world.answers(engine, couponId, 'b'), ['issued 2']);
});

t.test('a revoked unit counts, and its former holder is no longer answered as a holder', async (t) => {
  const { world, couponId, engine } = await soldOut();
  await world.registry().revoke(couponId, 1);
  t.same(await world.answers(engine, couponId, 'b', 'a'), ['issued 2', 'sold_out']);
});

t.test('an answer that the store has not confirmed for too long is given no more', async (t) => {
  const { world, couponId, engine } = await soldOut();
  world.storeLink.usualFate = 'refuse';
  await world.time.advance(LOCAL_ANSWER_MS - 1);
  t.same(await world.answers(engine, couponId, 'b'), ['sold_out']);
  await world.time.advance(1);
  const [asking] = world.request(engine, couponId, 'b');
  t.equal(asking?.answer, 'waiting');
  world.storeLink.usualFate = 'deliver';
  await world.time.advance(VERSION_CHECK_MS);
  t.equal(asking?.answer, 'sold_out');
  t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'sold_out', 'confirmed again, local again');
});

t.test('a confirmation counts from when it was asked for, not from when it came', async (t) => {
  const { world, couponId, engine } = await soldOut();
  world.storeLink.next('hold');
  world.storeLink.usualFate = 'refuse';
  await world.time.advance(VERSION_CHECK_MS);
  await world.time.advance(LOCAL_ANSWER_MS);
  world.storeLink.release();
  await world.time.advance(0);
  t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'waiting');
});

t.test(
  'while confirmations come, a sold-out coupon stays local for as long as it is asked for',
  async (t) => {
    const { world, couponId, engine } = await soldOut();
    for (let read = 0; read < 10; read += 1) {
      await world.time.advance(LOCAL_ANSWER_MS);
      t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'sold_out');
    }
  },
);

t.test(
  'before the opening the store is not asked; at the opening instant the first press wins',
  async (t) => {
    const world = new StagedWorld();
    const opensAtMs = STORE_START_MS + 3_000;
    const couponId = await world.registered({ opensAtMs });
    const engine = await world.engine();
    await world.answers(engine, couponId, 'a');
    await world.time.advance(1_000);
    const [early] = world.request(engine, couponId, 'a');
    t.same(early?.outcomes, [{ outcome: 'not_open', opensAtMs, storeNowMs: STORE_START_MS + 1_000 }]);
    await world.time.advance(2_000 - OPENING_MARGIN_MS);
    const [close] = world.request(engine, couponId, 'a');
    t.equal(close?.answer, 'waiting', 'this close to the opening the clock of the store decides');
    await world.time.advance(OPENING_MARGIN_MS - 1);
    t.same(await world.answers(engine, couponId, 'a'), ['not_open']);
    await world.time.advance(1);
    t.same(await world.answers(engine, couponId, 'a'), ['issued 1']);
  },
);

t.test('an opening moved by the seller is answered with the new time', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ opensAtMs: STORE_START_MS + 60_000 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  await world.registry().amend(couponId, { opensAtMs: STORE_START_MS + 30_000 });
  const [request] = world.request(engine, couponId, 'a');
  await world.time.advance(0);
  t.match(request?.outcomes, [{ outcome: 'not_open', opensAtMs: STORE_START_MS + 30_000 }]);
});

t.test('sold out turns into closed at the closing instant', async (t) => {
  const { world, couponId, engine } = await soldOut({ closesAtMs: STORE_START_MS + 500 });
  await world.time.advance(499);
  t.same(await world.answers(engine, couponId, 'b', 'a'), ['sold_out', 'already_issued 1']);
  await world.time.advance(1);
  t.same(await world.answers(engine, couponId, 'b', 'a'), ['closed', 'already_issued 1']);
  await world.time.advance(VERSION_CHECK_MS);
  t.same(
    world.request(engine, couponId, 'b', 'a').map((request) => request.answer),
    ['closed', 'already_issued 1'],
  );
});

t.test('a pause is answered locally, winners included, and a resume ends it', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 2 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  await world.registry().amend(couponId, { paused: true });
  await world.answers(engine, couponId, 'b');
  t.same(
    world.request(engine, couponId, 'b', 'a').map((request) => request.answer),
    ['paused', 'already_issued 1'],
  );
  await world.registry().amend(couponId, { paused: false });
  t.same(await world.answers(engine, couponId, 'b'), ['issued 2']);
});

t.test('a coupon closed by its seller without winners is refused from memory', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ closed: true });
  const engine = await world.engine();
  t.same(await world.answers(engine, couponId, 'a'), ['closed']);
  t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'closed');
});

t.test('a store that lost a sold-out coupon ends the local answers at the next check', async (t) => {
  const { world, couponId, engine } = await soldOut();
  world.store.loseEverything();
  await world.time.advance(VERSION_CHECK_MS);
  t.same(
    await world.answers(engine, couponId, 'b'),
    ['issued 1'],
    'the unrecorded issuance went with the store',
  );
});

t.test('members keep being answered by the store while the winners are fetched', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('deliver', 'hold');
  t.same(await world.answers(engine, couponId, 'b'), ['sold_out']);
  t.equal(world.storeLink.held, 1, 'the winners are on their way');
  t.same(await world.answers(engine, couponId, 'c', 'a'), ['sold_out', 'already_issued 1']);
  world.storeLink.release();
  await world.time.advance(0);
  t.equal(world.request(engine, couponId, 'a')[0]?.answer, 'already_issued 1');
});

t.test('winners that cannot be had are asked for again with the next refusal', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('deliver', 'refuse');
  t.same(await world.answers(engine, couponId, 'b'), ['sold_out']);
  t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'waiting', 'not sealed');
  await world.time.advance(0);
  t.equal(world.request(engine, couponId, 'b')[0]?.answer, 'sold_out', 'sealed by the second refusal');
});

t.test('a version that changes while its winners are fetched is not sealed', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await world.answers(engine, couponId, 'a');
  world.storeLink.next('deliver', 'hold');
  await world.answers(engine, couponId, 'b');
  world.store.amend(couponId, { quantity: 2 });
  world.storeLink.release();
  await world.time.advance(0);
  t.same(await world.answers(engine, couponId, 'b'), ['issued 2']);
});

t.test(
  'winners of a version that opened while they were fetched are not taken for all winners',
  async (t) => {
    const world = new StagedWorld();
    const couponId = await world.registered({ quantity: 2, opensAtMs: STORE_START_MS + 1_000 });
    const elsewhere = await world.engine();
    const engine = await world.engine();
    world.store.amend(couponId, { opensAtMs: null });
    await world.answers(elsewhere, couponId, 'early');
    world.store.amend(couponId, { opensAtMs: STORE_START_MS + 1_000 });
    await world.time.advance(960);
    // Refused, the winners read (one so far), and then the check of the version is slow.
    world.storeLink.next('deliver', 'deliver', 'deliver', 'deliver', 'hold');
    t.same(await world.answers(engine, couponId, 'b'), ['not_open']);
    t.equal(world.storeLink.held, 1);
    await world.time.advance(40);
    t.same(await world.answers(elsewhere, couponId, 'a'), ['issued 2']);
    world.storeLink.release();
    await world.time.advance(0);
    t.same(await world.answers(engine, couponId, 'a', 'c', 'early'), [
      'already_issued 2',
      'sold_out',
      'already_issued 1',
    ]);
  },
);
