/** The contract suites against a real single Redis (`appendfsync always`) and a real Cluster of three masters. */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { startRedis } from '../../../test/servers/redis.js';
import { admissionContract } from '../../engine/testing/contracts/admission-contract.js';
import { issuanceQueueContract } from '../../engine/testing/contracts/issuance-queue-contract.js';
import { recorderBellContract } from '../../engine/testing/contracts/recorder-bell-contract.js';
import { versionsContract } from '../../engine/testing/contracts/versions-contract.js';
import { BELL_CHANNEL, VERSIONS_CHANNEL } from './keys.js';
import { openRedisBackEnd, type RedisBackEnd } from './redis-back-end.js';

const CALL_DEADLINE_MS = 5_000;
const POLL_MS = 20;
/** Apart from processes of the other suites. */
const PREFIX = 'processes:';

const open = (redisUrls: readonly string[], redisPrefix = ''): Promise<RedisBackEnd> =>
  openRedisBackEnd({
    ...{ redisUrls, redisPrefix, callDeadlineMs: CALL_DEADLINE_MS },
    ...{ durability: undefined, replicaAcks: 1 },
  });

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

/** A client that listens as a process of the version before does: it announces nothing. */
function aboutProcesses(t: Test, redisUrls: readonly string[]): void {
  t.test('a process that listens and announces nothing is noticed until it ends', async (t) => {
    const [api, recorder] = [await open(redisUrls, PREFIX), await open(redisUrls, PREFIX)];
    t.teardown(() => [api, recorder].forEach((backEnd) => backEnd.close()));
    t.equal(await api.processes.allKnowUnits(), true, 'no process listens');
    await api.versions.listen(() => undefined);
    await recorder.bell.listen(() => undefined);
    while (!(await api.processes.allKnowUnits())) await delay(POLL_MS);
    t.equal(await recorder.processes.allKnowUnits(), true, 'all have announced themselves');
    for (const channel of [VERSIONS_CHANNEL, BELL_CHANNEL]) {
      const earlier = new Redis(redisUrls[0] ?? '');
      await earlier.subscribe(PREFIX + channel);
      t.equal(await api.processes.allKnowUnits(), false, channel);
      earlier.disconnect();
      while (!(await api.processes.allKnowUnits())) await delay(POLL_MS);
    }
    await recorder.processes.end();
    t.equal(await api.processes.allKnowUnits(), false, 'it listens still');
    recorder.close();
    while (!(await api.processes.allKnowUnits())) await delay(POLL_MS);
  });
}

t.test('single Redis', async (t) => {
  const server = await startRedis({ appendfsync: 'always' });
  t.teardown(() => server.stop());
  contracts(t, 'single', [server.url]);
  aboutProcesses(t, [server.url]);
});

t.test('Cluster of three masters', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  contracts(t, 'cluster', cluster.urls);
  aboutProcesses(t, cluster.urls);
});
