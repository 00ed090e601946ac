/** Sends 3 requests of 3,000 members for 1,000 coupons over 200 connections, on every back end. */
import t from 'tap';
import { acknowledgedNumbers, pressAll } from '../clients/member-crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { startSeonchak } from '../servers/seonchak.js';
import { backEndNames, startBackEnd } from './back-ends.js';
import { assertPromises, crowdOf, registerCoupon, rowsOnceThere } from './burst.js';

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
    const histories = await pressAll(client, couponId, await crowdOf(MEMBERS), {
      presses: 3,
      atOnce: CONNECTIONS,
    });
    const rows = await rowsOnceThere(backEnd, couponId, QUANTITY);

    assertPromises(t, QUANTITY, histories, rows);
    t.equal(histories.flatMap((history) => history.answers).length, MEMBERS * 3, 'no press needed repeating');
    const created = histories.filter((history) => history.answers.some((answer) => answer?.status === 201));
    t.equal(created.length, QUANTITY, 'each winner was told 201 once');
    for (const winner of created) {
      if (new Set(acknowledgedNumbers(winner)).size !== 1)
        t.fail(`member ${winner.memberId} was told two numbers`);
    }
  });

  t.test(`${name}: whoever is answered before another asks gets the smaller number`, async (t) => {
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
