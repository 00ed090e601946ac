import t from 'tap';
import type { Test } from 'tap';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';

const SHOP = 'https://shop.example';
const APP = 'http://localhost:3000';

const openWith = (t: Test, corsOrigins: readonly string[]) => openShop(t, { settings: { corsOrigins } });
const from = (origin: string) => ({ headers: { origin } });

t.test('without the setting no answer names an origin, and a preflight is refused', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const answer = await call(shop.url, `GET ${path}`, from(SHOP));
  t.equal(answer.headers['access-control-allow-origin'], undefined);
  const preflight = await call(shop.url, `OPTIONS ${path}/download`, {
    headers: { origin: SHOP, 'access-control-request-method': 'POST' },
  });
  t.equal(preflight.status, 405);
  t.equal(preflight.headers['access-control-allow-origin'], undefined);
});

t.test('a page of a named origin reads every answer, refusals included', async (t) => {
  const shop = await openWith(t, [SHOP, APP]);
  const path = await shop.coupon({ quantity: 1 });
  const token = await shop.token('a');
  const answers = [
    await call(shop.url, `POST ${path}/download`, { token, ...from(SHOP) }),
    await call(shop.url, `POST ${path}/download`, { token: await shop.token('b'), ...from(SHOP) }),
    await call(shop.url, `POST ${path}/download`, from(SHOP)),
    await call(shop.url, `GET ${path}/issuance`, { token, ...from(SHOP) }),
    await call(shop.url, 'GET /v1/nothing', from(SHOP)),
    await call(shop.url, `PUT ${path}`, from(SHOP)),
  ];
  t.strictSame(
    answers.map(({ status }) => status),
    [201, 409, 401, 200, 404, 405],
  );
  for (const { status, headers } of answers) {
    t.equal(headers['access-control-allow-origin'], SHOP, String(status));
    t.match(headers['access-control-expose-headers'], /\bRetry-After\b/);
    t.match(headers.vary, /Origin/);
  }
  const other = await call(shop.url, `GET ${path}`, from(APP));
  t.equal(other.headers['access-control-allow-origin'], APP);
});

t.test('an origin that is not named is refused, however similar', async (t) => {
  const shop = await openWith(t, [SHOP]);
  const path = await shop.coupon();
  for (const origin of [
    `${SHOP}.evil.example`,
    `${SHOP}:8443`,
    'http://shop.example',
    'null',
    'https://SHOP.example',
  ]) {
    const { headers } = await call(shop.url, `GET ${path}`, from(origin));
    t.equal(headers['access-control-allow-origin'], undefined, origin);
    const preflight = await call(shop.url, `OPTIONS ${path}/download`, {
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    t.equal(preflight.status, 405, origin);
  }
});

t.test('a preflight names methods and headers of the contract, and may be kept', async (t) => {
  const shop = await openWith(t, [SHOP]);
  const { status, headers, text } = await call(shop.url, 'OPTIONS /v1/coupons/1/download', {
    headers: {
      origin: SHOP,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,x-presence-ticket',
    },
  });
  t.equal(status, 204);
  t.equal(text, '');
  t.equal(headers['access-control-allow-origin'], SHOP);
  t.match(headers['access-control-allow-methods'], /\bPATCH\b/);
  for (const name of ['Authorization', 'Content-Type', 'If-Match', 'Idempotency-Key', 'X-Presence-Ticket'])
    t.ok(headers['access-control-allow-headers']?.split(', ').includes(name), name);
  t.equal(headers['access-control-max-age'], '7200');
  t.equal(headers['access-control-allow-credentials'], undefined, 'no cookie is ever read');
});

t.test('an OPTIONS request that is no preflight is refused like any other method', async (t) => {
  const shop = await openWith(t, [SHOP]);
  t.equal((await call(shop.url, 'OPTIONS /v1/coupons', from(SHOP))).status, 405);
  t.equal((await call(shop.url, 'OPTIONS /v1/nothing', from(SHOP))).status, 404);
});

t.test('* opens what anyone may read, and nothing that takes a token', async (t) => {
  const shop = await openWith(t, ['*']);
  const path = await shop.coupon();
  for (const line of ['GET /v1/coupons', `GET ${path}`, 'GET /openapi.json']) {
    t.equal((await call(shop.url, line, from(APP))).headers['access-control-allow-origin'], '*', line);
  }
  const token = await shop.token('a');
  for (const line of [`POST ${path}/download`, `GET ${path}/issuance`, 'GET /v1/me/coupons']) {
    const { headers } = await call(shop.url, line, { token, ...from(APP) });
    t.equal(headers['access-control-allow-origin'], undefined, line);
  }
  const preflight = (method: string, path: string) =>
    call(shop.url, `OPTIONS ${path}`, { headers: { origin: APP, 'access-control-request-method': method } });
  t.equal((await preflight('POST', `${path}/download`)).status, 405);
  t.equal((await preflight('PATCH', path)).status, 405);
  t.equal((await preflight('GET', path)).status, 204);
});

t.test('a request without an origin gets the same bytes as without the setting', async (t) => {
  const plain = await openShop(t);
  const open = await openWith(t, [SHOP]);
  const headersOf = async (shop: typeof plain) => {
    const path = await shop.coupon();
    const { headers } = await call(shop.url, `POST ${path}/download`, { token: await shop.token('a') });
    return Object.keys(headers).sort();
  };
  t.strictSame(await headersOf(open), await headersOf(plain));
});
