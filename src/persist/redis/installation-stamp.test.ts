/** Tests which process warns that the stamp of the tables is not renewed, and how long. */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { startMariadb } from '../../../test/servers/mariadb.js';
import { startRedis } from '../../../test/servers/redis.js';
import { openMysql } from '../sql/open-mysql.js';
import { connectRedis } from './connect.js';
import { InstallationStamp } from './installation-stamp.js';
import { RedisCalls } from './redis-calls.js';

const CALL_DEADLINE_MS = 5_000;
const PATIENCE_MS = 30_000;
const POLL_MS = 100;

t.test('a process that could not renew the stamp stops warning when another one did', async (t) => {
  const [mariadb, redis] = await Promise.all([startMariadb(), startRedis()]);
  t.teardown(() => Promise.all([mariadb.stop(), redis.stop()]));
  const root = await createConnection({ host: '127.0.0.1', port: mariadb.port, user: 'root' });
  t.teardown(() => root.end());
  const stores = openMysql(mariadb.url);
  t.teardown(() => stores.close());
  await stores.migrate();
  const { installation } = stores;
  const nodes = await connectRedis({ redisUrls: [redis.url], callDeadlineMs: CALL_DEADLINE_MS });
  t.teardown(() => {
    nodes.close();
  });
  const calls = new RedisCalls(nodes, { callDeadlineMs: CALL_DEADLINE_MS, replicaAcks: 0 });
  const [one, other] = [new InstallationStamp(), new InstallationStamp()];
  const compared = (stamp: InstallationStamp): Promise<boolean> => stamp.compare(calls, installation, false);

  async function until(stamp: InstallationStamp, holds: () => boolean | Promise<boolean>): Promise<void> {
    const startMs = performance.now();
    while (!(await holds())) {
      if (performance.now() - startMs > PATIENCE_MS) throw new Error(`not within ${PATIENCE_MS} ms`);
      await pause(POLL_MS);
      t.ok(await compared(stamp), 'Redis is that of the tables');
    }
  }

  await root.query('set global read_only = 1');
  await until(one, () => one.renewalFault !== undefined);
  await root.query('set global read_only = 0');
  const { stamp: unchanged } = await installation.read();
  await until(other, async () => (await installation.read()).stamp !== unchanged);
  t.equal(other.renewalFault, undefined);
  t.ok(one.renewalFault, 'it has not seen the new stamp');
  t.ok(await compared(one));
  t.equal(one.renewalFault, undefined);
  t.notOk(one.isBehindOften || other.isBehindOften, 'both write into one Redis');
});
