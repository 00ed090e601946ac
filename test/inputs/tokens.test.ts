/** Sends invalid access tokens to a real server. The claims themselves are compared with jose beside the verifier. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { exchangeBytes } from '../../src/http/testing/client.js';
import { signToken } from '../clients/tokens.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { openBesiegedShop } from './besieged-shop.js';

const shop = await openBesiegedShop();
t.teardown(() => shop.stop());

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const now = Math.floor(Date.now() / 1_000);
const claims = { sub: '7', role: 'member', iss: 'seonchak', aud: 'seonchak', exp: now + 3_600 };

function signText(header: string, payload: string, secret: string = TEST_SECRET): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
const sign = (payload: object, head: object = { alg: 'HS256' }, secret = TEST_SECRET): string =>
  signText(JSON.stringify(head), JSON.stringify(payload), secret);

const publicKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const withoutExp: Partial<typeof claims> = { ...claims };
delete withoutExp.exp;
const good = sign(claims);

const refused: Readonly<Record<string, string>> = {
  'alg: none': `${base64url('{"alg":"none"}')}.${good.split('.')[1] ?? ''}.`,
  'RS256 public key used as HMAC secret': sign(claims, { alg: 'HS256' }, publicPem),
  'no exp': sign(withoutExp),
  'exp 1e308': signText('{"alg":"HS256"}', JSON.stringify(claims).replace(String(claims.exp), '1e308')),
  'exp a string': sign({ ...claims, exp: String(claims.exp) }),
  'sub a number': sign({ ...claims, sub: 7 }),
  'sub an object': sign({ ...claims, sub: { id: '7' } }),
  'sub empty': sign({ ...claims, sub: '' }),
  'sub of 256 characters': sign({ ...claims, sub: 'x'.repeat(256) }),
  'sub with a line break': sign({ ...claims, sub: '7\n' }),
  'sub with half of a pair': signText('{"alg":"HS256"}', JSON.stringify(claims).replace('"7"', '"\\ud800"')),
  'sub of one of our accounts': sign({ ...claims, sub: 'seonchak.account.1' }),
  'an unknown role': sign({ ...claims, role: 'admin' }),
  'iat a string': sign({ ...claims, iat: 'now' }),
  'two sub': signText('{"alg":"HS256"}', JSON.stringify(claims).replace('{', '{"sub":"8",')),
  'unknown crit': sign(claims, { alg: 'HS256', crit: ['x'], x: 1 }),
  'embedded jwk': sign(claims, { alg: 'HS256', jwk: { kty: 'oct', k: base64url('mine') } }, 'mine'),
  'wrong iss': sign({ ...claims, iss: 'somebody' }),
  'wrong aud': sign({ ...claims, aud: 'somewhere' }),
  'nbf in the future': sign({ ...claims, nbf: now + 600 }),
  'nbf ahead by more than the tolerance': sign({ ...claims, nbf: now + 60 }),
  'expired by one second': sign({ ...claims, exp: now - 1 }),
  'trailing =': `${good}=`,
  '100 KB token': `${good.slice(0, 40)}${'A'.repeat(100_000)}`,
};

const download = `/v1/coupons/${shop.couponId}/download`;

for (const [name, token] of Object.entries(refused)) {
  t.test(name, async (t) => {
    const head = `POST ${download} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const { received } = await exchangeBytes(shop.server.port, [head], (text) => text.includes('}'), 5_000);
    // The library ends a request with such a long header on its own.
    if (token.length > 10_000) t.notMatch(received, /^HTTP\/1\.1 2/);
    else t.match(received, /^HTTP\/1\.1 401 [^]*"code":"unauthenticated"/);
    t.equal(await shop.complaint(received), undefined);
  });
}

/** Subjects of other providers: each is accepted, and its responses show it unchanged. */
const subjects = [
  'x'.repeat(65),
  'x'.repeat(255),
  '7:8',
  '{7}',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  'Kim@Shop.Test',
  'f:0e3a7f1c-99b4:kim',
  'MTIzNDU2Nzg5MA==',
  'urn:shop:member:7',
  '선착순-7',
  'a,b;"c"~d%7C',
  '😀',
] as const;

t.test('a subject of any characters is one member, and comes out as it went in', async (t) => {
  const { body } = await shop.client.call('/v1/coupons', {
    method: 'POST',
    token: shop.seller,
    body: { name: 'For everybody', quantity: 100 },
  });
  const path = `/v1/coupons/${Number(body['id'])}`;
  for (const [place, sub] of [...subjects, 'kim@shop.test'].entries()) {
    const token = sign({ ...claims, sub });
    const first = await shop.client.call(`${path}/download`, { method: 'POST', token });
    t.match(first, { status: 201, body: { memberId: sub, issueNo: place + 1 } }, sub);
    const again = await shop.client.call(`${path}/download`, { method: 'POST', token });
    t.match(again, { status: 200, body: { outcome: 'already_issued', memberId: sub, issueNo: place + 1 } });
    t.match(await shop.client.call(`${path}/issuance`, { token }), {
      body: { memberId: sub, recorded: true },
    });
    t.match(await shop.client.call('/v1/me/coupons', { token }), { body: { items: [{ memberId: sub }] } });
  }
  const list = await shop.client.call(`${path}/issuances?limit=100`, { token: shop.seller });
  t.same(
    (list.body['items'] as { readonly memberId: string }[]).map(({ memberId }) => memberId),
    [...subjects, 'kim@shop.test'],
  );
});

t.test('an account and a member of the shop never share a sub', async (t) => {
  const email = `${Date.now()}@accounts.test`;
  const account = { email, password: 'correct horse', role: 'member' };
  const signedUp = await shop.client.call('/v1/accounts', { method: 'POST', body: account });
  t.equal(signedUp.status, 201);
  const session = await shop.client.call('/v1/sessions', {
    method: 'POST',
    body: { email, password: account.password },
  });
  const token = String(session.body['accessToken']);
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as typeof claims;
  t.equal(payload.sub, signedUp.body['id']);
  t.equal((await shop.client.call('/v1/me/coupons', { token })).status, 200);

  const row = payload.sub.replace(/.*\D/, '');
  const namesake = sign({ ...claims, sub: row });
  const coupon = await shop.client.call('/v1/coupons', {
    method: 'POST',
    token: shop.seller,
    body: { name: 'For a namesake', quantity: 1 },
  });
  const request = { method: 'POST', token: namesake };
  const won = await shop.client.call(`/v1/coupons/${Number(coupon.body['id'])}/download`, request);
  t.match(won, { status: 201, body: { memberId: row } });
  t.match(await shop.client.call('/v1/me/coupons', { token }), { body: { items: [] } });

  for (const [name, forged] of [
    ['another end', sign({ ...payload, exp: payload.exp + 1 })],
    ['no mark', sign({ ...claims, sub: payload.sub })],
    ['the mark of another account', sign({ ...payload, sub: 'seonchak.account.999' })],
  ] as const) {
    t.match(await shop.client.call('/v1/me/coupons', { token: forged }), { status: 401 }, name);
  }
});

t.test('two Authorization headers', async (t) => {
  const twice = `Authorization: Bearer ${sign({ ...claims, sub: '8' })}\r\n`.repeat(2);
  const head = `POST ${download} HTTP/1.1\r\nHost: x\r\n${twice}\r\n`;
  const { received } = await exchangeBytes(shop.server.port, [head], (text) => text.includes('}'), 5_000);
  t.match(received, /^HTTP\/1\.1 401 /);
  t.equal(await shop.complaint(received), undefined);
});

t.test('two Authorization headers, the first of a token that the server knows', async (t) => {
  const line = `Authorization: Bearer ${sign({ ...claims, sub: '9' })}\r\n`;
  const other = `Authorization: Bearer ${sign({ ...claims, sub: '10' })}\r\n`;
  const exchange = async (start: string, headers: string): Promise<string> => {
    const head = `${start} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
    const answered = (text: string) => text.includes('}');
    return (await exchangeBytes(shop.server.port, [head], answered, 5_000)).received;
  };
  t.match(await exchange('GET /v1/me/coupons', line), /^HTTP\/1\.1 200 /);
  t.match(await exchange(`POST ${download}`, line + other), /^HTTP\/1\.1 401 [^]*"code":"unauthenticated"/);
  t.match(await exchange('GET /v1/me/coupons', line), /"items":\[\]/, 'nothing was issued');
  t.match(await exchange('GET /v1/me/coupons', line + other), /^HTTP\/1\.1 4/, 'nor is it taken elsewhere');
  t.equal(await shop.complaint(), undefined);
});

t.test('a scheme is accepted in any case', async (t) => {
  const head = `POST /v1/coupons/999999/download HTTP/1.1\r\nHost: x\r\nauthorization: bearer ${good}\r\n\r\n`;
  const { received } = await exchangeBytes(shop.server.port, [head], (text) => text.includes('}'), 5_000);
  t.match(received, /^HTTP\/1\.1 404 [^]*unknown_coupon/);
});

t.test('a seller’s token on download, a member’s on the seller routes', async (t) => {
  const request = await shop.client.call(download, { method: 'POST', token: shop.seller });
  t.match(request, { status: 403, body: { code: 'wrong_role' } });
  const token = await signToken('7', 'member');
  const body = { name: 'x', quantity: 1 };
  for (const [method, path] of [
    ['POST', '/v1/coupons'],
    ['PATCH', `/v1/coupons/${shop.couponId}`],
    ['POST', `/v1/coupons/${shop.couponId}/close`],
    ['GET', `/v1/coupons/${shop.couponId}/stats`],
    ['GET', `/v1/coupons/${shop.couponId}/issuances`],
    ['DELETE', `/v1/coupons/${shop.couponId}/issuances/1`],
  ] as const) {
    const answer = await shop.client.call(path, {
      method,
      token,
      ...(method === 'PATCH' || method === 'POST' ? { body } : {}),
    });
    t.match(answer, { status: 403, body: { code: 'wrong_role' } }, `${method} ${path}`);
  }
  t.equal(await shop.complaint(), undefined);
});
