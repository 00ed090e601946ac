/** Tests a host name that resolves to a demoted Redis, and then to the promoted one. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import { startTcpProxy } from '../../../test/servers/tcp-proxy.js';
import { connectRedis, isServing } from './connect.js';
import { openRedisBackEnd } from './redis-back-end.js';
import { RedisCalls } from './redis-calls.js';

const WITHIN_MS = 10_000;

t.test('writes go on after a promotion behind a name, and readiness is false meanwhile', async (t) => {
  const [old, promoted] = await Promise.all([startRedis(), startRedis()]);
  const proxy = await startTcpProxy(old.port);
  const admins = [redisClient(old), redisClient(promoted)] as const;
  const callDeadlineMs = 2_000;
  const nodes = await connectRedis({ redisUrls: [`redis://127.0.0.1:${proxy.port}`], callDeadlineMs });
  t.teardown(async () => {
    nodes.close();
    for (const admin of admins) admin.disconnect();
    await proxy.stop();
    await Promise.all([old.stop(), promoted.stop()]);
  });
  const calls = new RedisCalls(nodes, { callDeadlineMs, replicaAcks: 0 });
  const write = (value: string) => calls.command('hset', 'key', ['field', value]);
  await write('before');
  await admins[0].replicaof('127.0.0.1', promoted.port);
  await t.rejects(write('refused'), { code: 'store_unavailable' });
  t.equal(isServing(nodes), false);
  await pause(300);
  t.equal(isServing(nodes), false, 'a connection to the replica is no reason to be ready');
  await t.rejects(
    openRedisBackEnd({
      ...{ redisUrls: [old.url], callDeadlineMs, durability: undefined, replicaAcks: 1 },
    }),
    { code: 'config_invalid', message: /names a replica \(role:slave\).*name the master/ },
  );
  proxy.retarget(promoted.port);
  const startMs = performance.now();
  while (!isServing(nodes) && performance.now() - startMs < WITHIN_MS) await pause(20);
  t.ok(isServing(nodes), 'without any request in between');
  await write('after');
  t.equal(await admins[1].hget('key', 'field'), 'after');
  t.comment(`served again ${Math.round(performance.now() - startMs)} ms after the switch`);
});
