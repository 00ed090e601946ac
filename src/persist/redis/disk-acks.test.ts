/** Tests what an acknowledgement of a replica means at level `replica`, also on Redis without WAITAOF (before 7.2). */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { redisClient, type RedisServerOptions, startRedis } from '../../../test/servers/redis.js';
import { freshCouponId, member } from '../../engine/testing/contracts/ids.js';
import { inChunks, warmWith } from '../../engine/testing/contracts/admission-driver.js';
import { openRedisBackEnd } from './redis-back-end.js';

const FAR_FUTURE_MS = Date.UTC(2100, 0, 1);
const terms = { quantity: 5, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };

async function levelReplica(t: Test, replicaSettings: RedisServerOptions) {
  const master = await startRedis();
  const replica = await startRedis({
    ...replicaSettings,
    args: ['--replicaof', '127.0.0.1', String(master.port)],
  });
  const client = redisClient(master);
  t.teardown(async () => {
    client.disconnect();
    await Promise.all([master.stop(), replica.stop()]);
  });
  while (!(await client.info('replication')).includes('state=online')) await delay(20);
  const [, major = '', minor = ''] = /redis_version:(\d+)\.(\d+)/.exec(await client.info('server')) ?? [];
  const backEnd = await openRedisBackEnd({
    ...{ redisUrls: [master.url], callDeadlineMs: 10_000, durability: 'replica', replicaAcks: 1 },
  });
  t.teardown(() => backEnd.close());
  const callsOf = async (command: string): Promise<number> =>
    Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info('commandstats'))?.[1] ?? 0);
  const couponId = freshCouponId();
  await warmWith(
    backEnd.admission,
    { couponId, ...terms, version: 1, epoch: 1, lastIssueNo: 0 },
    inChunks([]),
  );
  const [waitsBefore, diskWaitsBefore] = [await callsOf('wait'), await callsOf('waitaof')];
  const batch = { couponId, epoch: 1, holders: [member('a')], notAfterMs: FAR_FUTURE_MS };
  const decided = await backEnd.admission.admit(batch);
  t.match(decided, { status: 'decided' });
  return {
    hasWaitaof: Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 2),
    waits: (await callsOf('wait')) - waitsBefore,
    diskWaits: (await callsOf('waitaof')) - diskWaitsBefore,
    warnings: backEnd.startWarnings.join(),
  };
}

t.test(
  'replicas that sync each write count when they have it on their disks, where the server can tell',
  async (t) => {
    const { hasWaitaof, waits, diskWaits, warnings } = await levelReplica(t, { appendfsync: 'always' });
    t.comment(`WAITAOF: ${String(hasWaitaof)}`);
    t.same([waits > 0, diskWaits > 0], [!hasWaitaof, hasWaitaof]);
    if (hasWaitaof) t.equal(warnings, '');
    else t.match(warnings, /does not have WAITAOF.*counts as soon as it has received a decision/);
  },
);

t.test(
  'a replica without an append-only file counts when it has received a decision, with a warning',
  async (t) => {
    const { hasWaitaof, waits, diskWaits, warnings } = await levelReplica(t, { appendfsync: 'off' });
    t.same([waits > 0, diskWaits], [true, 0]);
    if (hasWaitaof) t.match(warnings, /did not confirm writes on their disks.*Set appendonly yes/);
    else t.match(warnings, /does not have WAITAOF/);
  },
);
