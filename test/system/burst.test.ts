/** Sends 3 requests of 3,000 members for 1,000 coupons over 200 connections, on every back end. */
import t from 'tap';
import { Crowd } from '../../src/demo/crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { startSeonchak } from '../servers/seonchak.js';
import { backEndNames, startBackEnd } from './back-ends.js';
import { assertPromises, crowdOf, inRounds, registerCoupon, rowsOnceThere } from './burst.js';

const MEMBERS = 3_000;
const QUANTITY = 1_000;
const CONNECTIONS = 200;

for (const name of backEndNames) {
  t.test(`${name}: exactly the first 1,000 of 3,000 members get one`, async (t) => {
    const backEnd = await startBackEnd(name);
    t.teardown(() => backEnd.stop());
    const server = await startSeonchak(backEnd.settings);
    t.teardown(() => server.stop());
    const client = new HttpClient(server.origin, CONNECTIONS);
    t.teardown(() => client.close());

    const couponId = await registerCoupon(client, QUANTITY);
    const crowd = new Crowd([client.download]);
    await crowd.request(couponId, inRounds(await crowdOf(MEMBERS), 3), { lanes: CONNECTIONS });
    const rows = await rowsOnceThere(backEnd, couponId, QUANTITY);

    assertPromises(t, QUANTITY, crowd.requests, rows);
    t.equal(crowd.requests.length, MEMBERS * 3, 'no press needed repeating');
    t.equal(
      crowd.requests.filter(({ status }) => status === 201).length,
      QUANTITY,
      'each winner got 201 once',
    );
  });

  t.test(`${name}: a member answered before another asks gets the smaller number`, async (t) => {
    const backEnd = await startBackEnd(name);
    t.teardown(() => backEnd.stop());
    const server = await startSeonchak(backEnd.settings);
    t.teardown(() => server.stop());
    const client = new HttpClient(server.origin, 1);
    t.teardown(() => client.close());

    const couponId = await registerCoupon(client, 20);
    const numbers: unknown[] = [];
    for (const member of await crowdOf(20)) {
      const path = `/v1/coupons/${couponId}/download`;
      const answer = await client.call(path, { method: 'POST', token: member.token });
      numbers.push(answer.body['issueNo']);
    }
    t.strictSame(
      numbers,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });
}
