/** Runs the contract suites against a real single Redis (`appendfsync always`) and a real Cluster of three masters. */
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { startRedis } from '../../../test/servers/redis.js';
import { admissionContract } from '../../engine/testing/contracts/admission-contract.js';
import { freshCouponId } from '../../engine/testing/contracts/ids.js';
import { issuanceQueueContract } from '../../engine/testing/contracts/issuance-queue-contract.js';
import { numberedChangeContract } from '../../engine/testing/contracts/numbered-change-contract.js';
import { recorderBellContract } from '../../engine/testing/contracts/recorder-bell-contract.js';
import { versionsContract } from '../../engine/testing/contracts/versions-contract.js';
import { BELL_CHANNEL, PENDING_KEY, VERSIONS_CHANNEL } from './keys.js';
import { openRedisBackEnd, type RedisBackEnd } from './redis-back-end.js';

const CALL_DEADLINE_MS = 5_000;
const POLL_MS = 20;
/** In this time an open back end asks a Cluster for its slots. */
const SLOTS_ASKED_MS = 1_500;
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
  numberedChangeContract(t, name, openStore);
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

/** A client that listens as a process of the previous version does: it reports nothing. */
function aboutProcesses(t: Test, redisUrls: readonly string[]): void {
  t.test('a process that listens and reports nothing is noticed until it ends', async (t) => {
    const [api, recorder] = [await open(redisUrls, PREFIX), await open(redisUrls, PREFIX)];
    t.teardown(() => [api, recorder].forEach((backEnd) => backEnd.close()));
    t.equal(await api.processes.allKnowUnits(), true, 'no process listens');
    await api.versions.listen(() => undefined);
    await recorder.bell.listen(() => undefined);
    while (!(await api.processes.allKnowUnits())) await delay(POLL_MS);
    t.equal(await recorder.processes.allKnowUnits(), true, 'all have reported themselves');
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

function aboutLostMarks(t: Test, redisUrls: readonly string[]): void {
  t.test('a loss of the marks has a name until they are restored, and the next loss another', async (t) => {
    const [here, elsewhere] = [await open(redisUrls, PREFIX), await open(redisUrls, PREFIX)];
    const client = redisUrls.length === 1 ? new Redis(redisUrls[0] ?? '') : new Cluster([...redisUrls]);
    t.teardown(() => {
      for (const backEnd of [here, elsewhere]) backEnd.close();
      client.disconnect();
    });
    const lose = () => client.del(PREFIX + PENDING_KEY);
    const first = await here.bell.lossOfMarks();
    t.ok(first, 'no process has restored any yet');
    t.equal(await elsewhere.bell.lossOfMarks(), first);
    const couponId = freshCouponId();
    await here.bell.markPending([couponId]);
    t.match(await here.bell.pendingMarks(10), [{ couponId }]);
    t.equal((await here.bell.pendingMarks(10)).length, 1, 'a loss is no coupon');
    await lose();
    const second = await elsewhere.bell.lossOfMarks(first);
    t.ok(second);
    t.not(second, first);
    t.equal(await here.bell.lossOfMarks(first), second, 'what was restored after the first loss is lost');
    t.equal(await here.bell.lossOfMarks(second), undefined);
    t.equal(await elsewhere.bell.lossOfMarks(), undefined);
    t.same(await here.bell.pendingMarks(10), []);
    await lose();
    t.ok(await elsewhere.bell.lossOfMarks());
  });
}

t.test('single Redis', async (t) => {
  const server = await startRedis({ appendfsync: 'always' });
  t.teardown(() => server.stop());
  contracts(t, 'single', [server.url]);
  aboutProcesses(t, [server.url]);
  aboutLostMarks(t, [server.url]);
});

t.test('Cluster of three masters', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  t.test('a close while the nodes are being asked for their slots leaves no timer', async (t) => {
    const backEnd = await open(cluster.urls);
    const all = (signal: NodeJS.Signals) => Promise.all(cluster.nodes.map((node) => node.kill(signal)));
    await all('SIGSTOP');
    await delay(SLOTS_ASKED_MS);
    backEnd.close();
    await all('SIGCONT');
    await cluster.untilOk();
    await delay(SLOTS_ASKED_MS);
    t.notOk(process.getActiveResourcesInfo().includes('Timeout'));
  });
  contracts(t, 'cluster', cluster.urls);
  aboutProcesses(t, cluster.urls);
  aboutLostMarks(t, cluster.urls);
});
