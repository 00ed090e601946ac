/** Tests missing or unresponsive replicas under Redis settings that require them, and a replica that is promoted behind a name. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { redisClient, startRedis } from '../servers/redis.js';
import { fault } from './fault.js';
import { sharedMariadb, startWorld } from './world.js';
import { couponKey } from '../../src/persist/redis/keys.js';

/** Requests that are made while the fault lasts. */
const REQUESTS_MEANWHILE = 60;
/** docs/configuration.md: how soon the processes have left a demoted server. */
const LEFT_WITHIN_MS = 10_000;

const mariadb = await sharedMariadb(t);

fault(21, 'the replica is frozen at level replica: outcome unknown, never "issued"', async (t) => {
  const master = await startRedis();
  t.teardown(() => master.stop());
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
  t.teardown(() => replica.stop());
  const client = redisClient(master);
  t.teardown(() => client.disconnect());
  while (!(await client.info('replication')).includes('state=online')) await pause(20);
  const settings = { DURABILITY: 'replica', REPLICA_ACKS: '1' };
  const world = await startWorld(t, mariadb, { redisServer: master, servers: 2, settings });
  const burst = world.burst();
  await world.crowd.winners(100);
  await replica.kill('SIGSTOP');
  const frozenMs = performance.now();
  await world.crowd.answeredSince(frozenMs, REQUESTS_MEANWHILE);
  const thawingMs = performance.now();
  await replica.kill('SIGCONT');
  await burst;
  const meanwhile = world.crowd.requests.filter(
    (request) => request.invokedMs > frozenMs && (request.answeredMs ?? Infinity) < thawingMs,
  );
  t.ok(
    meanwhile.some((request) => request.outcome === 'outcome_unknown'),
    'members got an unknown outcome',
  );
  t.strictSame(
    meanwhile.filter((request) => request.issueNo !== undefined),
    [],
    'no issuance was acknowledged',
  );
  await world.verdict(t);
});

fault(22, 'fewer replicas than Redis demands: nothing is written, and on it goes with them', async (t) => {
  const world = await startWorld(t, mariadb, { servers: 2 });
  const client = redisClient(world.redis);
  t.teardown(() => client.disconnect());
  const winners = (): Promise<number> => client.hlen(couponKey(world.couponId, 'winners'));
  const burst = world.burst();
  await world.crowd.winners(100);
  await client.config('SET', 'min-replicas-to-write', '1');
  const refusedMs = performance.now();
  const before = await winners();
  await world.crowd.answeredSince(refusedMs, REQUESTS_MEANWHILE);
  const givenMs = performance.now();
  t.equal(await winners(), before, 'nothing was written');
  await client.config('SET', 'min-replicas-to-write', '0');
  await burst;
  const meanwhile = world.crowd.requests.filter(
    (request) => request.invokedMs > refusedMs && (request.answeredMs ?? Infinity) < givenMs,
  );
  t.strictSame(
    [...new Set(meanwhile.map((request) => request.outcome))],
    ['busy'],
    'members were answered that nothing was attempted',
  );
  await world.verdict(t);
});

fault(24, 'a planned failover behind a name: the demoted server is left, and nothing is lost', async (t) => {
  const master = await startRedis();
  t.teardown(() => master.stop());
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
  t.teardown(() => replica.stop());
  const [onMaster, onReplica] = [redisClient(master), redisClient(replica)];
  t.teardown(() => {
    onMaster.disconnect();
    onReplica.disconnect();
  });
  while (!(await onMaster.info('replication')).includes('state=online')) await pause(20);
  const world = await startWorld(t, mariadb, { redisServer: master, redisProxy: true, servers: 2 });
  const burst = world.burst();
  await world.crowd.winners(100);
  await onMaster.call('FAILOVER', 'TO', '127.0.0.1', String(replica.port));
  while (!(await onReplica.info('replication')).includes('role:master')) await pause(5);
  const promotedMs = performance.now();
  const wonBefore = world.crowd.requests.filter(({ outcome }) => outcome === 'issued').length;
  world.redisProxy.retarget(replica.port);
  await world.crowd.winners(wonBefore + 20);
  const tookMs = performance.now() - promotedMs;
  t.ok(tookMs < LEFT_WITHIN_MS, `members won again after ${Math.round(tookMs)} ms`);
  await burst;
  const { lost } = await world.verdict(t);
  t.equal(lost, 0);
  t.equal(await world.version(), 1, 'verified on the promoted server, not rebuilt');
});
