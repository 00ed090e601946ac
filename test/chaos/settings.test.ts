/** Tests settings that start-up refuses and that appear while running: by CONFIG SET, and by a failover to a replica that has them. */
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { SETTINGS_CHECK_MS } from '../../src/persist/redis/settings-watch.js';
import { HttpClient } from '../clients/http-client.js';
import { type RedisServer, redisClient } from '../servers/redis.js';
import { startRedisCluster } from '../servers/redis-cluster.js';
import { fault } from './fault.js';
import { openWorld, sharedMariadb, startSite, startWorld, type World } from './world.js';

const NOTICED_MS = 2 * SETTINGS_CHECK_MS;
const mariadb = await sharedMariadb(t);
// Each test has a Redis of its own, and mostly waits for the next check of its settings.
t.jobs = 4;

async function set(server: RedisServer, name: string, value: string): Promise<void> {
  const client = redisClient(server);
  await client.config('SET', name, value);
  client.disconnect();
}

async function ask(world: World, path: string) {
  const client = new HttpClient(world.servers[0]?.origin ?? '', 1);
  const answer = await client.call(path);
  client.close();
  return answer;
}

async function untilReady(world: World): Promise<void> {
  while ((await ask(world, '/readyz')).status !== 200) await pause(100);
}

/**
 * No member wins under the setting, from the moment it is in force; `/readyz` names it, and once it is set back the burst
 * continues.
 */
async function withholdsDecisions(
  t: Test,
  world: World,
  name: string,
  [bad, good]: readonly [string, string],
): Promise<void> {
  const { requests } = world.crowd;
  const burst = world.burst(0, 300);
  while (requests.length < 100) await pause(5);
  await set(world.redis, name, bad);
  const changedMs = performance.now();
  // The first ones may all be answered by now.
  const rest = world.burst(300);
  await pause(NOTICED_MS);
  const { status, body } = await ask(world, '/readyz');
  t.equal(status, 503);
  t.match(String(body['reasons']), new RegExp(`${name} ${bad}`));
  t.match((await ask(world, '/metrics')).body['text'], /^seonchak_store_settings_refused 1$/m);
  const meanwhile = requests.filter(({ invokedMs }) => invokedMs >= changedMs);
  t.ok(meanwhile.length > 0, 'members press meanwhile');
  t.same(
    meanwhile.filter(({ outcome }) => outcome === 'issued' || outcome === 'already_issued'),
    [],
    'nothing is issued under it, from the moment it is in force',
  );
  await set(world.redis, name, good);
  await Promise.all([burst, rest]);
  await untilReady(world);
  await world.verdict(t);
}

fault(38, 'an evicting policy appears while running: nothing is decided until it is set back', async (t) => {
  const world = await startWorld(t, mariadb, {});
  await withholdsDecisions(t, world, 'maxmemory-policy', ['allkeys-lru', 'noeviction']);
});

fault(38, 'a named level no longer holds: nothing is decided until it holds again', async (t) => {
  const world = await startWorld(t, mariadb, { settings: { DURABILITY: 'fsync' } });
  await withholdsDecisions(t, world, 'appendfsync', ['everysec', 'always']);
});

fault(38, 'syncs are left out during a snapshot: nothing is decided until they are not', async (t) => {
  const world = await startWorld(t, mariadb, { settings: { DURABILITY: 'fsync' } });
  await withholdsDecisions(t, world, 'no-appendfsync-on-rewrite', ['yes', 'no']);
});

fault(
  38,
  'the append-only file is switched off: nothing is decided until it is on and complete',
  async (t) => {
    const world = await startWorld(t, mariadb, { settings: { DURABILITY: 'fsync' } });
    await withholdsDecisions(t, world, 'appendonly', ['no', 'yes']);
  },
);

fault(
  38,
  'a level that was not requested no longer holds: it is not claimed, and members go on',
  async (t) => {
    const world = await startWorld(t, mariadb, {});
    t.match((await ask(world, '/metrics')).body['text'], /^seonchak_durability_level\{level="fsync"\} 1$/m);
    await set(world.redis, 'appendfsync', 'everysec');
    await pause(NOTICED_MS);
    const { body } = await ask(world, '/metrics');
    t.match(body['text'], /^seonchak_durability_level\{level="memory"\} 1$/m);
    t.notMatch(body['text'], /level="fsync"/);
    await world.burst();
    await world.verdict(t);
  },
);

fault(38, 'a replica that evicts is promoted: it decides nothing until its policy is set', async (t) => {
  const cluster = await startRedisCluster({ masters: 3, replicas: 1, nodeTimeoutMs: 1_000 });
  t.teardown(() => cluster.stop());
  const replicas = cluster.nodes.filter(({ startedAs }) => startedAs === 'replica');
  for (const replica of replicas) await set(replica, 'maxmemory-policy', 'allkeys-lru');
  const world = await openWorld(t, await startSite(t, mariadb, { cluster, servers: 2 }));
  await world.burst(0, 100);
  for (const replica of replicas) {
    const client = redisClient(replica);
    await client.call('CLUSTER', 'FAILOVER');
    while (!(await client.info('replication')).includes('role:master')) await pause(20);
    client.disconnect();
  }
  await cluster.untilOk();
  await pause(NOTICED_MS);
  const before = world.crowd.requests.length;
  const rest = world.burst(100);
  await pause(NOTICED_MS);
  const meanwhile = world.crowd.requests.slice(before);
  t.ok(meanwhile.length > 0, 'members press meanwhile');
  t.same(
    meanwhile.filter(({ outcome }) => outcome === 'issued'),
    [],
    'nothing is issued under it',
  );
  for (const replica of replicas) await set(replica, 'maxmemory-policy', 'noeviction');
  await rest;
  await world.verdict(t);
});
