import t, { type Test } from 'tap';
import { setTimeout as pause } from 'node:timers/promises';
import { HEARING_MS } from '../../engine/domain/limits.js';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import { startTcpProxy } from '../../../test/servers/tcp-proxy.js';
import { openRedisBackEnd } from './redis-back-end.js';

const redis = await startRedis();
t.teardown(() => redis.stop());
const proxy = await startTcpProxy(redis.port);
t.teardown(() => proxy.stop());

async function listening(t: Test, onNews?: (heard: boolean) => void) {
  const backEnd = await openRedisBackEnd({
    redisUrls: [`redis://127.0.0.1:${proxy.port}`],
    callDeadlineMs: 2_000,
    replicaAcks: 1,
    durability: undefined,
    onConnectionError: () => undefined,
    ...(onNews === undefined ? {} : { onNews }),
  });
  t.teardown(() => backEnd.close());
  let gaps = 0;
  const stop = await backEnd.versions.listen(
    () => undefined,
    () => (gaps += 1),
  );
  t.teardown(stop);
  const { hearing } = backEnd.versions;
  const hears = (): boolean => performance.now() < hearing.untilMs;
  const until = async (is: boolean): Promise<void> => {
    while (hears() !== is) await pause(10);
  };
  return { hearing, hears, until, gaps: () => gaps, close: () => backEnd.close() };
}

t.test('messages that are swallowed end the hearing, and the next ones are a gap', async (t) => {
  const { hearing, until, gaps } = await listening(t);
  await until(true);
  const before = gaps();
  proxy.behave({ messages: 'drop' });
  const sinceMs = performance.now();
  await until(false);
  t.ok(performance.now() - sinceMs >= HEARING_MS / 2);
  proxy.behave({});
  await until(true);
  t.equal(gaps(), before + 1);
  t.ok(hearing.sinceMs > sinceMs, 'what was read before may have changed unheard');
});

t.test('a subscription that is killed ends the hearing at once, and is made again', async (t) => {
  const { hears, until } = await listening(t);
  await until(true);
  const client = redisClient(redis);
  t.teardown(() => client.disconnect());
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  const sinceMs = performance.now();
  await until(false);
  t.ok(performance.now() - sinceMs < HEARING_MS);
  await until(true);
  t.ok(hears());
});

t.test('a subscription whose connection breaks before it is made is made again', async (t) => {
  const { hears, until } = await listening(t);
  await until(true);
  proxy.behave({ subscriptions: 'refuse' });
  proxy.cut();
  await until(false);
  await pause(HEARING_MS);
  t.notOk(hears());
  proxy.behave({});
  await until(true);
  t.ok(hears());
});

t.test('a back end that was closed reports no silence', async (t) => {
  const reports: boolean[] = [];
  const { until, close } = await listening(t, (heard) => reports.push(heard));
  await until(true);
  close();
  await pause(2 * HEARING_MS + 2_000);
  t.same(reports, []);
});
