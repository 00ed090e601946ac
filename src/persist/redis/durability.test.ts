import t from 'tap';
import { startRedis } from '../../../test/servers/redis.js';
import { ConfigError } from '../../engine/domain/errors.js';
import { judgeDurability, type RedisSettings } from './durability.js';
import { openRedisBackEnd } from './redis-back-end.js';

const strict: RedisSettings = {
  version: '7.0.15',
  maxmemoryPolicy: 'noeviction',
  appendonly: 'yes',
  appendfsync: 'always',
  connectedReplicas: 0,
};

t.test('with no level asked for, the strongest that the settings allow is taken', async (t) => {
  t.equal(judgeDurability([strict, strict], undefined, 1), 'fsync');
  t.equal(
    judgeDurability([strict, { ...strict, appendfsync: 'everysec' }], undefined, 1),
    'memory',
    'one weak master',
  );
  t.equal(judgeDurability([{ ...strict, appendonly: 'no' }], undefined, 1), 'memory');
  t.equal(judgeDurability([{ ...strict, noSyncOnRewrite: 'yes' }], undefined, 1), 'memory');
  t.equal(judgeDurability([{ ...strict, noSyncOnRewrite: 'no' }], undefined, 1), 'fsync');
  t.equal(
    judgeDurability([{ ...strict, appendonly: undefined }], undefined, 1),
    'memory',
    'a Redis that does not report its settings',
  );
  t.equal(
    judgeDurability([{ ...strict, connectedReplicas: 3 }], undefined, 1),
    'fsync',
    'replica only when named',
  );
});

t.test('a level stronger than the settings allow is refused, a weaker one taken', async (t) => {
  t.equal(judgeDurability([strict], 'memory', 1), 'memory');
  t.throws(() => judgeDurability([{ ...strict, appendfsync: 'everysec' }], 'fsync', 1), ConfigError);
  t.throws(() => judgeDurability([{ ...strict, noSyncOnRewrite: 'yes' }], 'fsync', 1), ConfigError);
  t.throws(() => judgeDurability([strict, { ...strict, connectedReplicas: 2 }], 'replica', 1), ConfigError);
  t.equal(judgeDurability([{ ...strict, connectedReplicas: 2 }], 'replica', 2), 'replica');
});

t.test('a Redis that may evict winners, or is too old, is refused whatever the level', async (t) => {
  t.throws(() => judgeDurability([{ ...strict, maxmemoryPolicy: 'allkeys-lru' }], 'memory', 1), ConfigError);
  t.throws(() => judgeDurability([{ ...strict, version: '6.2.14' }], 'memory', 1), ConfigError);
});

t.test('the settings of a real Redis are read, and an evicting one is refused by name', async (t) => {
  const server = await startRedis({ appendfsync: 'everysec' });
  t.teardown(() => server.stop());
  const options = { redisUrls: [server.url], callDeadlineMs: 2_000, replicaAcks: 1 };
  const backEnd = await openRedisBackEnd({ ...options, durability: undefined });
  t.teardown(() => backEnd.close());
  t.equal(backEnd.durability(), 'memory');
  await t.rejects(openRedisBackEnd({ ...options, durability: 'fsync' }), { code: 'config_invalid' });
  await server.restart(['--maxmemory-policy', 'allkeys-lru']);
  await t.rejects(openRedisBackEnd({ ...options, durability: undefined }), {
    code: 'config_invalid',
    message: /allkeys-lru.*noeviction/,
  });
});
