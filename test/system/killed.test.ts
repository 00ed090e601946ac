/** Kills processes with SIGKILL in the middle of a burst and checks members and database. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import t from 'tap';
import { pressAll } from '../clients/member-crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { startSeonchak } from '../servers/seonchak.js';
import { backEndNames, startBackEnd } from './back-ends.js';
import { assertPromises, crowdOf, registerCoupon, rowsOnceThere } from './burst.js';

const MEMBERS = 3_000;
const QUANTITY = 1_000;
const CONNECTIONS = 200;

for (const name of backEndNames) {
  t.test(`${name}: the API server is killed while members are winning and comes back`, async (t) => {
    const backEnd = await startBackEnd(name);
    t.teardown(() => backEnd.stop());
    const server = await startSeonchak(backEnd.settings);
    t.teardown(() => server.stop());
    const client = new HttpClient(server.origin, CONNECTIONS);
    t.teardown(() => client.close());

    const couponId = await registerCoupon(client, QUANTITY);
    let restarted: Promise<void> | undefined;
    const histories = await pressAll(client, couponId, await crowdOf(MEMBERS), {
      presses: 3,
      atOnce: CONNECTIONS,
      insistForMs: 60_000,
      onAnswer: (count) => {
        if (count < QUANTITY / 2 || restarted !== undefined) return;
        restarted = server.kill('SIGKILL').then(() => server.restart());
      },
    });
    await restarted;

    t.ok(restarted !== undefined, 'the server was killed');
    t.ok(
      histories.some((history) => history.answers.includes(undefined)),
      'some answers were lost',
    );
    assertPromises(t, QUANTITY, histories, await rowsOnceThere(backEnd, couponId, QUANTITY));
  });
}

for (const name of ['redis', 'cluster'] as const) {
  t.test(`${name}: the recorder is killed between claim and insert`, async (t) => {
    const backEnd = await startBackEnd(name);
    t.teardown(() => backEnd.stop());
    const api = await startSeonchak({ ...backEnd.settings, ROLES: 'api' });
    t.teardown(() => api.stop());
    const leaseMs = '6000';
    const recorder = await startSeonchak({ ...backEnd.settings, ROLES: 'recorder', LEASE_MS: leaseMs });
    t.teardown(() => recorder.stop());
    const client = new HttpClient(api.origin, CONNECTIONS);
    t.teardown(() => client.close());
    const couponId = await registerCoupon(client, QUANTITY);

    // A frozen database holds the recorder exactly there: it has claimed and cannot insert.
    await backEnd.mariadb?.kill('SIGSTOP');
    const histories = await pressAll(client, couponId, await crowdOf(QUANTITY), {
      presses: 1,
      atOnce: CONNECTIONS,
      // There are as many members as units: one who was told to come back has to.
      insistForMs: 60_000,
    });
    await untilClaimed(backEnd.settings['REDIS_URL'] ?? '', couponId);
    await recorder.kill('SIGKILL');
    await backEnd.mariadb?.kill('SIGCONT');

    const successor = await startSeonchak({ ...backEnd.settings, ROLES: 'recorder', LEASE_MS: leaseMs });
    t.teardown(() => successor.stop());
    assertPromises(t, QUANTITY, histories, await rowsOnceThere(backEnd, couponId, QUANTITY));
  });
}

async function untilClaimed(redisUrls: string, couponId: number): Promise<void> {
  const [first = ''] = redisUrls.split(',');
  const client = redisUrls.includes(',')
    ? new Cluster(redisUrls.split(',').map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })))
    : new Redis(first);
  try {
    // Besides the sentinel there is a claim.
    while ((await client.zcard(`coupon:{${couponId}}:claims`)) < 2) await pause(20);
  } finally {
    client.disconnect();
  }
}
