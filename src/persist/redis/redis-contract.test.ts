/** The contract suites against a real single Redis (`appendfsync always`) and a real Cluster of three masters. */
import t, { type Test } from 'tap';
import { startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { startRedis } from '../../../test/servers/redis.js';
import { admissionContract } from '../../engine/testing/contracts/admission-contract.js';
import { issuanceQueueContract } from '../../engine/testing/contracts/issuance-queue-contract.js';
import { recorderBellContract } from '../../engine/testing/contracts/recorder-bell-contract.js';
import { versionsContract } from '../../engine/testing/contracts/versions-contract.js';
import { openRedisBackEnd, type RedisBackEnd } from './redis-back-end.js';

const CALL_DEADLINE_MS = 5_000;

const open = (redisUrls: readonly string[]): Promise<RedisBackEnd> =>
  openRedisBackEnd({ redisUrls, callDeadlineMs: CALL_DEADLINE_MS, durability: undefined, replicaAcks: 1 });

/** Servers are started once for all suites: each takes seconds to form. */
function contracts(t: Test, name: string, redisUrls: readonly string[]): void {
  const openStore = async () => {
    const backEnd = await open(redisUrls);
    return {
      ...backEnd,
      close() {
        backEnd.close();
        return Promise.resolve();
      },
    };
  };
  admissionContract(t, name, openStore);
  issuanceQueueContract(t, name, openStore);
  recorderBellContract(t, name, async () => {
    const [here, elsewhere] = [await open(redisUrls), await open(redisUrls)];
    return {
      bell: here.bell,
      bellElsewhere: elsewhere.bell,
      close() {
        here.close();
        elsewhere.close();
        return Promise.resolve();
      },
    };
  });
  versionsContract(t, name, async () => {
    const [here, elsewhere] = [await open(redisUrls), await open(redisUrls)];
    return {
      versions: here.versions,
      elsewhere: elsewhere.versions,
      close() {
        here.close();
        elsewhere.close();
        return Promise.resolve();
      },
    };
  });
}

t.test('single Redis', async (t) => {
  const server = await startRedis({ appendfsync: 'always' });
  t.teardown(() => server.stop());
  contracts(t, 'single', [server.url]);
});

t.test('Cluster of three masters', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  contracts(t, 'cluster', cluster.urls);
});
