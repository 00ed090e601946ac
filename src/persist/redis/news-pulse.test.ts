import t, { type Test } from 'tap';
import { setTimeout as pause } from 'node:timers/promises';
import { NEWS_TRUSTED_MS } from '../../engine/domain/limits.js';
import { redisClient, startRedis } from '../../../test/servers/redis.js';
import { startTcpProxy } from '../../../test/servers/tcp-proxy.js';
import { openRedisBackEnd } from './redis-back-end.js';

const redis = await startRedis();
t.teardown(() => redis.stop());
const proxy = await startTcpProxy(redis.port);
t.teardown(() => proxy.stop());

async function listening(t: Test, onNews?: (received: boolean) => void) {
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
  const { reception } = backEnd.versions;
  const isReceiving = (): boolean => performance.now() < reception.untilMs;
  const until = async (is: boolean): Promise<void> => {
    while (isReceiving() !== is) await pause(10);
  };
  return { reception, isReceiving, until, gaps: () => gaps, close: () => backEnd.close() };
}

t.test('messages that are swallowed end the reception, and the next ones are a gap', async (t) => {
  const { reception, until, gaps } = await listening(t);
  await until(true);
  const before = gaps();
  proxy.behave({ messages: 'drop' });
  const sinceMs = performance.now();
  await until(false);
  t.ok(performance.now() - sinceMs >= NEWS_TRUSTED_MS / 2);
  proxy.behave({});
  await until(true);
  t.equal(gaps(), before + 1);
  t.ok(reception.sinceMs > sinceMs, 'what was read before may have changed without its knowledge');
});

t.test('a subscription that is killed ends the reception at once, and is made again', async (t) => {
  const { isReceiving, until } = await listening(t);
  await until(true);
  const client = redisClient(redis);
  t.teardown(() => client.disconnect());
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  const sinceMs = performance.now();
  await until(false);
  t.ok(performance.now() - sinceMs < NEWS_TRUSTED_MS);
  await until(true);
  t.ok(isReceiving());
});

t.test('a subscription whose connection breaks before it is made is made again', async (t) => {
  const { isReceiving, until } = await listening(t);
  await until(true);
  proxy.behave({ subscriptions: 'refuse' });
  proxy.cut();
  await until(false);
  await pause(NEWS_TRUSTED_MS);
  t.notOk(isReceiving());
  proxy.behave({});
  await until(true);
  t.ok(isReceiving());
});

t.test('a back end that was closed reports no silence', async (t) => {
  const reports: boolean[] = [];
  const { until, close } = await listening(t, (received) => reports.push(received));
  await until(true);
  close();
  await pause(2 * NEWS_TRUSTED_MS + 2_000);
  t.same(reports, []);
});
