/** Tests coupons that require presence, over a real server. */
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { parseCouponId } from '../../engine/domain/coupon.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { call, exchangeBytes } from '../testing/client.js';
import { PROVIDER_POLICY, startProvider } from '../testing/key-provider.js';
import { openShop } from '../testing/shop.js';
import type { Shop } from '../testing/shop.js';

/** Slow enough for the limits of a member. */
const ASK_AGAIN_MS = 50;

const policy = { issuer: 'waiting-room', audiences: ['drops'] };
const secret = Buffer.from('a-secret-of-the-waiting-room-61b0f2');
const room = new TokenIssuer(secret, policy);

/** This shop issues no tickets. */
const bare = await openShop(t);
const shop = await openShop(t, { settings: { presence: { ...policy, secret } } });

const idOf = (path: string): number => Number(path.split('/').at(-1));

function ticketFor(path: string, member: string, seconds = 60): Promise<string> {
  const couponId = parseCouponId(String(idOf(path)));
  if (couponId === undefined) throw new Error('no coupon id');
  return room.issueTicket(member, couponId, seconds, Date.now());
}

const requestWith = async (shop: Shop, path: string, member: string, ticket: string) =>
  call(shop.url, `POST ${path}/download`, {
    token: await shop.token(member),
    headers: { 'x-presence-ticket': ticket },
  });

const refusedSoFar = async (): Promise<number> => {
  const { text } = await call(shop.url, 'GET /metrics');
  return Number(/^seonchak_presence_refused_total (\d+)$/m.exec(text)?.[1]);
};

const issuedOf = async (shop: Shop, path: string) => (await call(shop.url, `GET ${path}`)).body.issued;

t.test('with a ticket it is given as ever, and one ticket pressed many times gives one', async (t) => {
  const path = await shop.coupon({ presenceRequired: true, quantity: 5 });
  const ticket = await ticketFor(path, 'm-1');
  const requests = await Promise.all(
    Array.from({ length: 40 }, () => requestWith(shop, path, 'm-1', ticket)),
  );
  t.equal(requests.filter(({ status }) => status === 201).length, 1);
  t.strictSame(new Set(requests.map(({ body }) => body.issueNo)), new Set([1]));
  t.equal(await issuedOf(shop, path), 1);
});

t.test('without a ticket of this member for this coupon nothing is attempted', async (t) => {
  const path = await shop.coupon({ presenceRequired: true });
  const other = await shop.coupon({ presenceRequired: true });
  const before = await refusedSoFar();
  t.match(await shop.request(path, 'm-1'), { status: 403, body: { code: 'presence_required' } });
  const refused = [
    [await ticketFor(path, 'm-2'), 'presence_mismatch'],
    [await ticketFor(other, 'm-1'), 'presence_mismatch'],
    [await ticketFor(other, 'm-2', -60), 'presence_mismatch'],
    [await ticketFor(path, 'm-1', -60), 'presence_expired'],
    [await shop.token('m-1'), 'presence_invalid'],
    [`Bearer ${await ticketFor(path, 'm-1')}`, 'presence_invalid'],
    ['x'.repeat(9_000), 'presence_invalid'],
  ] as const;
  for (const [ticket, code] of refused) {
    t.match(await requestWith(shop, path, 'm-1', ticket), { status: 403, body: { code } });
  }
  const stats = await call(shop.url, `GET ${path}/stats`, { token: shop.seller });
  t.match(stats.body, { issued: 0, remaining: 10 });
  t.equal((await refusedSoFar()) - before, refused.length + 1, 'and counted');
  t.match(await requestWith(shop, path, 'm-1', await ticketFor(path, 'm-1')), { status: 201 });
});

t.test('a winner who presses again with its expired first ticket gets its number again', async (t) => {
  const path = await shop.coupon({ presenceRequired: true, quantity: 1 });
  const won = await requestWith(shop, path, 'm-1', await ticketFor(path, 'm-1'));
  const late = await ticketFor(path, 'm-1', -1);
  t.match(await requestWith(shop, path, 'm-1', late), {
    status: 200,
    body: { ...won.body, outcome: 'already_issued' },
  });
  // Another member's ticket reveals nothing, and a request without a ticket causes no read.
  t.match(await requestWith(shop, path, 'm-2', late), { status: 403, body: { code: 'presence_mismatch' } });
  t.match(await shop.request(path, 'm-1'), { status: 403, body: { code: 'presence_required' } });
  t.match(await requestWith(shop, path, 'm-2', await ticketFor(path, 'm-2')), { body: { code: 'sold_out' } });
  t.match(await call(shop.url, `GET ${path}/issuance`, { token: await shop.token('m-1') }), {
    status: 200,
    body: { issueNo: 1 },
  });
});

t.test('the demand is shown only where there is one, and may be put up and lifted', async (t) => {
  const path = await shop.coupon();
  const plain = await call(shop.url, `GET ${path}`);
  t.notOk('presenceRequired' in plain.body);
  const change = (presenceRequired: unknown) =>
    call(shop.url, `PATCH ${path}`, { token: shop.seller, body: { presenceRequired } });
  t.match(await shop.request(path, 'm-1'), { status: 201 });
  t.match(await change(true), { status: 200, body: { presenceRequired: true } });
  t.match(await shop.request(path, 'm-2'), { status: 403, body: { code: 'presence_required' } });
  const listed = await call(shop.url, `GET /v1/coupons?after=${idOf(path) - 1}`);
  t.match(listed.body, { items: [{ presenceRequired: true }] });
  const lifted = await change(false);
  t.equal(lifted.status, 200);
  t.notOk('presenceRequired' in lifted.body);
  t.match(await shop.request(path, 'm-2'), { status: 201 });
  for (const value of [null, 1, 'true']) {
    t.match(await change(value), { status: 400, body: { code: 'invalid_input' } });
  }
});

t.test('where no service issues tickets no coupon can demand one', async (t) => {
  const path = await bare.coupon({ presenceRequired: false });
  const body = { name: 'x', quantity: 1, presenceRequired: true };
  const refusal = { status: 409, body: { code: 'presence_disabled' } };
  t.match(await call(bare.url, 'POST /v1/coupons', { token: bare.seller, body }), refusal);
  const token = bare.seller;
  t.match(await call(bare.url, `PATCH ${path}`, { token, body: { presenceRequired: true } }), refusal);
  t.match(await bare.request(path, 'm-1'), { status: 201 });
});

t.test(
  'a demand that was made before outlives the configuration: then no member gets the coupon',
  async (t) => {
    const record = await bare.services.registry.register({
      sellerId: '900',
      name: 'made while there was a waiting room',
      quantity: 5,
      opensAtMs: undefined,
      closesAtMs: undefined,
      paused: false,
      closed: false,
      discount: undefined,
      createdAtMs: Date.now(),
      door: { presence: true },
    });
    const path = `/v1/coupons/${record.couponId}`;
    // Made by another process, so this one sees it at its next read; earlier downloads are served.
    while ((await bare.request(path, 'quick')).status !== 503) await pause(ASK_AGAIN_MS);
    const answer = await requestWith(bare, path, 'm-1', await ticketFor(path, 'm-1'));
    t.match(answer, { status: 503, body: { code: 'presence_unavailable' }, headers: { 'retry-after': '2' } });
    const body = { presenceRequired: false };
    t.match(await call(bare.url, `PATCH ${path}`, { token: bare.seller, body }), { status: 200 });
    t.match(await bare.request(path, 'm-1'), { status: 201 });
  },
);

t.test('ids that no coupon has are unknown, however many are asked for at once', async (t) => {
  const path = await shop.coupon({ presenceRequired: true });
  const ahead = Array.from({ length: 200 }, (_, place) => `/v1/coupons/${idOf(path) + 1 + place}`);
  const answers = await Promise.all(ahead.map((unknown) => shop.request(unknown, 'm-1')));
  t.ok(answers.every(({ status, body }) => status === 404 && body.code === 'unknown_coupon'));
  // A member who guesses the next id gets no step ahead of the demand.
  const guessing = Promise.all(Array.from({ length: 50 }, () => shop.request(ahead[0] ?? '', 'bot')));
  const next = await shop.coupon({ presenceRequired: true });
  t.equal(next, ahead[0]);
  for (const { status } of await guessing) t.ok([403, 404].includes(status), `${status}`);
  t.match(await shop.request(next, 'bot'), { status: 403 });
  t.equal(await issuedOf(shop, next), 0);
});

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

function signText(header: string, payload: string, key: Buffer | string = secret): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

t.test('forged tickets open nothing', async (t) => {
  const path = await shop.coupon({ presenceRequired: true });
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    sub: 'm-1',
    coupon: idOf(path),
    iss: policy.issuer,
    aud: policy.audiences,
    exp: now + 600,
  };
  const sign = (payload: object, head: object = { alg: 'HS256' }, key: Buffer | string = secret): string =>
    signText(JSON.stringify(head), JSON.stringify(payload), key);
  const without = (name: keyof typeof claims): object =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
  const good = sign(claims);
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const payload = good.split('.')[1] ?? '';
  const forged: Readonly<Record<string, string>> = {
    'alg none': `${base64url('{"alg":"none"}')}.${payload}.`,
    'alg none, signed': sign(claims, { alg: 'none' }),
    'another secret': sign(claims, { alg: 'HS256' }, 'another-secret-another-secret-another'),
    'a public key as the secret': sign(claims, { alg: 'HS256' }, publicPem),
    'a key it brings along': sign(
      claims,
      { alg: 'HS256', jwk: { kty: 'oct', k: base64url('mine') } },
      'mine',
    ),
    'unknown crit': sign(claims, { alg: 'HS256', crit: ['x'], x: 1 }),
    'no exp': sign(without('exp')),
    'exp a string': sign({ ...claims, exp: String(claims.exp) }),
    'exp 1e308': signText('{"alg":"HS256"}', JSON.stringify(claims).replace(String(claims.exp), '1e308')),
    'nbf in the future': sign({ ...claims, nbf: now + 600 }),
    'no iss': sign(without('iss')),
    'another iss': sign({ ...claims, iss: 'seonchak' }),
    'no aud': sign(without('aud')),
    'another aud': sign({ ...claims, aud: 'seonchak' }),
    'no sub': sign(without('sub')),
    'sub a list': sign({ ...claims, sub: ['m-1'] }),
    'no coupon': sign(without('coupon')),
    'coupon in text': sign({ ...claims, coupon: String(claims.coupon) }),
    'coupon a list': sign({ ...claims, coupon: [claims.coupon] }),
    'coupon true': sign({ ...claims, coupon: true }),
    'coupon with a fraction': sign({ ...claims, coupon: claims.coupon + 0.5 }),
    'coupon zero': sign({ ...claims, coupon: 0 }),
    'two coupons': signText('{"alg":"HS256"}', JSON.stringify(claims).replace('{', '{"coupon":7,')),
    'two sub': signText('{"alg":"HS256"}', JSON.stringify(claims).replace('{', '{"sub":"m-2",')),
    'a signature cut short': good.slice(0, -1),
    'one more character': `${good}=`,
    'two parts': good.split('.').slice(0, 2).join('.'),
    'no token': 'presence',
  };
  for (const [name, ticket] of Object.entries(forged)) {
    const answer = await requestWith(shop, path, 'm-1', ticket);
    t.match(answer, { status: 403, body: { code: 'presence_invalid' } }, name);
    t.notMatch(answer.text, /signature|\b(alg|aud|iss)\b/, 'and the answer does not name the fault');
  }
  const token = await shop.token('m-1');
  const headers = `Authorization: Bearer ${token}\r\nX-Presence-Ticket: ${good}\r\n`;
  const twice = `POST ${path}/download HTTP/1.1\r\nHost: x\r\n${headers}X-Presence-Ticket: ${good}\r\n\r\n`;
  const { received } = await exchangeBytes(shop.http.port, [twice], (text) => text.includes('}'));
  t.match(received, /^HTTP\/1\.1 403 [^]*"presence_invalid"/, 'two tickets in one request');
  t.equal(await issuedOf(shop, path), 0);
  t.match(await requestWith(shop, path, 'm-1', good), { status: 201 });
});

t.test('a ticket opens nothing but downloads', async (t) => {
  const path = await shop.coupon({ presenceRequired: true });
  const token = await ticketFor(path, 'm-1');
  t.match(await call(shop.url, `POST ${path}/download`, { token }), { status: 401 });
  t.match(await call(shop.url, 'GET /v1/me/coupons', { token }), { status: 401 });
});

t.test('tickets of an outside service are verified by its keys', async (t) => {
  const provider = await startProvider(t);
  provider.state.down = true;
  const outside = await openShop(t, {
    settings: { presence: { ...PROVIDER_POLICY, jwksUrl: provider.url } },
  });
  const path = await outside.coupon({ presenceRequired: true });
  const coupon = idOf(path);
  const ticket = await provider.sign('first', { coupon });
  t.match(await requestWith(outside, path, 'm-1', ticket), {
    status: 503,
    body: { code: 'presence_unavailable' },
  });
  provider.state.down = false;
  const late = Math.floor(Date.now() / 1_000) - 60;
  const expired = await provider.sign('first', { coupon, exp: late });
  // Keys are asked for again after two seconds.
  let answer = await requestWith(outside, path, 'm-1', expired);
  while (answer.status === 503) {
    await pause(ASK_AGAIN_MS);
    answer = await requestWith(outside, path, 'm-1', expired);
  }
  t.match(answer, { status: 403, body: { code: 'presence_expired' } });
  const requests = await Promise.all(
    Array.from({ length: 30 }, () => requestWith(outside, path, 'm-1', ticket)),
  );
  t.strictSame(new Set(requests.map(({ body }) => body.issueNo)), new Set([1]));
  t.match(await requestWith(outside, path, 'm-1', expired), {
    status: 200,
    body: { outcome: 'already_issued' },
  });
  const refused = [
    [await provider.sign('first', { coupon, sub: 'm-2' }), 'presence_mismatch'],
    [await provider.sign('first', { coupon: coupon + 1 }), 'presence_mismatch'],
    [await provider.sign('first', { coupon, exp: late, aud: 'x' }), 'presence_invalid'],
    [await provider.sign('first'), 'presence_invalid'],
    [await ticketFor(path, 'm-1'), 'presence_invalid'],
  ] as const;
  for (const [bad, code] of refused) {
    t.match(await requestWith(outside, path, 'm-1', bad), { status: 403, body: { code } });
  }
});

t.test('access tokens of an outside provider take the same way', async (t) => {
  const provider = await startProvider(t);
  const outside = await openShop(t, {
    settings: {
      tokens: { ...PROVIDER_POLICY, jwksUrl: provider.url },
      presence: { ...policy, secret },
    },
  });
  const seller = await provider.sign('first', { role: 'seller', sub: '900' });
  const body = { name: 'x', quantity: 5, presenceRequired: true };
  const registered = await call(outside.url, 'POST /v1/coupons', { token: seller, body });
  const path = String(registered.headers.location);
  const token = await provider.sign('first', { sub: 'm-1' });
  t.match(await call(outside.url, `POST ${path}/download`, { token }), {
    body: { code: 'presence_required' },
  });
  const fresh = await provider.sign('first', { sub: 'm-1', jti: 'never seen' });
  const headers = { 'x-presence-ticket': await ticketFor(path, 'm-1') };
  t.match(await call(outside.url, `POST ${path}/download`, { token: fresh, headers }), { status: 201 });
});

t.test(
  'a request whose headers forbid it is refused also while the keys of tickets are asked for',
  async (t) => {
    const provider = await startProvider(t);
    const outside = await openShop(t, {
      settings: { presence: { ...PROVIDER_POLICY, jwksUrl: provider.url } },
    });
    const open = await outside.coupon();
    const token = await outside.token('m-1');
    t.match(
      await call(outside.url, `POST ${open}/download`, { token }),
      { status: 201 },
      'the token is known',
    );
    const path = await outside.coupon({ presenceRequired: true });
    const ticket = await provider.sign('first', { coupon: idOf(path) });
    const second = await outside.token('m-2');
    const { received } = await exchangeBytes(
      outside.http.port,
      [
        `POST ${path}/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
          `Authorization: Bearer ${second}\r\nX-Presence-Ticket: ${ticket}\r\n\r\n`,
      ],
      (text) => text.includes('}'),
    );
    t.match(received, /^HTTP\/1\.1 401 /);
    t.equal(await issuedOf(outside, path), 0);
    const chunked = await exchangeBytes(outside.http.port, [
      `POST ${path}/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `X-Presence-Ticket: ${ticket}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ]);
    t.match(chunked.received, /^HTTP\/1\.1 201 [^]*\r\nConnection: close\r\n/);
  },
);
