/** Tests faults of Redis and its network: lost messages, silence, slowness, no memory, wrong settings. */
import t from 'tap';
import { runSeonchak } from '../clients/seonchak-command.js';
import { redisClient, startRedis } from '../servers/redis.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite } from './world.js';

const mariadb = await sharedMariadb(t);
const site = await startSite(t, mariadb, { redisProxy: true, servers: 2 });

fault(12, 'the append-only file is rewritten under load, without any effect', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  await world.crowd.winners(50);
  const client = redisClient(site.redis);
  t.teardown(() => client.disconnect());
  await client.bgrewriteaof();
  await burst;
  await world.verdict(t);
});

fault(13, 'the script cache is emptied under load: one reload, no double issue', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  const client = redisClient(site.redis);
  t.teardown(() => client.disconnect());
  for (const winners of [50, 150, 300]) {
    await world.crowd.winners(winners);
    await client.script('FLUSH');
  }
  await burst;
  await world.verdict(t);
});

fault(
  16,
  'replies of Redis are lost after the scripts ran: one issuance, the same number on retry',
  async (t) => {
    const world = await openWorld(t, site);
    const burst = world.burst();
    for (const winners of [50, 150, 300]) {
      await world.crowd.winners(winners);
      site.redisProxy.behave({ replies: 'drop' });
      await site.redisProxy.nextReply();
      site.redisProxy.cut();
      site.redisProxy.behave({});
    }
    await burst;
    await world.verdict(t);
  },
);

fault(17, 'requests to Redis are lost, and issued once when repeated', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  for (const winners of [50, 150, 300]) {
    await world.crowd.winners(winners);
    site.redisProxy.behave({ requests: 'drop' });
    await site.redisProxy.nextRequest();
    site.redisProxy.cut();
    site.redisProxy.behave({});
  }
  await burst;
  await world.verdict(t);
});

fault(18, 'into a black hole every call ends at its deadline', async (t) => {
  const world = await openWorld(t, site);
  const burst = world.burst();
  await world.crowd.winners(100);
  site.redisProxy.behave({ requests: 'hold', replies: 'hold' });
  const member = world.members[0];
  if (member === undefined) throw new Error('there are members');
  const request = await world.crowd.requestOnce(world.couponId, member);
  t.ok((request.answeredMs ?? Infinity) - request.invokedMs < 5_000, 'answered although Redis is silent');
  site.redisProxy.behave({});
  site.redisProxy.cut();
  await burst;
  await world.verdict(t);
});

fault(19, 'bytes come one by one: slower, nothing else', async (t) => {
  const world = await openWorld(t, site, { quantity: 40, members: 60 });
  site.redisProxy.behave({ chopBytes: 1 });
  await world.burst();
  site.redisProxy.behave({});
  await world.verdict(t);
});

fault(
  20,
  'Redis is frozen for five seconds: busy or unknown, then nothing late and nothing twice',
  async (t) => {
    const world = await openWorld(t, site);
    const burst = world.burst();
    await world.crowd.winners(100);
    await site.redis.kill('SIGSTOP');
    const thaw = setTimeout(() => void site.redis.kill('SIGCONT'), 5_000);
    t.teardown(() => clearTimeout(thaw));
    await burst;
    const outcomes = new Set(world.crowd.requests.map((request) => request.outcome));
    t.ok(outcomes.has('busy') || outcomes.has('outcome_unknown'), 'members got an unknown outcome');
    await world.verdict(t);
  },
);

fault(14, 'out of memory a batch is refused before its first write', async (t) => {
  const world = await openWorld(t, site, { quantity: 400, members: 400 });
  const client = redisClient(site.redis);
  t.teardown(() => client.disconnect());
  const burst = world.burst();
  await world.crowd.winners(100);
  await client.config('SET', 'maxmemory', '1mb');
  const member = world.members[399];
  if (member === undefined) throw new Error('there are members');
  const request = await world.crowd.requestOnce(world.couponId, member);
  t.match(request.outcome, /^(busy|issued|already_issued|outcome_unknown)$/, 'no member gets "sold out"');
  await client.config('SET', 'maxmemory', '0');
  await burst;
  await world.verdict(t);
});

fault(15, 'a Redis that evicts is refused at start', async (t) => {
  const redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  t.teardown(() => redis.stop());
  const settings = { ...site.settings, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET, PORT: '12001' };
  const { exitCode, stderr } = await runSeonchak(['serve'], settings);
  t.equal(exitCode, 2);
  t.match(stderr, /maxmemory-policy allkeys-lru/);
});
