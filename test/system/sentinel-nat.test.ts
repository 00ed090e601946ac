/** Tests Sentinels that announce addresses which only the inside reaches, with REDIS_NAT_MAP, through a failover. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { runSeonchak } from '../clients/seonchak-command.js';
import { signToken } from '../clients/tokens.js';
import { type InsideDoor, startInsideDoor } from '../servers/inside-door.js';
import { startMariadb } from '../servers/mariadb.js';
import {
  MASTER_NAME,
  SENTINEL_PASSWORD,
  SERVER_PASSWORD,
  startSentinelServers,
} from '../servers/redis-sentinels.js';
import { startSeonchak, TEST_SECRET } from '../servers/seonchak.js';

const PATIENCE_MS = 60_000;

t.test('announced addresses are reached where the map says, before and after a failover', async (t) => {
  const doors: InsideDoor[] = [];
  const mapped: string[] = [];
  const [mariadb, group] = await Promise.all([
    startMariadb(),
    startSentinelServers(async (port) => {
      const door = await startInsideDoor(port);
      doors.push(door);
      mapped.push(`127.0.0.1:${door.port}=127.0.0.1:${port}`);
      return door.port;
    }),
  ]);
  t.teardown(async () => {
    await Promise.all([mariadb.stop(), group.stop()]);
    await Promise.all(doors.map((door) => door.stop()));
  });
  const refused = (): number => doors.reduce((sum, door) => sum + door.refused(), 0);
  const encoded = encodeURIComponent;
  const unmapped = {
    REDIS_URL:
      `redis+sentinel://:${encoded(SERVER_PASSWORD)}@${group.addresses}/${MASTER_NAME}` +
      `?sentinel_password=${encoded(SENTINEL_PASSWORD)}`,
    ...{ MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET },
  };
  const { exitCode } = await runSeonchak(['status'], unmapped);
  t.not(exitCode, 0, 'without the map the master is not reached');
  const refusedUnmapped = refused();
  t.ok(refusedUnmapped > 0, 'because it was tried at the announced address');

  const server = await startSeonchak({ ...unmapped, REDIS_NAT_MAP: mapped.join(',') });
  t.teardown(() => server.stop());
  const post = async (path: string, id: string, role: 'member' | 'seller', body?: object) => {
    const answer = await fetch(`${server.origin}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await signToken(id, role)}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { id: couponId = 0 } = (await answer.json()) as { readonly id?: number };
    return { status: answer.status, couponId };
  };
  const { couponId } = await post('/v1/coupons', '9', 'seller', { name: 'drop', quantity: 100 });
  const download = `/v1/coupons/${couponId}/download`;
  t.equal((await post(download, 'm1', 'member')).status, 201);

  const addressBefore = await group.masterPort();
  await group.servers[0]?.kill('SIGKILL');
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
      await pause(50);
    }
  };
  await until('a promotion', async () => (await group.masterPort()) !== addressBefore);
  const promotedMs = performance.now();
  await until('a winner', async () => (await post(download, 'm2', 'member')).status < 300);
  t.comment(`a winner ${Math.round(performance.now() - promotedMs)} ms after the promotion`);
  t.equal(refused(), refusedUnmapped, 'with the map no announced address was tried');
});
