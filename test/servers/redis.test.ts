import t from 'tap';
import { startRedisCluster } from './redis-cluster.js';
import { redisClient, startRedis } from './redis.js';

t.test('a private Redis keeps what it acknowledged when it is killed and started again', async (t) => {
  const server = await startRedis();
  t.teardown(() => server.stop());
  const client = redisClient(server);
  t.teardown(() => client.disconnect());
  await client.set('kept', 'yes');
  const before = server.pid();
  await server.kill('SIGKILL');
  await server.restart();
  t.not(server.pid(), before);
  const again = redisClient(server);
  t.teardown(() => again.disconnect());
  t.equal(await again.get('kept'), 'yes');
  await server.stop();
  t.throws(() => process.kill(server.pid(), 0), 'the process has ended');
});

t.test('a private Cluster of three masters with a replica each is ready when it is handed out', async (t) => {
  const cluster = await startRedisCluster({ masters: 3, replicas: 1, appendfsync: 'off' });
  t.teardown(() => cluster.stop());
  t.same(
    cluster.nodes.map((node) => node.startedAs),
    ['master', 'master', 'master', 'replica', 'replica', 'replica'],
  );
  for (const node of cluster.nodes) {
    const client = redisClient(node);
    t.match(await client.call('CLUSTER', 'INFO'), /cluster_state:ok/);
    client.disconnect();
  }
});
