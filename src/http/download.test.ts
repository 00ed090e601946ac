import t from 'tap';
import { call, exchangeBytes } from './testing/client.js';
import { startEmbeddedServer } from './testing/embedded-server.js';

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();

t.test('one coupon, from registration to the last unit', async (t) => {
  const server = await startEmbeddedServer(t);
  const seller = await server.token('900', 'seller');
  const created = await call(server.url, 'POST /v1/coupons', {
    token: seller,
    body: { name: 'Two', quantity: 2 },
  });
  t.equal(created.status, 201);
  const path = `/v1/coupons/${String(created.body.id)}`;
  t.match(created.body, {
    sellerId: 900,
    name: 'Two',
    quantity: 2,
    remaining: 2,
    issued: 0,
    state: 'open',
    discount: null,
    opensAt: null,
    closesAt: null,
  });

  const first = await call(server.url, `POST ${path}/download`, { token: await server.token('m-1') });
  t.equal(first.status, 201);
  t.match(first.headers, { 'content-type': 'application/json' });
  t.strictSame(Object.keys(first.body), ['outcome', 'couponId', 'memberId', 'issueNo', 'issuedAt']);
  t.match(first.body, {
    outcome: 'issued',
    couponId: created.body.id,
    memberId: 'm-1',
    issueNo: 1,
    issuedAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  });
  const again = await call(server.url, `POST ${path}/download`, { token: await server.token('m-1') });
  t.equal(again.status, 200);
  t.strictSame(again.body, { ...first.body, outcome: 'already_issued' });
  t.match(await call(server.url, `POST ${path}/download`, { token: await server.token('m-2') }), {
    status: 201,
    body: { issueNo: 2 },
  });
  const late = await call(server.url, `POST ${path}/download`, { token: await server.token('m-3') });
  t.match(late, {
    status: 409,
    headers: { 'content-type': 'application/problem+json' },
    body: { code: 'sold_out', status: 409 },
  });
  t.strictSame(Object.keys(late.body), ['type', 'title', 'status', 'code', 'detail']);
});
