import t from 'tap';
import { call } from '../testing/client.js';
import { startEmbeddedServer } from '../testing/embedded-server.js';

const JSON_HEADERS = { 'content-type': 'application/json' };

t.test('an answer names its request as the caller did, or by a fresh name', async (t) => {
  const { url } = await startEmbeddedServer(t);
  const named = await call(url, 'GET /healthz', { headers: { 'x-request-id': 'shop-7.a_b' } });
  t.equal(named.headers['x-request-id'], 'shop-7.a_b');
  const fresh = await call(url, 'GET /v1/nothing');
  t.match(fresh.headers['x-request-id'], /^[0-9a-f-]{36}$/);
  t.not((await call(url, 'GET /healthz')).headers['x-request-id'], fresh.headers['x-request-id']);
  for (const unfit of ['a b', 'x'.repeat(65), '"quoted"']) {
    const { headers } = await call(url, 'GET /healthz', { headers: { 'x-request-id': unfit } });
    t.match(headers['x-request-id'], /^[0-9a-f-]{36}$/, unfit);
  }
});

t.test('changes are logged under that name, without a password or a token', async (t) => {
  const server = await startEmbeddedServer(t, { logLevel: 'debug' });
  const { url } = server;
  const account = { email: 'a@example.test', password: 'correct horse battery', role: 'member' };
  const headers = { ...JSON_HEADERS, 'x-request-id': 'sign-up-1' };
  t.equal((await call(url, 'POST /v1/accounts', { body: account, headers })).status, 201);
  const { email, password } = account;
  const session = await call(url, 'POST /v1/sessions', { body: { email, password }, headers: JSON_HEADERS });
  const accessToken = String(session.body['accessToken']);
  const seller = await server.token('9', 'seller');
  const coupon = { body: { name: 'logged', quantity: 1 }, headers: JSON_HEADERS, token: seller };
  t.equal((await call(url, 'POST /v1/coupons', coupon)).status, 201);
  await call(url, 'POST /v1/coupons/1/download', { token: accessToken });
  await call(url, 'GET /v1/me/coupons?after=0', { token: accessToken });
  await call(url, 'GET /v1/me/coupons', { token: `${accessToken}x` });

  const lines = server.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(
    lines.filter((line) => line['requestId'] === 'sign-up-1'),
    [{ method: 'post', path: '/v1/accounts', status: 201, level: 30 }],
  );
  t.match(
    lines.filter((line) => line['path'] === '/v1/me/coupons').map((line) => [line['status'], line['level']]),
    [
      [200, 20],
      [401, 20],
    ],
    'reads are logged only when asked for, and without their query',
  );
  const log = server.logLines.join('');
  for (const secret of [password, accessToken, seller]) t.notMatch(log, secret);
  t.notMatch(log, 'eyJ');
});
