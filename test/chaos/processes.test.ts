/** Our own processes die, freeze, stop, or have a wrong clock. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { redisClient } from '../servers/redis.js';
import { fault } from './fault.js';
import { LEASE_MS, openWorld, sharedMariadb, startSite, type World } from './world.js';

const mariadb = await sharedMariadb(t);

async function claimHeld(world: World): Promise<void> {
  const client = redisClient(world.redis);
  // Besides the sentinel there is a claim.
  while ((await client.zcard(`coupon:{${world.couponId}}:claims`)) < 2) await pause(5);
  client.disconnect();
}

fault(1, 'an API server dies with batches in flight: asking again gives the same number', async (t) => {
  const world = await openWorld(t, await startSite(t, mariadb, { servers: 2 }));
  const storm = world.storm();
  await world.crowd.winners(100);
  await world.servers[0]?.kill('SIGKILL');
  await world.servers[0]?.restart();
  await storm;
  t.ok(
    world.crowd.presses.some((press) => press.outcome === 'lost'),
    'some answers were lost',
  );
  await world.verdict(t);
});

fault(
  2,
  'a recorder dies after its claim and before its INSERT: the lease ends and all rows appear',
  async (t) => {
    const site = await startSite(t, mariadb, { servers: 2 });
    const world = await openWorld(t, site);
    const storm = world.storm();
    await world.crowd.winners(50);
    // A frozen database holds every recorder between claim and INSERT.
    await mariadb.kill('SIGSTOP');
    await claimHeld(world);
    await site.servers[1]?.kill('SIGKILL');
    await mariadb.kill('SIGCONT');
    await site.servers[1]?.restart();
    await storm;
    await world.verdict(t);
  },
);

fault(
  4,
  'a recorder frozen past its lease has its claim taken over, and its late writes are replays',
  async (t) => {
    const site = await startSite(t, mariadb, { servers: 2 });
    const world = await openWorld(t, site);
    const storm = world.storm();
    await world.crowd.winners(100);
    await site.servers[1]?.kill('SIGSTOP');
    const thaw = setTimeout(() => void site.servers[1]?.kill('SIGCONT'), LEASE_MS + 2_000);
    t.teardown(() => clearTimeout(thaw));
    await storm;
    await world.verdict(t);
  },
);

fault(33, 'SIGTERM under load: what was taken is answered, exit within the grace time', async (t) => {
  const site = await startSite(t, mariadb, { servers: 2 });
  const world = await openWorld(t, site);
  const storm = world.storm();
  await world.crowd.winners(100);
  const toldMs = performance.now();
  await site.servers[0]?.kill('SIGTERM');
  t.ok(performance.now() - toldMs < 10_000, 'within the grace time');
  await site.servers[0]?.restart();
  await storm;
  await world.verdict(t);
});
