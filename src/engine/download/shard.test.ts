/** Tests how the coupons of one node share rounds, and what each coupon keeps to itself. */
import t from 'tap';
import type { CouponId } from '../domain/coupon.js';
import { StoreUnavailableError } from '../domain/errors.js';
import {
  MARK_PENDING_EVERY_MS,
  MARK_RENEWAL_MS,
  MARK_RETRY_MS,
  RETRY_PAUSE_MS,
  ROUND_COUPONS_MAX,
  ROUND_MEMBERS_MAX,
} from '../domain/limits.js';
import { LIMITS, StagedWorld } from '../testing/simulation/staged-world.js';

const OVERDUE_MS = LIMITS.admitDeadlineMs + 100;

/** Coupons that are learnt already, each with one winner. */
async function warmCoupons(world: StagedWorld, count: number, quantity = 9) {
  const engine = await world.engine({ batchMax: 1_000, mailboxMax: 10_000 });
  const couponIds: CouponId[] = [];
  for (let made = 0; made < count; made += 1) couponIds.push(await world.registered({ quantity }));
  for (const couponId of couponIds) world.request(engine, couponId, 'first');
  await world.time.advance(0);
  return { engine, couponIds, coupon: (place: number) => couponIds[place] as CouponId };
}

t.test('coupons that are hot at once are asked about in one call, each in its own order', async (t) => {
  const world = new StagedWorld();
  const { engine, couponIds } = await warmCoupons(world, 3);
  const { sent } = world.storeLink;
  const requests = ['a', 'b'].flatMap((name) =>
    couponIds.map((couponId) => world.request(engine, couponId, name)[0]),
  );
  await world.time.advance(0);
  t.equal(world.storeLink.sent, sent + 1);
  t.same(
    requests.map((request) => request?.answer),
    ['issued 2', 'issued 2', 'issued 2', 'issued 3', 'issued 3', 'issued 3'],
  );
});

t.test('one round is outstanding, and all that came meanwhile goes with the next', async (t) => {
  const world = new StagedWorld();
  const { engine, couponIds, coupon } = await warmCoupons(world, 3);
  world.storeLink.next('hold');
  const requests = world.request(engine, coupon(0), 'a');
  await world.time.advance(1);
  const { sent } = world.storeLink;
  for (const couponId of couponIds) requests.push(...world.request(engine, couponId, 'b', 'c'));
  await world.time.advance(1);
  t.equal(world.storeLink.sent, sent);
  world.storeLink.release();
  await world.time.advance(0);
  t.equal(world.storeLink.sent, sent + 1);
  t.same(
    requests.map((request) => request.answer),
    ['issued 2', 'issued 3', 'issued 4', 'issued 2', 'issued 3', 'issued 2', 'issued 3'],
  );
});

t.test('coupons of other shards do not wait', async (t) => {
  const world = new StagedWorld({ shards: 2 });
  const { engine, coupon } = await warmCoupons(world, 2);
  world.storeLink.next('hold');
  const [waiting] = world.request(engine, coupon(0), 'b');
  await world.time.advance(0);
  t.same(await world.answers(engine, coupon(1), 'b'), ['issued 2']);
  t.equal(waiting?.answer, 'waiting');
  world.storeLink.release();
  await world.time.advance(0);
  t.equal(waiting?.answer, 'issued 2');
});

t.test('a coupon that is refused is learnt anew, and the others of its round are answered', async (t) => {
  const world = new StagedWorld();
  const { engine, coupon } = await warmCoupons(world, 3);
  world.store.coupons.delete(coupon(1));
  world.databaseLink.next('hold');
  const requests = [0, 1, 2].flatMap((place) => world.request(engine, coupon(place), 'a'));
  await world.time.advance(0);
  t.same(
    requests.map((request) => request.answer),
    ['issued 2', 'waiting', 'issued 2'],
  );
  world.databaseLink.release();
  await world.time.advance(0);
  t.equal(requests[1]?.answer, 'issued 1');
});

t.test('what a lost call means is each coupon\u2019s own affair', async (t) => {
  const world = new StagedWorld({ couponsPerCall: 1 });
  const { engine, coupon } = await warmCoupons(world, 3, 1);
  // All are sold out. The first attempt for one of them may yet be carried out; another was not taken; the third is decided.
  world.storeLink.next('lose_request', 'refuse', 'deliver');
  const requests = [0, 1, 2].flatMap((place) => world.request(engine, coupon(place), 'a'));
  await world.time.advance(0);
  t.same(
    requests.map((request) => request.answer),
    ['waiting', 'waiting', 'sold_out'],
  );
  await world.time.advance(RETRY_PAUSE_MS);
  t.same(
    requests.map((request) => request.answer),
    ['outcome_unknown', 'sold_out', 'sold_out'],
  );
});

t.test(
  'past the deadline: unknown for the coupon whose call was lost, busy for the one refused',
  async (t) => {
    const world = new StagedWorld({ couponsPerCall: 1 });
    const { engine, coupon } = await warmCoupons(world, 2);
    world.storeLink.next('lose_reply', 'refuse');
    world.storeLink.usualFate = 'refuse';
    const requests = [0, 1].flatMap((place) => world.request(engine, coupon(place), 'a'));
    await world.time.advance(OVERDUE_MS);
    t.same(
      requests.map((request) => request.answer),
      ['outcome_unknown', 'busy'],
    );
  },
);

t.test('a straggler does not hold up the next round, nor is it asked about twice', async (t) => {
  const world = new StagedWorld({ couponsPerCall: 1, stragglers: true });
  const { engine, coupon } = await warmCoupons(world, 2);
  world.storeLink.next('hold', 'deliver');
  const [slow, quick] = [0, 1].flatMap((place) => world.request(engine, coupon(place), 'a'));
  await world.time.advance(0);
  t.same([slow?.answer, quick?.answer], ['waiting', 'issued 2']);
  t.same(await world.answers(engine, coupon(1), 'b'), ['issued 3']);
  const [behind] = world.request(engine, coupon(0), 'b');
  await world.time.advance(0);
  t.equal(world.storeLink.held, 1);
  world.storeLink.release();
  await world.time.advance(0);
  t.same([slow?.answer, behind?.answer], ['issued 2', 'issued 3']);
});

t.test('a round has an end, and the coupons that found no place are first in the next', async (t) => {
  const world = new StagedWorld();
  const { engine, couponIds } = await warmCoupons(world, ROUND_COUPONS_MAX + 2);
  world.storeLink.next('deliver', 'hold');
  const requests = couponIds.flatMap((couponId) => world.request(engine, couponId, 'a'));
  await world.time.advance(0);
  t.equal(requests.filter((request) => request.answer === 'waiting').length, 2);
  t.equal(requests.at(-1)?.answer, 'waiting');
  requests.push(...couponIds.slice(0, 5).flatMap((couponId) => world.request(engine, couponId, 'b')));
  world.storeLink.release();
  await world.time.advance(0);
  t.ok(requests.every((request) => request.answer.startsWith('issued')));
});

t.test(
  'a coupon with a long line leaves room for others, and may take a whole batch when it is alone',
  async (t) => {
    const world = new StagedWorld();
    const { engine, coupon } = await warmCoupons(world, 2, 5_000);
    const crowd = Array.from({ length: ROUND_MEMBERS_MAX + 100 }, (_, index) => `m${index}`);
    const { sent } = world.storeLink;
    const alone = world.request(engine, coupon(0), ...crowd);
    await world.time.advance(0);
    t.equal(world.storeLink.sent, sent + 1);
    t.equal(alone.at(-1)?.answer, `issued ${crowd.length + 1}`);
    const other = world.request(engine, coupon(1), 'x');
    const many = world.request(engine, coupon(0), ...crowd.map((name) => `again-${name}`));
    await world.time.advance(0);
    t.equal(world.storeLink.sent, sent + 3, 'two rounds: the surplus of the long line goes with the second');
    t.equal(other[0]?.answer, 'issued 2');
    t.equal(many.at(-1)?.answer, `issued ${2 * crowd.length + 1}`);
  },
);

t.test('all coupons of a round are marked pending in one call, and none again soon', async (t) => {
  const world = new StagedWorld();
  const engine = await world.engine({}, world.bell);
  const couponIds = [await world.registered(), await world.registered()];
  for (const couponId of couponIds) world.request(engine, couponId, 'a');
  const { sent } = world.storeLink;
  await world.time.advance(0);
  t.equal(world.storeLink.sent, sent + 3, 'learnt, marked, decided: once each for both');
  t.same([...world.store.pendingMs.keys()], couponIds);
  world.store.pendingMs.clear();
  for (const couponId of couponIds) t.same(await world.answers(engine, couponId, 'b'), ['issued 2']);
  t.same([...world.store.pendingMs.keys()], []);
  await world.time.advance(MARK_PENDING_EVERY_MS);
  await world.answers(engine, couponIds[0] as CouponId, 'c');
  t.same([...world.store.pendingMs.keys()], couponIds.slice(0, 1));
});

t.test('a coupon whose mark cannot be left is not asked about, and the others are', async (t) => {
  const world = new StagedWorld();
  const engine = await world.engine({}, world.bell);
  const [marked, fresh] = [await world.registered(), await world.registered()];
  await world.answers(engine, marked, 'a');
  const [waiting] = world.request(engine, fresh, 'a');
  // Learn, then the mark is lost.
  world.storeLink.next('deliver', 'lose_request');
  await world.time.advance(0);
  const [quick] = world.request(engine, marked, 'b');
  await world.time.advance(0);
  t.equal(quick?.answer, 'issued 2');
  t.equal(waiting?.answer, 'waiting');
  t.equal(world.store.snapshot(fresh)?.issued, 0);
  await world.time.advance(RETRY_PAUSE_MS);
  t.equal(waiting?.answer, 'issued 1', 'as if for the first time: nothing was attempted before');
  t.ok(world.store.pendingMs.has(fresh));
});

t.test('while the node with the marks does not answer, coupons that have one are decided', async (t) => {
  const world = new StagedWorld();
  let isUnreachable = false;
  const marking: (() => void)[] = [];
  const markPending = world.bell.markPending.bind(world.bell);
  world.bell.markPending = (couponIds) =>
    isUnreachable
      ? new Promise((_, reject) => {
          marking.push(() => {
            reject(new StoreUnavailableError('no answer'));
          });
        })
      : markPending(couponIds);
  const engine = await world.engine({}, world.bell);
  const [marked, fresh] = [await world.registered({ quantity: 9 }), await world.registered()];
  await world.answers(engine, marked, 'a');
  isUnreachable = true;
  const [waiting] = world.request(engine, fresh, 'a');
  await world.time.advance(0);
  t.same(await world.answers(engine, marked, 'b'), ['issued 2'], 'beside a coupon that waits for its mark');
  t.equal(waiting?.answer, 'waiting');
  await world.time.advance(MARK_RENEWAL_MS);
  t.same(await world.answers(engine, marked, 'c'), ['issued 3'], 'beside a renewal that has no answer');
  t.equal(marking.length, 2);
  for (const fail of marking.splice(0)) fail();
  await world.time.advance(0);
  t.same(await world.answers(engine, marked, 'd'), ['issued 4'], 'after a renewal that failed');
  t.equal(marking.length, 0, 'which is not repeated at once');
  await world.time.advance(MARK_RETRY_MS);
  t.same(await world.answers(engine, marked, 'e'), ['issued 5']);
  t.equal(marking.length, 1);
  await world.time.advance(MARK_PENDING_EVERY_MS - MARK_RENEWAL_MS - MARK_RETRY_MS);
  const [late] = world.request(engine, marked, 'f');
  await world.time.advance(0);
  t.equal(late?.answer, 'waiting', 'a coupon without a mark is not decided on');
  isUnreachable = false;
  for (const fail of marking.splice(0)) fail();
  await world.time.advance(RETRY_PAUSE_MS);
  t.equal(late?.answer, 'issued 6');
});

t.test('a back end that breaks its word leaves outcomes unknown and the line moving', async (t) => {
  const world = new StagedWorld();
  const { engine, coupon } = await warmCoupons(world, 2);
  const admitRound = world.admission.admitRound.bind(world.admission);
  world.admission.admitRound = () => Promise.reject(new Error('a bug'));
  const requests = [0, 1].flatMap((place) => world.request(engine, coupon(place), 'a'));
  await world.time.advance(0);
  t.same(
    requests.map((request) => request.answer),
    ['outcome_unknown', 'outcome_unknown'],
  );
  world.admission.admitRound = async (batches, answer) => {
    await admitRound(batches, (place, reply) => {
      answer(place, reply);
      answer(place, reply);
    });
  };
  t.same(await world.answers(engine, coupon(0), 'b'), ['issued 2'], 'a second answer is not taken');
});
