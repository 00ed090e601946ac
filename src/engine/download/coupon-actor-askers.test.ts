/** Downloads of members who may not win: what they hold, or the refusal of the door, and never a unit. */
import t from 'tap';
import type { DoorRefusal } from '../domain/download.js';
import type { Engine } from './engine.js';
import type { CouponId } from '../domain/coupon.js';
import { VERSION_CHECK_MS } from '../domain/limits.js';
import { memberNamed, StagedDownload, StagedWorld } from '../testing/simulation/staged-world.js';

const NOT_ELIGIBLE: DoorRefusal = { outcome: 'not_eligible', rule: 'claims' };
const LIMIT_REACHED: DoorRefusal = { outcome: 'limit_reached' };

/** Names with `?` only ask. */
function request(engine: Engine, couponId: CouponId, ...names: readonly string[]): StagedDownload[] {
  const requests = names.map(
    (name) =>
      new StagedDownload(
        couponId,
        memberNamed(name.replace('?', '')),
        name.endsWith('?') ? NOT_ELIGIBLE : undefined,
      ),
  );
  for (const one of requests) engine.download(one);
  return requests;
}

async function answers(world: StagedWorld, engine: Engine, couponId: CouponId, ...names: readonly string[]) {
  const requests = request(engine, couponId, ...names);
  await world.time.advance(0);
  return requests.map(({ answer }) => answer);
}

t.test('an asker takes no unit, and the others keep their order of arrival', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 3 });
  const engine = await world.engine({ batchMax: 8 });
  t.same(await answers(world, engine, couponId, 'x?', 'a', 'y?', 'b', 'a?', 'c', 'd'), [
    'not_eligible',
    'issued 1',
    'not_eligible',
    'issued 2',
    'already_issued 1',
    'issued 3',
    'sold_out',
  ]);
});

t.test('each asker gets its own refusal, in every state of the coupon', async (t) => {
  const states = [
    {},
    { quantity: 0 },
    { paused: true },
    { closed: true },
    { opensAtMs: Number.MAX_SAFE_INTEGER },
  ];
  for (const terms of states) {
    const world = new StagedWorld();
    const couponId = await world.registered(terms);
    const engine = await world.engine();
    const requests = [NOT_ELIGIBLE, LIMIT_REACHED].map(
      (refusedAs, place) => new StagedDownload(couponId, memberNamed(`m${place}`), refusedAs),
    );
    for (const one of requests) engine.download(one);
    await world.time.advance(0);
    t.same(
      requests.map(({ outcomes }) => outcomes),
      [[NOT_ELIGIBLE], [LIMIT_REACHED]],
      JSON.stringify(terms),
    );
  }
});

t.test('once sold out, askers are answered from memory and exactly', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await answers(world, engine, couponId, 'a', 'b');
  const sent = world.storeLink.sent;
  t.same(
    request(engine, couponId, 'a?', 'b?', 'b').map(({ answer }) => answer),
    ['already_issued 1', 'not_eligible', 'sold_out'],
  );
  t.equal(world.storeLink.sent, sent);
});

t.test('a batch of askers alone asks once and leaves the coupon open', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  t.same(await answers(world, engine, couponId, 'x?', 'y?'), ['not_eligible', 'not_eligible']);
  await world.time.advance(VERSION_CHECK_MS);
  t.same(await answers(world, engine, couponId, 'x'), ['issued 1']);
});

t.test('after a lost attempt an asker gets its refusal, and a member who may win does not', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 1 });
  const engine = await world.engine();
  await answers(world, engine, couponId, 'a');
  world.storeLink.next('lose_reply');
  const requests = request(engine, couponId, 'x?', 'b', 'a?');
  await world.time.advance(1_000);
  t.same(
    requests.map(({ answer }) => answer),
    ['not_eligible', 'outcome_unknown', 'already_issued 1'],
  );
});

t.test('an asker that waits too long is answered in its turn, behind others or not', async (t) => {
  const world = new StagedWorld();
  const couponId = await world.registered({ quantity: 9 });
  const engine = await world.engine();
  await answers(world, engine, couponId, 'first');
  world.storeLink.usualFate = 'refuse';
  const early = request(engine, couponId, 'x?');
  await world.time.advance(1_500);
  const late = request(engine, couponId, 'a');
  await world.time.advance(700);
  t.equal(early[0]?.answer, 'busy');
  t.equal(late[0]?.answer, 'waiting');
  world.storeLink.usualFate = 'deliver';
  await world.time.advance(200);
  t.equal(late[0]?.answer, 'issued 2');
});
