/**
 * Tests that sellers' answers are true while stores refuse, connections die, and sessions change one coupon concurrently.
 *
 * A crowd downloads meanwhile. The checker judges the sellers' calls by the terms in Redis at every instant, the database and its audit log.
 */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { SellerAct } from '../../src/engine/testing/checker/history.js';
import { HttpClient } from '../clients/http-client.js';
import { redisClient } from '../servers/redis.js';
import { startAdministeredMariadb } from '../servers/administered-mariadb.js';
import { watchTerms } from './evidence.js';
import { fault } from './fault.js';
import { openWorld, startSite, type World } from './world.js';

const QUANTITY = 60;
const MEMBERS = 100;
/** Short enough that connections die between any two steps of a change. */
const CUT_EVERY_MS = 15;
const REFUSED_MS = 60;
const REVOKES = 20;
const SESSIONS = 10;
const TOP_UP = 10;
/** A fault is repeated until a call has met it, on a busy machine more often. */
const TIMES_MAX = 200;

const { mariadb, readOnly } = await startAdministeredMariadb(t);
const site = await startSite(t, mariadb, { servers: 2, mysqlProxy: true, redisProxy: true });

/** Connects again when its own connection is killed. */
function quietClient({ redis }: World): ReturnType<typeof redisClient> {
  const client = redisClient(redis);
  client.on('error', () => undefined);
  return client;
}

/** Each kind of call, with a number of its own where a repeat would be another call. */
function* acts({ couponId }: World): Generator<SellerAct, void> {
  for (let round = 1; ; round += 1) {
    yield { kind: 'top_up', by: 2, key: `${couponId}-${round}` };
    yield { kind: 'amend', change: { paused: true } };
    yield { kind: 'revoke', issueNo: round };
    yield { kind: 'amend', change: { quantity: QUANTITY + 20 * round } };
    yield { kind: 'amend', change: { closesAtMs: round % 2 === 0 ? null : Date.now() + 3_600_000 } };
    yield { kind: 'amend', change: { paused: false } };
  }
}

/** A seller acts over both servers in turn, until `until` resolves; afterwards a retry returns every outcome that was open. */
async function actUntil(world: World, until: Promise<unknown>): Promise<void> {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  until.then(end, end);
  let turn = 0;
  for (const act of acts(world)) {
    if (state.ended) break;
    await world.seller.act(act, (turn += 1) % world.servers.length);
  }
}

/** Whether the fault has been met by a call, and another one was made. */
const isMet = ({ seller }: World): boolean =>
  seller.calls.some(({ result }) => result === 'done') &&
  seller.calls.some(({ result }) => result === 'unattempted' || result === 'unknown');

const hasDone = ({ seller }: World): boolean => seller.calls.some(({ result }) => result === 'done');

const hasUnknown = ({ seller }: World): boolean => seller.calls.some(({ result }) => result === 'unknown');

const results = ({ seller }: World): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { result } of seller.calls) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
};

/**
 * A crowd, a seller and a fault; then the fault is over, the coupon is resumed, and everything is judged: as it is, and as a rebuild from the
 * database makes it.
 */
async function underFault(t: Test, faulty: (world: World) => Promise<void>): Promise<World> {
  const world = await openWorld(t, site, { quantity: QUANTITY, members: MEMBERS });
  const redis = quietClient(world);
  t.teardown(() => redis.disconnect());
  await world.burst(0, MEMBERS / 4);
  const watch = watchTerms(redis, world.couponId);
  const faultOver = faulty(world);
  await Promise.all([
    faultOver,
    actUntil(world, faultOver),
    world.crowd.requestUntil(faultOver, world.couponId, world.members.slice(0, MEMBERS / 2)),
  ]);
  t.equal(await world.seller.insist({ kind: 'amend', change: { closesAtMs: null } }), 'done');
  t.equal(await world.seller.insist({ kind: 'amend', change: { paused: false } }), 'done');
  await world.burst();
  t.comment(JSON.stringify(results(world)));
  await world.evidence();
  await watch.stop();
  t.ok(watch.observed.length > 0);
  const { lost } = await world.verdict(t, { observed: watch.observed });
  t.equal(lost, 0);
  return world;
}

/** Redis is emptied: what comes back is what the database has. */
async function sameAfterRebuild(t: Test, world: World): Promise<void> {
  const redis = quietClient(world);
  await redis.flushall();
  redis.disconnect();
  world.storeLost();
  await world.burst();
  t.ok((await world.version()) > 1);
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
}

fault(39, 'the database refuses writes now and then while a seller changes a coupon', async (t) => {
  const world = await underFault(t, async (world) => {
    for (let times = 0; times < TIMES_MAX && !(times > 5 && isMet(world)); times += 1) {
      await readOnly(true);
      await pause(REFUSED_MS);
      await readOnly(false);
      await pause(times * 5);
    }
  });
  t.ok(isMet(world), 'some calls were made, and others were not');
  await sameAfterRebuild(t, world);
});

fault(39, 'the database refuses every write: no change is made, and none appears later', async (t) => {
  const world = await openWorld(t, site, { quantity: QUANTITY, members: MEMBERS });
  await world.burst(0, MEMBERS / 4);
  await readOnly(true);
  let calls = 0;
  for (const act of acts(world)) {
    if ((calls += 1) > 12) break;
    await world.seller.act(act, calls % 2);
  }
  await world.seller.act({ kind: 'amend', change: { closed: true } });
  await readOnly(false);
  t.same(Object.keys(results(world)), ['unattempted'], 'nothing was written down, so nothing was attempted');
  await world.burst();
  await world.verdict(t);
});

fault(39, 'connections to the database die between the steps of a change', async (t) => {
  const world = await underFault(t, async (world) => {
    for (let times = 0; times < TIMES_MAX && !(times > 20 && isMet(world) && hasUnknown(world)); times += 1) {
      site.mysqlProxy.behave({ replies: 'drop' });
      await site.mysqlProxy.nextReply();
      site.mysqlProxy.cut();
      site.mysqlProxy.behave({});
      await pause(CUT_EVERY_MS + times);
    }
  });
  t.ok(
    isMet(world) && hasUnknown(world),
    'some calls were made, others were not, and some outcomes were unknown',
  );
  await sameAfterRebuild(t, world);
});

fault(40, 'connections to Redis die between the two steps of a revoke, and of other changes', async (t) => {
  const world = await underFault(t, async (world) => {
    const client = quietClient(world);
    const killing = (async (): Promise<void> => {
      for (let times = 0; times < 40; times += 1) {
        await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await pause(CUT_EVERY_MS);
      }
    })();
    // Over one connection each, so that many are between their two steps.
    const revokes = Array.from({ length: REVOKES }, (_, place) =>
      world.seller.act({ kind: 'revoke', issueNo: place + 1 }, place % 2),
    );
    await Promise.all([killing, ...revokes]);
    client.disconnect();
    for (let place = 0; place < REVOKES; place += 1) {
      const settled = await world.seller.insist({ kind: 'revoke', issueNo: place + 1 });
      t.ok(['done', 'refused'].includes(settled), 'asking again settles it');
    }
  });
  t.ok(hasUnknown(world), 'some outcomes were unknown');
  await sameAfterRebuild(t, world);
});

/** The coupon as that server returns it. */
async function couponAt(
  { servers, couponId }: World,
  server: number,
): Promise<{ tag: string; quantity: unknown }> {
  const client = new HttpClient(servers[server]?.origin ?? '', 1);
  const { headers, body } = await client.call(`/v1/coupons/${couponId}`);
  client.close();
  return { tag: String(headers['etag']), quantity: body['quantity'] };
}

const sessions = { quantity: QUANTITY, members: MEMBERS, sellerConnections: SESSIONS };

fault(
  45,
  'ten sessions change one revision over two servers: one change is made, the others are told',
  async (t) => {
    const world = await openWorld(t, site, sessions);
    await world.burst(0, MEMBERS / 4);
    const { tag } = await couponAt(world, 0);
    const results = await Promise.all(
      Array.from({ length: SESSIONS }, (_, place) =>
        world.seller.act({ kind: 'amend', change: { quantity: QUANTITY + 1 + place } }, place % 2, tag),
      ),
    );
    t.same(results.toSorted(), ['done', ...Array.from({ length: SESSIONS - 1 }, () => 'refused')]);
    const refused = world.seller.calls.filter(({ result }) => result === 'refused');
    for (const { code } of refused) t.equal(code, 'changed_meanwhile');
    const quantity = QUANTITY + 1 + results.indexOf('done');
    for (const server of [0, 1]) {
      const now = await couponAt(world, server);
      t.equal(now.quantity, quantity);
      t.not(now.tag, tag);
    }
    await world.burst();
    await world.verdict(t);
  },
);

fault(
  45,
  'ten top-ups, each repeated on the other server while one is killed, count once each',
  async (t) => {
    const world = await openWorld(t, site, sessions);
    await world.burst(0, MEMBERS / 4);
    const [, dying] = world.servers;
    const topUps = Array.from({ length: SESSIONS }, (_, place) => ({
      ...{ kind: 'top_up' as const, by: TOP_UP, key: `${world.couponId}-session-${place}` },
    }));
    const killed = (async (): Promise<void> => {
      // Others are in work on it then.
      while (!hasDone(world)) await pause(1);
      await dying?.kill('SIGKILL');
    })();
    await Promise.all(
      topUps.map(async (act, place) => {
        await world.seller.act(act, place % 2);
        await world.seller.act(act, 1 - (place % 2));
      }),
    );
    await killed;
    t.ok(hasUnknown(world), 'some outcomes were unknown');
    await dying?.restart();
    for (const act of topUps) t.equal(await world.seller.insist(act), 'done', act.key);
    for (const server of [0, 1]) {
      t.equal((await couponAt(world, server)).quantity, QUANTITY + SESSIONS * TOP_UP);
    }
    await world.burst();
    await world.verdict(t);
    await sameAfterRebuild(t, world);
  },
);
