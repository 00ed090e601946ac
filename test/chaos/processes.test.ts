/** Tests our own processes that die, freeze, stop, or have a wrong clock. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { redisClient } from '../servers/redis.js';
import { type SeonchakServer, startSeonchak } from '../servers/seonchak.js';
import { fault } from './fault.js';
import { claimHeld, openWorld, sharedMariadb, startSite } from './world.js';
import { HOUR_SLOW_MS, NEARLY_HOUR_FAST_MS, wrongClock } from './wrong-clock.js';

const LOGGED_WITHIN_MS = 30_000;

const mariadb = await sharedMariadb(t);
/** For the faults after which every process runs again. */
const twoServers = await startSite(t, mariadb, { servers: 2 });
const loneRecorder = await startSite(t, mariadb, { loneRecorder: true });

/** Waits until a process has logged it. */
async function logged(server: SeonchakServer | undefined, words: RegExp): Promise<void> {
  const untilMs = performance.now() + LOGGED_WITHIN_MS;
  while (!words.test(server?.log() ?? '')) {
    if (performance.now() > untilMs)
      throw new Error(`not logged within ${LOGGED_WITHIN_MS} ms: ${String(words)}`);
    await pause(10);
  }
}

fault(1, 'an API server dies with batches in flight: a retry gives the same number', async (t) => {
  const world = await openWorld(t, twoServers);
  const burst = world.burst();
  await world.crowd.winners(100);
  await world.servers[0]?.kill('SIGKILL');
  await world.servers[0]?.restart();
  await burst;
  t.ok(
    world.crowd.requests.some((request) => request.outcome === 'lost'),
    'some answers were lost',
  );
  await world.verdict(t);
});

fault(2, 'a recorder dies after its claim and before its INSERT: all rows appear', async (t) => {
  const world = await openWorld(t, loneRecorder);
  // A frozen database holds the recorder between claim and INSERT.
  await mariadb.kill('SIGSTOP');
  const burst = world.burst();
  await claimHeld(world);
  await world.recorder?.kill('SIGKILL');
  await mariadb.kill('SIGCONT');
  await world.recorder?.restart();
  await burst;
  await world.verdict(t);
});

fault(3, 'a recorder dies after its INSERT and before its ack: the replay is a no-op', async (t) => {
  const world = await openWorld(t, loneRecorder);
  await mariadb.kill('SIGSTOP');
  const burst = world.burst();
  await claimHeld(world);
  // The INSERT goes through, the ack never arrives.
  world.redisProxy.behave({ requests: 'drop' });
  await mariadb.kill('SIGCONT');
  while ((await world.rows()) === 0) await pause(5);
  await world.recorder?.kill('SIGKILL');
  await claimHeld(world);
  world.redisProxy.behave({});
  await world.recorder?.restart();
  await burst;
  await world.verdict(t);
});

fault(
  4,
  'a recorder frozen past its lease: its claim is taken over, its late writes are replays',
  async (t) => {
    const site = await startSite(t, mariadb, { loneRecorder: true });
    const world = await openWorld(t, site);
    await mariadb.kill('SIGSTOP');
    const burst = world.burst();
    await claimHeld(world);
    await world.recorder?.kill('SIGSTOP');
    await mariadb.kill('SIGCONT');
    const successor = await startSeonchak({ ...site.settings, ROLES: 'recorder' });
    t.teardown(() => successor.stop());
    await burst;
    // The successor takes the claim over as soon as the lease has ended, and records it.
    await world.evidence();
    await world.recorder?.kill('SIGCONT');
    await world.verdict(t);
    await world.recorder?.stop();
    await world.verdict(t);
  },
);

fault(
  4,
  'a recorder frozen across a loss of Redis and its recovery: what it writes late is refused',
  async (t) => {
    const site = await startSite(t, mariadb, { loneRecorder: true });
    const world = await openWorld(t, site);
    await mariadb.kill('SIGSTOP');
    await world.burst(0, 100);
    await claimHeld(world);
    await world.recorder?.kill('SIGSTOP');
    await mariadb.kill('SIGCONT');
    const client = redisClient(world.redis);
    t.teardown(() => client.disconnect());
    await client.flushall();
    world.storeLost();
    const successor = await startSeonchak({ ...site.settings, ROLES: 'recorder' });
    t.teardown(() => successor.stop());
    await world.burst(100);
    const { rows } = await world.evidence();
    t.equal(await world.version(), 2, 'the coupon was rebuilt while the recorder was frozen');
    await world.recorder?.kill('SIGCONT');
    // The recorder continues in the middle of its transaction, unless it checks its deadlines first.
    await logged(world.recorder, /claimed before the coupon was rebuilt|Store error while recording/);
    t.comment(
      /claimed before/.test(world.recorder?.log() ?? '')
        ? 'its rows were refused'
        : 'it gave up without a signal',
    );
    const after = await world.evidence();
    t.same(after.rows, rows, 'not one row of before the loss');
    t.same(after.deadLetters, []);
    await world.verdict(t);
  },
);

fault(32, 'clocks of API servers are off by an hour: the window is exact all the same', async (t) => {
  const clocks = [wrongClock(t, HOUR_SLOW_MS), wrongClock(t, NEARLY_HOUR_FAST_MS)];
  const serverSettings = clocks.map(({ settings }) => settings);
  const site = await startSite(t, mariadb, { servers: 2, serverSettings });
  const opensAtMs = Date.now() + 10_000;
  const world = await openWorld(t, site, { opensAtMs });
  await Promise.all(
    world.members.slice(0, 50).map((member) => world.crowd.requestOnce(world.couponId, member)),
  );
  t.ok(
    world.crowd.requests.some((request) => request.outcome === 'not_open'),
    'some came before the opening',
  );
  while (Date.now() < opensAtMs) await pause(10);
  await world.burst();
  const { rows } = await world.evidence();
  t.ok(
    rows.every((row) => row.issuedAtMs >= opensAtMs),
    'nothing was issued before the opening',
  );
  await world.verdict(t);
});

fault(33, 'SIGTERM under load: what was taken is answered, exit within the grace time', async (t) => {
  const world = await openWorld(t, twoServers);
  const burst = world.burst();
  await world.crowd.winners(100);
  const loggedMs = performance.now();
  await world.servers[0]?.kill('SIGTERM');
  t.ok(performance.now() - loggedMs < 10_000, 'within the grace time');
  await world.servers[0]?.restart();
  await burst;
  await world.verdict(t);
});
