/**
 * Tests faults under coupons with holds, and with several units for each member.
 *
 * The shortest hold and its grace last a minute together, so the tests run concurrently.
 * Each has a database of its own: the recorders of another one would take its holds back beside a Redis without them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Random } from '../../src/engine/testing/simulation/random.js';
import { HttpClient } from '../clients/http-client.js';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { clocksJump } from './random-acts.js';
import { sharedMariadb, startWorld, type World } from './world.js';
import { HOUR_SLOW_MS, NEARLY_HOUR_FAST_MS, wrongClock } from './wrong-clock.js';

const HOLD_SECONDS = 30;
/** From the first issuance: the hold and its grace, less a moment. */
const BEFORE_THE_END_MS = 58_500;
/** After the hold, and before its grace is over. */
const PAID_LATE_MS = 45_000;
const GRACE_OVER_MS = 60_000;
const POLL_MS = 100;
const WAIT_MAX_MS = 120_000;
const REFUSED_MS = 250;

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const sinceMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - sinceMs > WAIT_MAX_MS) throw new Error(`never: ${what}`);
    await pause(POLL_MS);
  }
}

/** Everything is issued and recorded, and the first numbers are confirmed; resolves shortly before the first hold is over. */
async function heldUntilTheEnd(world: World, confirmed: number): Promise<number[]> {
  const sinceMs = performance.now();
  await world.burst();
  await until('recorded', async () => (await world.rows()) === world.quantity);
  const numbers = Array.from({ length: world.quantity }, (_, place) => place + 1);
  await Promise.all(numbers.slice(0, confirmed).map((issueNo) => world.orders.confirm(issueNo)));
  await pause(BEFORE_THE_END_MS - (performance.now() - sinceMs));
  return numbers.slice(confirmed);
}

const even = (issueNo: number): boolean => issueNo % 2 === 0;

t.jobs = 4;

fault(49, 'a recorder killed between the two steps of a sweep: the units return to stock', async (t) => {
  const options = { loneRecorder: true, quantity: 40, members: 40, holdSeconds: HOLD_SECONDS };
  const world = await startWorld(t, await sharedMariadb(t), options);
  const { recorder, redis } = world;
  await heldUntilTheEnd(world, 10);
  const client = redisClient(redis);
  t.teardown(() => client.disconnect());
  // Redis refuses what the second step does, so that the process dies with the first step made.
  await client.call('ACL', 'SETUSER', 'default', '-hdel');
  await until('a hold is taken back', async () => (await world.rows()) < 40);
  await recorder?.kill('SIGKILL');
  await client.call('ACL', 'SETUSER', 'default', '+hdel');
  t.equal(await world.winners(), 40, 'the database has taken holds back, and Redis does not know');
  await recorder?.restart();
  await until('every hold is over', async () => (await world.rows()) === 10);
  await until('the units are in stock', async () => (await world.winners()) === 10);
  await world.burst();
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
  t.equal(await world.winners(), 40, 'and they were issued again');
});

fault(
  49,
  'holds of several units run out while the database refuses and servers die: one of confirmation and expiry',
  async (t) => {
    const options = { servers: 2, mysqlProxy: true, perMember: 2, holdSeconds: HOLD_SECONDS };
    const world = await startWorld(t, await sharedMariadb(t), { ...options, quantity: 60, members: 30 });
    const { mysqlProxy, servers, orders } = world;
    const numbers = await heldUntilTheEnd(world, 10);
    // Orders are paid over ten seconds around the end.
    const paid = numbers.filter(even).map(async (issueNo, place) => {
      await pause(place * 300);
      await orders.confirm(issueNo);
    });
    for (const server of servers) {
      for (let times = 0; times < 4; times += 1) {
        mysqlProxy.behave({ requests: times % 2 === 0 ? 'drop' : 'pass', replies: 'drop' });
        await pause(REFUSED_MS);
        mysqlProxy.cut();
        mysqlProxy.behave({});
        await pause(3 * REFUSED_MS);
      }
      await server.kill('SIGKILL');
      await server.restart();
    }
    await Promise.all(paid);
    const confirmed = (await world.evidence()).confirmed.size;
    await until('every hold is over', async () => (await world.rows()) === confirmed);
    await until('the units are in stock', async () => (await world.winners()) === confirmed);
    orders.allOver = true;
    const { lost } = await world.verdict(t);
    t.equal(lost, 0);
    const answers = new Set(orders.calls.map(({ answer }) => answer));
    t.ok(answers.has('confirmed'), 'orders were in time');
    t.comment([...answers].map(String).join(', '));
    orders.allOver = false;
    await world.burst();
    await world.verdict(t);
  },
);

fault(
  49,
  'API servers killed while members download several units: none has more than the limit',
  async (t) => {
    const options = { servers: 2, redisProxy: true, perMember: 3, quantity: 220, members: 100 };
    const world = await startWorld(t, await sharedMariadb(t), options);
    const burst = world.burst();
    for (const [place, server] of [...world.servers, ...world.servers].entries()) {
      await Promise.race([world.crowd.winners(30 * (place + 1)), burst]);
      await server.kill('SIGKILL');
      world.redisProxy.cut();
      await server.restart();
    }
    await burst;
    const { lost } = await world.verdict(t);
    t.equal(lost, 0);
    t.equal(await world.rows(), 220);
    const { rows } = await world.evidence();
    t.ok(
      rows.some(({ holder }) => holder.endsWith('~3')),
      'some have their third unit',
    );
  },
);

fault(32, 'holds while the clocks of servers jump by an hour: none ends early, and none stays', async (t) => {
  const clocks = [wrongClock(t, HOUR_SLOW_MS), wrongClock(t, NEARLY_HOUR_FAST_MS)];
  const serverSettings = clocks.map(({ settings }) => settings);
  const options = { servers: 2, quantity: 40, members: 40, holdSeconds: HOLD_SECONDS };
  const world = await startWorld(t, await sharedMariadb(t), { ...options, serverSettings });
  const { crowd, members, orders, servers } = world;
  let over = (): void => undefined;
  const jumping = clocksJump(clocks, new Promise<void>((resolve) => (over = resolve)), new Random(32));
  const sinceMs = performance.now();
  await world.burst();
  await until('recorded', async () => (await world.rows()) === 40);
  const path = `/v1/coupons/${world.couponId}/download`;
  for (const { origin } of servers) {
    const client = new HttpClient(origin, 1);
    const { body } = await client.call(path, { method: 'POST', token: members[0]?.token ?? '' });
    client.close();
    const [issuedAtMs, confirmByMs] = [body['issuedAt'], body['confirmBy']].map((at) =>
      Date.parse(String(at)),
    );
    t.equal(
      Number(confirmByMs) - Number(issuedAtMs),
      HOLD_SECONDS * 1_000,
      'every server says the same instant',
    );
  }
  await pause(PAID_LATE_MS - (performance.now() - sinceMs));
  const paid = Array.from({ length: 10 }, (_, place) => place + 1);
  const answers = await Promise.all(paid.map((issueNo) => orders.confirm(issueNo)));
  t.ok(
    answers.every((answer) => answer === 'confirmed'),
    'paid after the instant, and not taken back yet',
  );
  await until('every other hold is over', async () => (await world.rows()) === paid.length);
  await until('the units are in stock', async () => (await world.winners()) === paid.length);
  const issuedAtMs = new Map(crowd.requests.map(({ issueNo, storeMs = NaN }) => [issueNo, storeMs]));
  const { ended } = await world.evidence();
  const heldMs = ended.map(({ issueNo, revokedAtMs }) => revokedAtMs - (issuedAtMs.get(issueNo) ?? NaN));
  t.equal(heldMs.length, 30);
  t.ok(Math.min(...heldMs) >= GRACE_OVER_MS, 'no hold ended before its grace was over');
  t.comment(`taken back ${Math.min(...heldMs)} to ${Math.max(...heldMs)} ms after the issuance`);
  orders.allOver = true;
  await world.verdict(t);
  orders.allOver = false;
  await world.burst();
  over();
  await jumping;
  await world.verdict(t);
  t.equal(await world.winners(), 40, 'and they were issued again');
});
