/** Redis dies, forgets, or comes back with an older past, under load and with real processes. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Member } from '../clients/crowd.js';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { isDefinite } from './press.js';
import { sharedMariadb, startWorld } from './world.js';

const mariadb = await sharedMariadb(t);

fault(6, 'Redis is killed at appendfsync always, and nothing is lost', async (t) => {
  const world = await startWorld(t, mariadb, { servers: 2 });
  const storm = world.storm();
  await world.crowd.winners(100);
  await world.redis.kill('SIGKILL');
  const meanwhile = await world.crowd.pressOnce(world.couponId, world.members[0] as Member);
  t.notOk(isDefinite(meanwhile) && meanwhile.outcome === 'sold_out', 'never sold out meanwhile');
  await world.redis.restart();
  await storm;
  const { lost } = await world.verdict(t);
  t.equal(lost.length, 0);
  t.equal(await world.epoch(), 1, 'verified after the restart, not rebuilt');
});

fault(
  7,
  'Redis is killed at appendfsync everysec: what is lost is counted, nothing is doubled',
  async (t) => {
    const world = await startWorld(t, mariadb, { servers: 2, redis: { appendfsync: 'everysec' } });
    const storm = world.storm();
    await world.crowd.winners(100);
    await world.redis.kill('SIGKILL');
    await world.redis.restart();
    await storm;
    await world.verdict(t, { mayLose: true });
  },
);

fault(8, 'Redis comes back with an older copy of itself and is rebuilt from what is left', async (t) => {
  const world = await startWorld(t, mariadb, { servers: 2 });
  const copy = join(world.redis.folder, 'older');
  const appendOnly = join(world.redis.folder, 'appendonlydir');
  await world.storm(0, 100);
  await cp(appendOnly, copy, { recursive: true });
  await world.storm(100, 200);
  const storm = world.storm(200);
  await world.crowd.winners(250);
  await world.redis.kill('SIGKILL');
  await rm(appendOnly, { recursive: true });
  await cp(copy, appendOnly, { recursive: true });
  await world.redis.restart();
  await storm;
  const { lost } = await world.verdict(t, { mayLose: true });
  t.comment(`${lost.length} issuances were lost with the newer copy`);
  const client = redisClient(world.redis);
  const epoch = Number(await client.hget(`coupon:{${world.couponId}}:meta`, 'epoch'));
  client.disconnect();
  t.ok(epoch >= 2, 'the coupon was rebuilt under a new epoch');
});

fault(
  11,
  'Redis is emptied: not ready, never sold out, never a fresh stock, and back from the database',
  async (t) => {
    const world = await startWorld(t, mariadb, { servers: 2 });
    const storm = world.storm();
    await world.crowd.winners(100);
    const client = redisClient(world.redis);
    await client.flushall();
    const emptiedMs = performance.now();
    const next = await world.crowd.pressOnce(world.couponId, world.members[599] as Member);
    t.not(next.outcome, 'sold_out');
    client.disconnect();
    await storm;
    const after = world.crowd.presses.filter(
      (press) => press.invokedMs > emptiedMs && press.outcome === 'not_ready',
    );
    t.ok(after.length > 0, 'members were told not_ready meanwhile');
    const { lost } = await world.verdict(t, { mayLose: true });
    t.comment(`${lost.length} issuances were in no other place`);
  },
);
