/** Tests the limits over real connections. */
import t from 'tap';
import { call } from '../testing/client.js';
import { startEmbeddedServer, TEST_LIMITS } from '../testing/embedded-server.js';
import { openShop } from '../testing/shop.js';
import { SignInThrottle } from './sign-in-throttle.js';

/** One token an hour: nothing comes back while a test runs. */
const stingy = { rate: 1 / 3_600, burst: 5 };

t.test('a member who presses without end is slowed down, and no other member is', async (t) => {
  const shop = await openShop(t, { settings: { limits: { ...TEST_LIMITS, member: stingy } } });
  const path = await shop.coupon();
  const answers = [];
  for (let request = 0; request < 8; request++) answers.push(await shop.request(path, 'bot'));
  t.strictSame(
    answers.map(({ status }) => status),
    [201, 200, 200, 200, 200, 429, 429, 429],
  );
  t.match(answers[7], {
    headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
    body: { code: 'rate_limited', status: 429 },
  });
  t.match(await shop.request(path, 'honest'), { status: 201, body: { issueNo: 2 } });
  const token = await shop.token('bot');
  t.match(
    await call(shop.url, `GET ${path}/issuance`, { token }),
    { status: 429 },
    'a new token is no way out',
  );
  t.match(await call(shop.url, 'GET /metrics'), { text: /^seonchak_rate_limited_total 4$/m });
});

t.test('under the limit advised for production a member may press a thousand times at once', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => shop.request(path, 'mina')));
  t.equal(answers.filter(({ status }) => status === 201).length, 1);
  t.equal(answers.filter(({ status }) => status === 200).length, 999);
});

t.test(
  'an address that asks without end is slowed down; behind a proxy each client separately',
  async (t) => {
    const limits = { ...TEST_LIMITS, address: stingy, trustedProxies: ['127.0.0.1'] };
    const server = await startEmbeddedServer(t, { settings: { limits } });
    const { url } = server;
    const bearer = await server.token('mina');
    const from = async (address: string) =>
      (
        await call(url, 'POST /v1/coupons/7/download', {
          token: bearer,
          headers: { 'x-forwarded-for': address },
        })
      ).status;
    const statuses = [];
    for (let request = 0; request < 7; request++) statuses.push(await from('203.0.113.7'));
    t.strictSame(statuses, [404, 404, 404, 404, 404, 429, 429]);
    t.equal(await from('203.0.113.8'), 404);
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    t.match(await call(url, 'GET /v1/coupons', { headers }), { status: 429 }, 'on every route');
    t.match(await call(url, 'GET /healthz', { headers }), { status: 200 }, 'but the probes');
  },
);

t.test('sign-in: the same throttle for an account that exists and one that does not', async (t) => {
  const { url } = await startEmbeddedServer(t, {
    settings: { limits: { ...TEST_LIMITS, signInFailuresMax: 2 } },
  });
  const account = { email: 'mina@shop.test', password: 'correct horse' };
  await call(url, 'POST /v1/accounts', { body: { ...account, role: 'member' } });
  for (const email of [account.email, 'nobody@shop.test']) {
    const statuses = [];
    for (let guess = 0; guess < 4; guess++) {
      const answer = await call(url, 'POST /v1/sessions', { body: { email, password: `guess ${guess}` } });
      statuses.push(answer.status);
      if (answer.status !== 429) continue;
      t.match(answer, { body: { code: 'rate_limited' }, headers: { 'retry-after': /^([12]\d|30|[1-9])$/ } });
    }
    t.strictSame(statuses, [401, 401, 429, 429], email);
  }
});

t.test('who signs in rightly is never slowed down', async (t) => {
  const { url } = await startEmbeddedServer(t, {
    settings: { limits: { ...TEST_LIMITS, signInFailuresMax: 1 } },
  });
  const account = { email: 'mina@shop.test', password: 'correct horse' };
  await call(url, 'POST /v1/accounts', { body: { ...account, role: 'member' } });
  for (let round = 0; round < 4; round++) {
    t.match(await call(url, 'POST /v1/sessions', { body: account }), { status: 200 });
  }
});

t.test('an attacker from many addresses does not keep the owner out', async (t) => {
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
  let nowMs = 0;
  const throttle = new SignInThrottle(10, clock);
  t.equal(throttle.begin('mina@shop.test', 'home'), 0);
  throttle.succeeded('mina@shop.test', 'home');

  let checked = 0;
  for (let guess = 0; guess < 1_000; guess++) {
    if (throttle.begin('mina@shop.test', `bot ${guess}`) === 0) checked++;
  }
  t.ok(checked <= 101, `${checked} of 1,000 guesses from as many addresses were checked`);
  t.equal(throttle.begin('mina@shop.test', 'home'), 0, 'the owner signs in from where she did before');
  const waitMs = throttle.begin('mina@shop.test', 'holiday');
  t.ok(waitMs > 0 && waitMs <= 3_000, `and waits ${waitMs} ms elsewhere`);
  nowMs = waitMs;
  t.equal(throttle.begin('mina@shop.test', 'holiday'), 0, 'not for ever');
});
