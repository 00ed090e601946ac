/** Tests MariaDB that dies, hangs or refuses while members win over Redis. */
import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite } from './world.js';
import { couponKey } from '../../src/persist/redis/keys.js';

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb, { mysqlProxy: true, servers: 2 });

/** A winner whose row the schema refuses. */
async function plantTooHigh(t: Test, couponId: number): Promise<void> {
  const client = redisClient(site.redis);
  t.teardown(() => client.disconnect());
  // Numbers of member_coupon are unsigned 32-bit: this one never fits.
  const tooHigh = 2 ** 33;
  // From this instant on it takes a unit, and the checker counts it.
  const nowMs = Date.now();
  await client.zadd(couponKey(couponId, 'issuable_coupon_queue'), tooHigh, `poison:${nowMs}`);
  await client.hset(couponKey(couponId, 'winners'), 'poison', `${tooHigh}:${nowMs}`);
}

fault(
  28,
  'MySQL dies in the middle of INSERTs: the backlog grows, then drains, nothing is missing',
  async (t) => {
    const world = await openWorld(t, site);
    const burst = world.burst();
    await world.crowd.winners(100);
    await mariadb.kill('SIGKILL');
    await world.crowd.winners(300);
    await mariadb.restart();
    await burst;
    await world.verdict(t);
  },
);

fault(
  29,
  'another connection takes the rows in the opposite order: deadlocks and lock waits are retried whole',
  async (t) => {
    const world = await openWorld(t, site);
    const rival = await createConnection(mariadb.url);
    t.teardown(() => rival.end());
    const burst = world.burst();
    for (const issueNo of [399, 250, 120, 30]) {
      await rival.beginTransaction();
      // Range locks ahead of the appends, highest first, released after the recorder has run into them.
      await rival.query('select * from member_coupon where coupon_id = ? and issue_no >= ? for update', [
        world.couponId,
        issueNo,
      ]);
      await world.crowd.winners(400 - issueNo);
      await rival.rollback();
    }
    await burst;
    await world.verdict(t);
  },
);

fault(30, 'acknowledgements of COMMIT are lost: the replay is a no-op', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  for (const winners of [50, 150, 250, 350]) {
    await world.crowd.winners(winners);
    site.mysqlProxy.behave({ replies: 'drop' });
    await site.mysqlProxy.nextReply();
    site.mysqlProxy.cut();
    site.mysqlProxy.behave({});
  }
  await burst;
  await world.verdict(t);
});

fault(28, 'the same with twenty coupons at once, whose rows share transactions', async (t) => {
  const options = { quantity: 40, members: 60 };
  const worlds = await Promise.all(Array.from({ length: 20 }, () => openWorld(t, site, options)));
  const untilWinners = (count: number) => Promise.all(worlds.map((world) => world.crowd.winners(count)));
  // Whatever shares a transaction with this one has to do without it. Planted before the burst, it takes one of the units in every run.
  const [contested] = worlds;
  if (contested !== undefined) await plantTooHigh(t, contested.couponId);
  const bursts = worlds.map((world) => world.burst());
  await untilWinners(12);
  site.mysqlProxy.behave({ replies: 'drop' });
  await site.mysqlProxy.nextReply();
  site.mysqlProxy.cut();
  site.mysqlProxy.behave({});
  await untilWinners(20);
  await mariadb.kill('SIGKILL');
  await untilWinners(30);
  await mariadb.restart();
  await Promise.all(bursts);
  for (const world of worlds) await world.verdict(t, world === contested ? { planted: ['poison'] } : {});
});

fault(31, 'a row the schema refuses is dead-lettered with its reason, and the others proceed', async (t) => {
  const world = await openWorld(t, site, { quantity: 100, members: 60 });
  await plantTooHigh(t, world.couponId);
  await world.burst();
  const evidence = await world.evidence();
  t.match(
    evidence.deadLetters.map((letter) => [letter.holder, letter.reason]),
    [['poison', /refused by the schema/]],
  );
  await world.verdict(t, { planted: ['poison'] });
});
