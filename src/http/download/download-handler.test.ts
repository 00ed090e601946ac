import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { TokenIssuer } from '../auth/token-issuer.js';
import { call, exchangeBytes } from '../testing/client.js';
import { fromNow, openShop } from '../testing/shop.js';

const requestOverSocket = (path: string, token: string, headers = '', body = ''): string =>
  `POST ${path}/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n${body}`;

const answersIn = (received: string): number => received.split('HTTP/1.1 ').length - 1;

t.test('exactly the first two win a coupon of two, and a second press answers the same', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 2 });
  const first = await shop.request(path, 'm-1');
  t.equal(first.status, 201);
  t.match(first.headers, { 'content-type': 'application/json' });
  t.strictSame(Object.keys(first.body), ['outcome', 'couponId', 'memberId', 'issueNo', 'issuedAt']);
  t.match(first.body, {
    outcome: 'issued',
    couponId: 1,
    memberId: 'm-1',
    issueNo: 1,
    issuedAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  });
  t.match(await shop.request(path, 'm-1'), {
    status: 200,
    body: { ...first.body, outcome: 'already_issued' },
  });
  t.match(await shop.request(path, 'm-2'), { status: 201, body: { issueNo: 2 } });
  const late = await shop.request(path, 'm-3');
  t.match(late, {
    status: 409,
    headers: { 'content-type': 'application/problem+json' },
    body: { type: '/docs/errors#sold_out', status: 409, code: 'sold_out' },
  });
  t.strictSame(Object.keys(late.body), ['type', 'title', 'status', 'code', 'detail']);
  t.match(
    await shop.request(path, 'm-2'),
    { status: 200, body: { issueNo: 2 } },
    'a winner gets its answer even then',
  );
});

t.test('before opening the answer says when, and takes nothing', async (t) => {
  const shop = await openShop(t);
  const opensAt = fromNow(3_600_000);
  const path = await shop.coupon({ opensAt });
  const answer = await shop.request(path, 'm-1');
  t.match(answer, { status: 409, body: { code: 'not_open', opensAt } });
  const retryAfter = Number(answer.headers['retry-after']);
  t.ok(retryAfter > 3_590 && retryAfter <= 3_600, `Retry-After is ${retryAfter}`);
  t.match((await call(shop.url, `GET ${path}`)).body, { remaining: 10, state: 'scheduled' });
});

t.test('paused, resumed, closed, ended: each answer has its own code', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  await call(shop.url, `POST ${path}/pause`, { token: shop.seller });
  t.match(await shop.request(path, 'm-1'), { status: 409, body: { code: 'paused' } });
  await call(shop.url, `POST ${path}/resume`, { token: shop.seller });
  t.match(await shop.request(path, 'm-1'), { status: 201 });
  await call(shop.url, `POST ${path}/close`, { token: shop.seller });
  t.match(await shop.request(path, 'm-2'), { status: 409, body: { code: 'closed' } });
  t.match(await shop.request(path, 'm-1'), { status: 200, body: { outcome: 'already_issued' } });
  const ended = await shop.coupon({ opensAt: fromNow(-2_000), closesAt: fromNow(-1_000) });
  t.match(await shop.request(ended, 'm-1'), { status: 409, body: { code: 'closed' } });
});

t.test('text that is no coupon id names no coupon', async (t) => {
  const shop = await openShop(t);
  for (const id of [
    '7',
    '{',
    '%7B',
    '}',
    '0',
    '-1',
    '1e3',
    '042',
    '1%0A',
    '__proto__',
    '%00',
    '%2e%2e',
    '9'.repeat(16),
    '1'.repeat(1_900),
  ]) {
    const answer = await shop.request(`/v1/coupons/${id}`, 'm-1');
    t.match(answer, { status: 404, body: { code: 'unknown_coupon' } }, id.slice(0, 20));
  }
});

t.test('without a good member token there is no press', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const request = (headers: Record<string, string>) => call(shop.url, `POST ${path}/download`, { headers });
  t.match(await request({}), {
    status: 401,
    headers: { 'www-authenticate': 'Bearer', 'content-type': 'application/problem+json' },
    body: { code: 'unauthenticated', reason: 'token_missing' },
  });
  const good = await shop.token('m-1');
  for (const authorization of [
    'Bearer',
    'Bearer x',
    good,
    `Basic ${good}`,
    `Bearer ${good}x`,
    `Bearer ${'x'.repeat(9_000)}`,
  ]) {
    t.match(await request({ authorization }), {
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { code: 'unauthenticated', reason: 'token_invalid' },
    });
  }
  const foreign = new TokenIssuer(Buffer.alloc(32, 1), { issuer: 'seonchak', audiences: ['seonchak'] });
  const forged = await foreign.issue('m-1', 'member', 60, Date.now());
  t.match(await request({ authorization: `Bearer ${forged}` }), {
    status: 401,
    body: { reason: 'token_invalid' },
  });
  t.match(await request({ authorization: `Bearer ${shop.seller}` }), {
    status: 403,
    body: { code: 'wrong_role' },
  });
  t.match(await request({ authorization: `bearer ${good}` }), { status: 201 }, 'the scheme has no case');
  t.match((await call(shop.url, `GET ${path}`)).body, { issued: 1 });
});

t.test('a token is good until its last second, cached or not', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const secondsLeft = 2;
  const token = await shop.token('m-1', 'member', secondsLeft);
  t.match(await call(shop.url, `POST ${path}/download`, { token }), { status: 201 });
  let answer = await call(shop.url, `POST ${path}/download`, { token });
  for (const untilMs = Date.now() + 10_000; answer.status === 200 && Date.now() < untilMs;) {
    // Slower than the rate limit of a member.
    await pause(100);
    answer = await call(shop.url, `POST ${path}/download`, { token });
  }
  t.match(answer, { status: 401, body: { code: 'unauthenticated', reason: 'token_expired' } });
});

t.test('two Authorization headers are two opinions, and neither counts', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const one = await shop.token('m-1');
  const second = `Authorization: Bearer ${await shop.token('m-2')}\r\n`;
  const { received } = await exchangeBytes(
    shop.http.port,
    [requestOverSocket(path, one, second)],
    (text) => answersIn(text) === 1,
  );
  t.match(received, /^HTTP\/1\.1 401 /);
});

t.test('an unexpected body is not read, and one in chunks ends the connection', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const token = await shop.token('m-1');
  const large = 'x'.repeat(300_000);
  const { received } = await exchangeBytes(
    shop.http.port,
    [requestOverSocket(path, token, `Content-Length: ${large.length}\r\n`, large)],
    (text) => answersIn(text) === 1,
  );
  t.match(received, /^HTTP\/1\.1 201 /);
  // To the library everything behind the last chunk is another request.
  const chunks = requestOverSocket(path, token, 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n');
  const chunked = await exchangeBytes(shop.http.port, [chunks]);
  t.match(chunked.received, /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n/);
  t.ok(chunked.closed);
  const noUnit = chunks.replace('/download ', '/units/0/download ').replace('/download/', '/');
  const refused = await exchangeBytes(shop.http.port, [noUnit]);
  t.match(refused.received, /^HTTP\/1\.1 404 [^]*\r\nConnection: close\r\n/);
});

t.test(
  'answers that are known at once come in order through one connection, a thousand in a row',
  async (t) => {
    const shop = await openShop(t);
    const requests = requestOverSocket('/v1/coupons/no-id', await shop.token('m-1')).repeat(1_000);
    const { received } = await exchangeBytes(
      shop.http.port,
      [requests],
      (text) => answersIn(text) === 1_000,
      60_000,
    );
    t.equal(answersIn(received), 1_000);
  },
);

t.test('a member who disconnects before the batch leaves takes no unit', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon({ quantity: 1 });
  const token = await shop.token('gone');
  for (let round = 0; round < 20; round++) {
    const socket = connect(shop.http.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(requestOverSocket(path, token));
    socket.resetAndDestroy();
  }
  const answer = await shop.request(path, 'm-1');
  const { issued } = (await call(shop.url, `GET ${path}`)).body;
  t.equal(issued, 1, 'one unit, one holder');
  t.match(answer.status, answer.status === 201 ? 201 : 409);
  t.equal(shop.http.pendingCount, 0);
});

t.test('one member with a hundred presses in flight holds one coupon', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const answers = await Promise.all(Array.from({ length: 100 }, () => shop.request(path, 'm-1')));
  t.strictSame(new Set(answers.map(({ body }) => body.issueNo)), new Set([1]));
  t.equal(answers.filter(({ status }) => status === 201).length, 1);
  t.equal(answers.filter(({ status }) => status === 200).length, 99);
  t.match((await call(shop.url, `GET ${path}`)).body, { issued: 1, remaining: 9 });
});
