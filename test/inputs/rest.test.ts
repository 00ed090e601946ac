/**
 * Tests well-formed but impossible requests against a real server.
 *
 * Bodies field by field: src/http/api/seller.test.ts.
 */
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { openBesiegedShop } from './besieged-shop.js';

const shop = await openBesiegedShop();
t.teardown(() => shop.stop());
const { client, couponId, seller } = shop;
const member = await signToken('7', 'member');

for (const [name, id] of [
  ['{', '%7B'],
  ['}', '%7D'],
  ['0', '0'],
  ['-1', '-1'],
  ['1e3', '1e3'],
  ['042', `0${couponId}`],
  ['newline', `${couponId}%0A`],
  ['__proto__', '__proto__'],
] as const) {
  t.test(`coupon id ${name}`, async (t) => {
    const request = await client.call(`/v1/coupons/${id}/download`, { method: 'POST', token: member });
    t.match(request, { status: 404, body: { code: 'unknown_coupon' } });
    const found = await client.call(`/v1/coupons/${id}`);
    t.match(found, { status: 404, body: { code: 'unknown_coupon' } });
    t.equal(await shop.complaint(JSON.stringify(request.body)), undefined);
  });
}

t.test('coupon id of 10 KB', async (t) => {
  const head = `POST /v1/coupons/${'9'.repeat(10_240)}/download HTTP/1.1\r\nHost: x\r\n\r\n`;
  const { received } = await exchangeBytes(shop.server.port, [head], (text) => text.includes('}'), 1_000);
  t.notMatch(received, /^HTTP\/1\.1 [25]00/);
  t.equal(await shop.complaint(received), undefined);
});

const good = { name: 'x', quantity: 1 };
for (const [name, body] of [
  ['quantity -1', { ...good, quantity: -1 }],
  ['quantity 0', { ...good, quantity: 0 }],
  ['quantity 1.5', { ...good, quantity: 1.5 }],
  ['quantity 1e21', { ...good, quantity: 1e21 }],
  ['quantity "10"', { ...good, quantity: '10' }],
  [
    'window ends before it starts',
    { ...good, opensAt: '2031-01-02T00:00:00Z', closesAt: '2031-01-01T00:00:00Z' },
  ],
  ['date without zone', { ...good, opensAt: '2031-01-01T00:00:00' }],
  ['opening that is in the year 10000 in UTC', { ...good, opensAt: '9999-12-31T23:59:59-01:00' }],
  ['validity to a leap second that ends 9999', { ...good, validity: { until: '9999-12-31T23:59:60Z' } }],
  ['name with a right-to-left override', { ...good, name: 'free \u202e%05' }],
  ['name with an isolate', { ...good, name: 'free \u2066%05' }],
  ['name of zero-width characters', { ...good, name: '\u200b\u200d\ufeff' }],
  ['name of a filler that is not seen', { ...good, name: '\u3164' }],
  ['name with half of a surrogate pair', { ...good, name: 'x\ud800' }],
  ['unknown field', { ...good, colour: 'red' }],
] as const) {
  t.test(name, async (t) => {
    const answer = await client.call('/v1/coupons', { method: 'POST', token: seller, body });
    t.equal(answer.status, 400);
    t.match(answer.body['code'], /^(invalid_input|window_invalid)$/);
    t.equal(await shop.complaint(JSON.stringify(answer.body)), undefined);
  });
}

t.test('instants as RFC 3339 allows them', async (t) => {
  for (const [opensAt, shown] of [
    ['2036-11-22t12:00:00z', '2036-11-22T12:00:00.000Z'],
    ['2036-12-31T23:59:60Z', '2037-01-01T00:00:00.000Z'],
    ['2036-11-22T21:00:00.5+09:00', '2036-11-22T12:00:00.500Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ] as const) {
    const answer = await client.call('/v1/coupons', {
      method: 'POST',
      token: seller,
      body: { ...good, opensAt },
    });
    t.match(answer, { status: 201, body: { opensAt: shown } }, opensAt);
  }
});

for (const [name, text] of [
  ['duplicate key in JSON', '{"name":"x","quantity":1,"quantity":2}'],
  ['deep nesting', `{"name":${'['.repeat(5_000)}${']'.repeat(5_000)},"quantity":1}`],
] as const) {
  t.test(name, async (t) => {
    const answer = await fetch(`${shop.server.origin}/v1/coupons`, {
      method: 'POST',
      headers: { authorization: `Bearer ${seller}`, 'content-type': 'application/json' },
      body: text,
    });
    const received = await answer.text();
    t.equal(answer.status, 400);
    t.match(received, '"code":"invalid_json"');
    t.equal(await shop.complaint(received), undefined);
  });
}

t.test('quantity cut below issued', async (t) => {
  t.equal(await shop.complaint(), undefined, 'one more is issued');
  const other = await client.call('/v1/coupons', {
    method: 'POST',
    token: seller,
    body: { name: 'y', quantity: 5 },
  });
  const path = `/v1/coupons/${Number(other.body['id'])}`;
  for (const name of ['a', 'b', 'c']) {
    await client.call(`${path}/download`, { method: 'POST', token: await signToken(name, 'member') });
  }
  const cut = await client.call(path, { method: 'PATCH', token: seller, body: { quantity: 2 } });
  t.match(cut, { status: 409, body: { code: 'quantity_below_issued' } });
  t.match((await client.call(path)).body, { quantity: 5, issued: 3 });
});

t.test('another seller’s coupon', async (t) => {
  const token = await signToken('501', 'seller');
  for (const [method, path, body] of [
    ['PATCH', '', { quantity: 1 }],
    ['POST', '/pause', undefined],
    ['POST', '/close', undefined],
    ['GET', '/stats', undefined],
    ['GET', '/issuances', undefined],
    ['DELETE', '/issuances/1', undefined],
  ] as const) {
    const answer = await client.call(`/v1/coupons/${couponId}${path}`, { method, token, body });
    t.match(answer, { status: 403, body: { code: 'forbidden' } }, `${method} ${path}`);
  }
  t.equal(await shop.complaint(), undefined);
});

t.test('another member’s issuance', async (t) => {
  const owner = await signToken('owner', 'member');
  const outsider = await signToken('outsider', 'member');
  const { body } = await client.call('/v1/coupons', {
    method: 'POST',
    token: seller,
    body: { name: 'z', quantity: 5 },
  });
  const path = `/v1/coupons/${Number(body['id'])}`;
  await client.call(`${path}/download`, { method: 'POST', token: owner });
  t.match(await client.call(`${path}/issuance`, { token: outsider }), {
    status: 404,
    body: { code: 'not_issued' },
  });
  const use = await client.call(`/v1/me/coupons/${Number(body['id'])}/use`, {
    method: 'POST',
    token: outsider,
  });
  t.match(use, { status: 404, body: { code: 'not_issued' } });
  t.match((await client.call('/v1/me/coupons', { token: outsider })).body, { items: [] });
});

t.test('page limit 0 and 10^9', async (t) => {
  for (const path of ['/v1/coupons', '/v1/me/coupons', `/v1/coupons/${couponId}/issuances`]) {
    const token = path.endsWith('issuances') ? seller : member;
    for (const limit of ['0', '1000000000']) {
      const answer = await client.call(`${path}?limit=${limit}`, { token });
      t.match(answer, { status: 400, body: { code: 'invalid_input' } }, `${path} ${limit}`);
    }
  }
});

t.test('wrong password 1,000 times: refused alike, slowed down, and the owner still gets in', async (t) => {
  const account = { email: 'owner@example.com', password: 'correct horse battery', role: 'member' };
  t.equal((await client.call('/v1/accounts', { method: 'POST', body: account })).status, 201);
  const { email, password } = account;
  const session = (secret: string) =>
    client.call('/v1/sessions', { method: 'POST', body: { email, password: secret } });
  t.equal((await session(password)).status, 200);
  const codes = new Map<unknown, number>();
  for (let wave = 0; wave < 10; wave += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => session(`guess number ${wave * 100 + n}`)),
    );
    for (const { body } of answers) codes.set(body['code'], (codes.get(body['code']) ?? 0) + 1);
  }
  t.strictSame([...codes.keys()].sort(), ['invalid_credentials', 'rate_limited']);
  t.ok((codes.get('invalid_credentials') ?? 0) < 100, 'only a few guesses were checked');
  t.equal(await shop.complaint(), undefined);
});
