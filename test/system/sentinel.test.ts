/** Tests Redis behind Sentinels: the master dies under load, a replica is promoted, and every winner keeps number and row. */
import { setTimeout as pause } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { runSeonchak } from '../clients/seonchak-command.js';
import { signToken } from '../clients/tokens.js';
import { startMariadb } from '../servers/mariadb.js';
import {
  MASTER_NAME,
  SENTINEL_PASSWORD,
  SERVER_PASSWORD,
  startSentinelServers,
} from '../servers/redis-sentinels.js';
import { startSeonchak, TEST_SECRET } from '../servers/seonchak.js';

const PATIENCE_MS = 120_000;
const MEMBERS = 16;

t.test('the master dies under load', async (t) => {
  const [mariadb, group] = await Promise.all([startMariadb(), startSentinelServers()]);
  t.teardown(() => Promise.all([mariadb.stop(), group.stop()]));
  const encoded = encodeURIComponent;
  const settings = {
    REDIS_URL:
      `redis+sentinel://:${encoded(SERVER_PASSWORD)}@${group.addresses}/${MASTER_NAME}/2` +
      `?sentinel_password=${encoded(SENTINEL_PASSWORD)}`,
    ...{ MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET },
    ...{ DURABILITY: 'replica', REPLICA_ACKS: '1' },
  };
  const server = await startSeonchak(settings);
  t.teardown(() => server.stop());
  const registered = await fetch(`${server.origin}/v1/coupons`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await signToken('9', 'seller')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ name: 'drop', quantity: 100_000 }),
  });
  t.equal(registered.status, 201);
  const couponId = ((await registered.json()) as { id: number }).id;

  const [asServer = ''] = group.addresses.split(',');
  const mistaken = { ...settings, REDIS_URL: `redis://:${encoded(SENTINEL_PASSWORD)}@${asServer}` };
  const refused = await runSeonchak(['status'], mistaken);
  t.equal(refused.exitCode, 2);
  t.match(refused.stderr, /REDIS_URL names a Sentinel, which holds no data; write redis\+sentinel:/);

  const won = new Map<string, number>();
  let over = false;
  const isOver = (): boolean => over;
  /** A member requests until it is answered, then the next one. */
  const crowd = Array.from({ length: MEMBERS }, async (_, place) => {
    for (let turn = 0; !isOver(); turn += 1) {
      const member = `m${place}-${turn}`;
      const headers = { authorization: `Bearer ${await signToken(member, 'member')}` };
      for (;;) {
        const reply = await fetch(`${server.origin}/v1/coupons/${couponId}/download`, {
          method: 'POST',
          headers,
        });
        const body = (await reply.json()) as { readonly issueNo: number };
        if (reply.status < 300) {
          won.set(member, body.issueNo);
          break;
        }
        if (isOver()) break;
        await pause(100);
      }
    }
  });
  const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
      await pause(20);
    }
  };
  await until('winners', () => won.size > 200);
  const [master] = group.servers;
  const oldPort = await group.masterPort();
  t.equal(oldPort, master?.port);
  await master?.kill('SIGKILL');
  await until('a promotion', async () => (await group.masterPort()) !== oldPort);
  const promotedMs = performance.now();
  const before = won.size;
  await until('winners after the promotion', () => won.size > before + 200);
  t.comment(`200 more winners ${Math.round(performance.now() - promotedMs)} ms after the promotion`);
  await until('ready', async () => (await fetch(`${server.origin}/readyz`)).status === 200);
  over = true;
  await Promise.all(crowd);

  const connection = await createConnection(mariadb.url);
  t.teardown(() => connection.end());
  const rows = async (): Promise<Map<string, number>> => {
    const [found] = await connection.query('select member_id as m, issue_no as n from member_coupon');
    return new Map((found as { m: string; n: number }[]).map(({ m, n }) => [m, n]));
  };
  await until('every row', async () => (await rows()).size >= won.size);
  const recorded = await rows();
  t.same(
    [...won].filter(([member, issueNo]) => recorded.get(member) !== issueNo),
    [],
    'none of them is lost, and each has its number',
  );
  t.equal(new Set(recorded.values()).size, recorded.size, 'no number twice');
  const reconcile = await runSeonchak(['reconcile', '--all'], settings);
  t.equal(reconcile.exitCode, 0, `${reconcile.stdout}${reconcile.stderr}`);
});
