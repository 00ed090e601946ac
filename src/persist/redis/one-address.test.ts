/** Tests a Cluster that is configured by one address, and advertised addresses that are not reachable. */
import t from 'tap';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import { startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { startTcpProxy } from '../../../test/servers/tcp-proxy.js';
import { connectRedis } from './connect.js';
import { RedisCalls } from './redis-calls.js';

const callDeadlineMs = 5_000;

t.test('a Cluster of three masters', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  const proxies = await Promise.all(cluster.nodes.map(({ port }) => startTcpProxy(port)));
  t.teardown(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await cluster.stop();
  });
  const [seed = ''] = cluster.urls;

  t.test('is recognised by one address', async (t) => {
    const nodes = await connectRedis({ redisUrls: [seed], callDeadlineMs });
    t.teardown(() => nodes.close());
    t.equal(nodes.isCluster, true);
    t.equal(nodes.masters().length, 3);
    const calls = new RedisCalls(nodes, { callDeadlineMs, replicaAcks: 0 });
    for (let place = 0; place < 30; place += 1) await calls.command('hset', `one:{${place}}`, ['field', 1]);
    for (const node of cluster.nodes) {
      const client = redisClient(node);
      t.ok((await client.keys('one:*')).length > 0, 'every master has some of the keys');
      client.disconnect();
    }
  });

  t.test('is reached where REDIS_NAT_MAP says, redirections included', async (t) => {
    const redisNatMap = Object.fromEntries(
      cluster.nodes.map(({ port }, place) => [
        `127.0.0.1:${port}`,
        { host: '127.0.0.1', port: proxies[place]?.port ?? 0 },
      ]),
    );
    const nodes = await connectRedis({
      redisUrls: [`redis://127.0.0.1:${proxies[0]?.port ?? 0}`],
      ...{ redisNatMap, callDeadlineMs },
    });
    t.teardown(() => nodes.close());
    const ports = new Set(proxies.map(({ port }) => port));
    t.same(new Set(nodes.masters().map(({ options }) => options.port)), ports);
    t.equal(nodes.nodeAt(`127.0.0.1:${cluster.nodes[1]?.port ?? 0}`).options.port, proxies[1]?.port);
    const calls = new RedisCalls(nodes, { callDeadlineMs, replicaAcks: 0 });
    for (let place = 0; place < 30; place += 1) await calls.command('hset', `nat:{${place}}`, ['field', 1]);
    t.equal(await calls.command('hget', 'nat:{7}', ['field']), '1');
  });

  t.test('has no database but 0', async (t) => {
    const refused = connectRedis({ redisUrls: [`${seed}/3`], callDeadlineMs });
    await t.rejects(refused, { code: 'config_invalid', message: /is a Cluster, which has only database 0/ });
  });
});

t.test('a database number that the server does not have', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const refused = connectRedis({ redisUrls: [`${server.url}/99`], callDeadlineMs });
  await t.rejects(refused, {
    code: 'config_invalid',
    message: /database number that this Redis does not have/,
  });
});
