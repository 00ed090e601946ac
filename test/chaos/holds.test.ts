/**
 * Tests faults under coupons with holds, and with several units for each member.
 *
 * The shortest hold and its grace last a minute together, so the tests run concurrently.
 * Each has a database of its own: the recorders of another one would take its holds back beside a Redis without them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { couponKey } from '../../src/persist/redis/keys.js';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { sharedMariadb, startWorld, type World } from './world.js';

const HOLD_SECONDS = 30;
/** From the first issuance: the hold and its grace, less a moment. */
const BEFORE_THE_END_MS = 58_500;
const POLL_MS = 20;
const WAIT_MAX_MS = 120_000;
const REFUSED_MS = 250;

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const sinceMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - sinceMs > WAIT_MAX_MS) throw new Error(`never: ${what}`);
    await pause(POLL_MS);
  }
}

/** Besides the marker. */
async function winnersOf(world: World): Promise<number> {
  const client = redisClient(world.redis);
  const fields = await client.hlen(couponKey(world.couponId, 'winners'));
  client.disconnect();
  return fields - 1;
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

t.jobs = 3;

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
  t.equal(await winnersOf(world), 40, 'the database has taken holds back, and Redis does not know');
  await recorder?.restart();
  await until('every hold is over', async () => (await world.rows()) === 10);
  await until('the units are in stock', async () => (await winnersOf(world)) === 10);
  await world.burst();
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
  t.equal(await winnersOf(world), 40, 'and they were issued again');
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
    await until('the units are in stock', async () => (await winnersOf(world)) === confirmed);
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
