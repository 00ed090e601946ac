/** Tests against a real Cluster that a slot which moves is noticed without a call, over the connections that are there. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { moveSlot } from '../../../test/servers/move-slot.js';
import { startRedisCluster } from '../../../test/servers/redis-cluster.js';
import { isKnown } from './cluster-slots.js';
import { clusterNodes } from './redis-nodes.js';

const KEY = 'a key';
/** Several times the interval. */
const QUIET_MS = 3_500;
const NOTICED_WITHIN_MS = 10_000;

t.test('slots are followed without connections for it', async (t) => {
  const cluster = await startRedisCluster({ masters: 3 });
  t.teardown(() => cluster.stop());
  const nodes = clusterNodes({
    urls: cluster.urls,
    callDeadlineMs: 5_000,
    onConnectionError: () => undefined,
  });
  t.teardown(() => {
    nodes.close();
  });
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    const untilMs = performance.now() + NOTICED_WITHIN_MS;
    while (!isSo()) {
      if (performance.now() > untilMs) throw new Error(`never: ${what}`);
      await pause(20);
    }
  };
  await until(
    'every node is connected',
    () => nodes.masters().filter(({ status }) => status === 'ready').length === 3,
  );
  let sockets = 0;
  const count = (): void => void (sockets += 1);
  subscribe('net.client.socket', count);
  t.teardown(() => void unsubscribe('net.client.socket', count));
  await pause(QUIET_MS);
  t.equal(sockets, 0, 'where nothing moves, no connection is made');

  const before = nodes.nodeOf(KEY);
  await before?.set(KEY, 'value');
  await moveSlot(cluster, KEY);
  await until('the move is noticed', () => nodes.nodeOf(KEY) !== before);
  t.equal(await nodes.nodeOf(KEY)?.get(KEY), 'value');
});

t.test('replicas in another order are known, and another master is not', async (t) => {
  const range = [0, 1, ['a', 1], ['b', 2], ['c', 3]] as const;
  const knows = (...names: string[]): boolean => isKnown([names, names], [range], (announced) => announced);
  t.ok(knows('a:1', 'b:2', 'c:3'));
  t.ok(knows('a:1', 'c:3', 'b:2'));
  t.notOk(knows('b:2', 'a:1', 'c:3'));
  t.notOk(knows('a:1', 'b:2'));
  t.notOk(isKnown([['a:1', 'b:2', 'c:3']], [range], String), 'a slot without nodes');
  t.notOk(isKnown([], [], String), 'a node that was reset knows no slots');
});
