/** Kills processes with SIGKILL in the middle of a burst and checks members and database. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import t from 'tap';
import { Crowd } from '../../src/demo/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { startSeonchak } from '../servers/seonchak.js';
import { backEndNames, startBackEnd } from './back-ends.js';
import { assertPromises, crowdOf, inRounds, registerCoupon, rowsOnceThere } from './burst.js';
import { couponKey } from '../../src/persist/redis/keys.js';

const MEMBERS = 3_000;
const QUANTITY = 1_000;
const CONNECTIONS = 200;
const INSISTING = { lanes: CONNECTIONS, patienceMs: 60_000 };

for (const name of backEndNames) {
  t.test(`${name}: the API server is killed while members are winning and comes back`, async (t) => {
    const backEnd = await startBackEnd(name);
    t.teardown(() => backEnd.stop());
    const server = await startSeonchak(backEnd.settings);
    t.teardown(() => server.stop());
    const client = new HttpClient(server.origin, CONNECTIONS);
    t.teardown(() => client.close());

    const couponId = await registerCoupon(client, QUANTITY);
    const crowd = new Crowd([client.download]);
    const burst = crowd.request(couponId, inRounds(await crowdOf(MEMBERS), 3), INSISTING);
    await crowd.winners(QUANTITY / 2);
    await server.kill('SIGKILL');
    await server.restart();
    await burst;

    t.ok(
      crowd.requests.some(({ outcome }) => outcome === 'lost'),
      'some answers were lost',
    );
    assertPromises(t, QUANTITY, crowd.requests, await rowsOnceThere(backEnd, couponId, QUANTITY));

    await server.kill('SIGKILL');
    await server.restart();
    const authorization = `Bearer ${await signToken('holds-nothing', 'member')}`;
    const asked = await fetch(`${server.origin}/v1/coupons/${couponId}/issuance`, {
      headers: { authorization },
    });
    t.equal(asked.status, 404, 'answered although no download has come since the restart');
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
    const crowd = new Crowd([client.download]);
    // There are as many members as units: one who was asked to retry has to.
    await crowd.request(couponId, await crowdOf(QUANTITY), INSISTING);
    await untilClaimed(backEnd.settings['REDIS_URL'] ?? '', couponId);
    await recorder.kill('SIGKILL');
    await backEnd.mariadb?.kill('SIGCONT');

    const successor = await startSeonchak({ ...backEnd.settings, ROLES: 'recorder', LEASE_MS: leaseMs });
    t.teardown(() => successor.stop());
    assertPromises(t, QUANTITY, crowd.requests, await rowsOnceThere(backEnd, couponId, QUANTITY));
  });
}

async function untilClaimed(redisUrls: string, couponId: number): Promise<void> {
  const [first = ''] = redisUrls.split(',');
  const client = redisUrls.includes(',')
    ? new Cluster(redisUrls.split(',').map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })))
    : new Redis(first);
  try {
    // Besides the sentinel there is a claim.
    while ((await client.zcard(couponKey(couponId, 'claims'))) < 2) await pause(20);
  } finally {
    client.disconnect();
  }
}
