import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { KEYS_PER_SELLER_MAX } from '../../accounts/server-keys.js';
import { call, exchangeBytes } from '../testing/client.js';
import type { Answer, CallOptions } from '../testing/client.js';
import { TEST_LIMITS } from '../testing/embedded-server.js';
import { fromNow, openShop } from '../testing/shop.js';
import type { Shop } from '../testing/shop.js';

async function keyOf(shop: Shop, scopes: readonly string[], fields: object = {}): Promise<string> {
  const body = { name: 'backend', scopes, ...fields };
  const { body: created } = await call(shop.url, 'POST /v1/keys', { token: shop.seller, body });
  return String(created.key);
}

t.test('a seller makes, lists and revokes keys; the key itself is shown once', async (t) => {
  const shop = await openShop(t);
  const as = (line: string, options: CallOptions = {}): Promise<Answer> =>
    call(shop.url, line, { token: shop.seller, ...options });
  const body = { name: 'backend', scopes: ['issue', 'read'], expiresAt: fromNow(3_600_000) };
  const created = await as('POST /v1/keys', { body });
  t.match(created, {
    status: 201,
    body: {
      id: 1,
      name: 'backend',
      scopes: ['issue', 'read'],
      key: /^sck_1_[0-9A-Za-z]{43}$/,
      revokedAt: null,
    },
  });
  const token = String(created.body.key);
  const listed = await as('GET /v1/keys');
  t.match(listed.body.items, [{ id: 1, name: 'backend', scopes: ['issue', 'read'] }]);
  t.notOk(listed.text.includes('sck_'));

  const path = await shop.coupon();
  t.equal((await as(`GET ${path}/stats`, { token })).status, 200);
  for (const line of ['POST /v1/keys', 'GET /v1/keys', 'DELETE /v1/keys/1']) {
    t.match(
      await as(line, { token, ...(line.startsWith('POST') ? { body } : {}) }),
      { status: 403, body: { code: 'wrong_role' } },
      'a key makes no keys',
    );
  }
  t.match(await as(`POST ${path}/pause`, { token }), {
    status: 403,
    body: { code: 'scope_missing', scope: 'manage' },
  });
  t.match(await as(`POST ${path}/download`, { token }), { status: 403, body: { code: 'wrong_role' } });
  t.match(await as('GET /v1/me/coupons', { token }), { status: 403, body: { code: 'wrong_role' } });

  const outsider = await shop.token('901', 'seller');
  t.match(await as('DELETE /v1/keys/1', { token: outsider }), { status: 404, body: { code: 'unknown_key' } });
  for (const id of ['0', '01', 'x', '77'])
    t.match(await as(`DELETE /v1/keys/${id}`), { status: 404, body: { code: 'unknown_key' } }, id);
  t.match(await as('DELETE /v1/keys/1'), { status: 200, body: { id: 1, revoked: true } });
  t.match(await as('DELETE /v1/keys/1'), { status: 200, body: { id: 1, revoked: true } });
  t.match(await as(`GET ${path}/stats`, { token }), {
    status: 401,
    body: { code: 'unauthenticated', reason: 'token_invalid' },
  });

  for (const fields of [
    { scopes: [] },
    { scopes: ['all'] },
    { scopes: ['read', 'read'] },
    { name: '' },
    { expiresAt: 'soon' },
    { key: 'mine' },
  ]) {
    t.match(
      await as('POST /v1/keys', { body: { ...body, ...fields } }),
      { status: 400, body: { code: 'invalid_input' } },
      JSON.stringify(fields),
    );
  }
  const log = await shop.auditLog.entries(Number.MAX_SAFE_INTEGER, 100);
  t.same(
    log.filter(({ target }) => target === 'key 1').map(({ action, actor }) => [action, actor.kind]),
    [
      ['key_created', 'seller'],
      ['key_revoked', 'seller'],
    ],
  );
  t.notOk(JSON.stringify(log).includes(token), 'the key is in no entry');
  t.notOk(shop.logLines.join().includes(token), 'and in no log');
  const { text } = await call(shop.url, 'GET /metrics');
  t.match(text, /^seonchak_key_requests_total\{scope="read",result="accepted"\} 1$/m);
  t.match(text, /^seonchak_key_requests_total\{scope="manage",result="scope_missing"\} 1$/m);
});

t.test('a key asks on behalf of a member, with the outcomes of the member’s own download', async (t) => {
  const shop = await openShop(t);
  const token = await keyOf(shop, ['issue', 'read', 'redeem']);
  const path = await shop.coupon({ quantity: 1 });
  const ask = (member: string, options: CallOptions = {}) =>
    call(shop.url, `POST /v1/members/${member}/coupons/1/download`, { token, ...options });
  const first = await ask('m-1');
  t.match(first, { status: 201, body: { outcome: 'issued', couponId: 1, memberId: 'm-1', issueNo: 1 } });
  t.match(await shop.request(path, 'm-1'), { status: 200, body: { outcome: 'already_issued', issueNo: 1 } });
  t.match(await ask('m-1', { body: {} }), {
    status: 200,
    body: { ...first.body, outcome: 'already_issued' },
  });
  t.match(await ask('m-2'), { status: 409, body: { code: 'sold_out' } });
  t.match(await ask('m-2', { body: { unit: 2 } }), { status: 409, body: { code: 'limit_reached' } });
  t.match(await ask('m-2', { body: { unit: 0 } }), { status: 400, body: { code: 'invalid_input' } });
  t.match(await ask('%00'), { status: 400, body: { code: 'invalid_member' } });
  const as = (line: string, options: CallOptions = {}) => call(shop.url, line, { token, ...options });
  t.match(await as('GET /v1/members/m-1/coupons/1/issuance'), {
    status: 200,
    body: { issueNo: 1, recorded: true },
  });
  t.match(await as('GET /v1/members/m-2/coupons/1/issuance'), { status: 404, body: { code: 'not_issued' } });
  t.match(await as('GET /v1/members/m-1/coupons'), {
    body: { items: [{ couponId: 1, memberId: 'm-1' }], next: null },
  });
  t.equal((await as('POST /v1/members/m-1/coupons/1/redemptions', { body: { orderId: 'A' } })).status, 201);
  t.match((await as(`GET ${path}/issuances/1/redemptions`)).body.items, [{ by: { kind: 'key', id: '1' } }]);

  await shop.coupon({ opensAt: fromNow(60_000) });
  const early = await as('POST /v1/members/m-1/coupons/2/download');
  t.match(early, {
    status: 409,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'not_open', opensAt: /Z$/ },
  });
  t.match(await as('POST /v1/members/m-1/coupons/77/download'), {
    status: 404,
    body: { code: 'unknown_coupon' },
  });
  const outsider = await shop.token('901', 'seller');
  await call(shop.url, 'POST /v1/coupons', { token: outsider, body: { name: 'Theirs', quantity: 5 } });
  t.match(await as('POST /v1/members/m-1/coupons/3/download'), { status: 403, body: { code: 'forbidden' } });
  await shop.request('/v1/coupons/3', 'm-1');
  t.match(
    (await as('GET /v1/members/m-1/coupons')).body.items,
    [{ couponId: 1 }],
    'coupons of another seller are not shown',
  );
  t.match(await as('GET /v1/members/m-1/coupons/3/issuance'), { status: 403, body: { code: 'forbidden' } });

  await shop.services.locks.set('m-9' as never, true, {
    ...{
      atMs: 1,
      actor: { kind: 'operator', id: 'o', address: '' },
      action: 'account_locked',
      target: 'm-9',
      detail: {},
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.match(
    await ask('m-9'),
    { status: 403, body: { code: 'account_locked' } },
    'the shop is no way in for a locked member',
  );
});

t.test('a thousand members are granted in the order of the list, and a repeat changes nothing', async (t) => {
  const shop = await openShop(t);
  const token = await keyOf(shop, ['issue']);
  const path = await shop.coupon({ quantity: 600 });
  const memberIds = Array.from({ length: 1_000 }, (_, place) => `m-${place + 1}`);
  const grant = (body: object | string) => call(shop.url, `POST ${path}/grants`, { token, body });
  type Results = readonly { memberId: string; outcome: string; issueNo?: number }[];
  const first = (await grant({ memberIds })).body.results as Results;
  t.strictSame(
    first.map(({ memberId }) => memberId),
    memberIds,
  );
  t.strictSame(
    first.map(({ issueNo }) => issueNo),
    memberIds.map((_, place) => (place < 600 ? place + 1 : undefined)),
  );
  t.equal(first[600]?.outcome, 'sold_out');
  const again = (await grant({ memberIds })).body.results as Results;
  t.strictSame(
    again.map(({ issueNo }) => issueNo),
    first.map(({ issueNo }) => issueNo),
  );
  t.equal(again[0]?.outcome, 'already_issued');
  const log = await shop.auditLog.entries(Number.MAX_SAFE_INTEGER, 100);
  t.match(
    log.filter(({ action }) => action === 'granted'),
    [{ actor: { kind: 'key', id: '1' }, target: 'coupon 1', detail: { asked: 1_000, issued: 600 } }],
    'a repeat that issues nothing is no entry',
  );
  for (const body of [
    {},
    { memberIds: [] },
    { memberIds: [...memberIds, 'more'] },
    { memberIds: ['a', 'a'] },
    { memberIds: [7] },
  ]) {
    t.match(
      await grant(body),
      { status: 400, body: { code: 'invalid_input' } },
      JSON.stringify(body).slice(0, 40),
    );
  }
  t.match(await grant({ memberIds: ['fine', 'a\u0000b'] }), {
    status: 400,
    body: { code: 'invalid_member' },
  });
  t.match(await grant('x'.repeat(140_000)), { status: 413, body: { code: 'body_too_large' } });
  const reader = await keyOf(shop, ['read']);
  t.match(await call(shop.url, `POST ${path}/grants`, { token: reader, body: { memberIds } }), {
    status: 403,
    body: { code: 'scope_missing', scope: 'issue' },
  });
});

t.test('keys as bytes: broken ones, two headers, and a flood of wrong ones', async (t) => {
  const shop = await openShop(t, {
    settings: {
      limits: {
        ...TEST_LIMITS,
        address: { rate: 1, burst: 40 },
        key: { rate: 5, burst: 30 },
        signInFailuresMax: 1,
      },
    },
  });
  const token = await keyOf(shop, ['read']);
  const path = await shop.coupon();
  const raw = async (...headers: string[]): Promise<string> => {
    const lines = [`GET ${path}/stats HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
    return (await exchangeBytes(shop.http.port, [lines], (text) => text.includes('\r\n\r\n'))).received;
  };
  t.match(await raw('Authorization: Bearer sck_'), /^HTTP\/1.1 401/);
  t.match(await raw(`Authorization: Bearer sck_1_${'x'.repeat(43)}`), /^HTTP\/1.1 401/);
  t.match(await raw(`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`), /^HTTP\/1.1 4/);
  t.match(await raw(`authorization: bearer ${token}`), /^HTTP\/1.1 200/);
  for (const length of [3_000, 8_192])
    t.match(await raw(`Authorization: Bearer sck_${'1'.repeat(length)}`), /^HTTP\/1.1 4/, `${length} bytes`);
  const statuses = new Set<number>();
  for (let n = 0; n < 15; n += 1)
    statuses.add((await call(shop.url, `GET ${path}/stats`, { token: 'sck_1_wrong' })).status);
  t.strictSame([...statuses].sort(), [401, 429], 'wrong keys are throttled');
  const mine: number[] = [];
  for (let n = 0; n < 60; n += 1) mine.push((await call(shop.url, `GET ${path}/stats`, { token })).status);
  t.equal(mine[0], 200, 'the address limit is not for good keys');
  t.ok(mine.includes(429), 'each key has its own rate');
});

t.test('a seller with as many keys as are allowed gets no other', async (t) => {
  const shop = await openShop(t);
  const make = () =>
    call(shop.url, 'POST /v1/keys', { token: shop.seller, body: { name: 'k', scopes: ['read'] } });
  for (let n = 0; n < KEYS_PER_SELLER_MAX; n += 1) t.equal((await make()).status, 201);
  t.match(await make(), { status: 409, body: { code: 'keys_too_many' } });
  await call(shop.url, 'DELETE /v1/keys/1', { token: shop.seller });
  t.equal((await make()).status, 201);
});

t.test('a key ends with its time, and with its seller', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const short = await keyOf(shop, ['read'], { expiresAt: fromNow(1_500) });
  const ask = (token: string) => call(shop.url, `GET ${path}/stats`, { token });
  t.equal((await ask(short)).status, 200);
  await pause(1_600);
  t.match(await ask(short), { status: 401, body: { code: 'unauthenticated', reason: 'token_invalid' } });
  const key = await keyOf(shop, ['read']);
  await shop.services.locks.set('900' as never, true, {
    ...{ atMs: 1, actor: { kind: 'operator', id: 'o', address: '' }, action: 'account_locked' },
    ...{ target: '900', detail: {} },
  });
  await pause(1_000);
  t.match(await ask(key), { status: 403, body: { code: 'account_locked' } });
});

t.test('the rate of members counts the member of the path', async (t) => {
  const limits = { ...TEST_LIMITS, member: { rate: 1, burst: 3 } };
  const shop = await openShop(t, { settings: { limits } });
  const token = await keyOf(shop, ['issue']);
  await shop.coupon();
  const ask = (member: string) => call(shop.url, `POST /v1/members/${member}/coupons/1/download`, { token });
  const statuses: number[] = [];
  for (let n = 0; n < 6; n += 1) statuses.push((await ask('m-1')).status);
  t.same(statuses.slice(0, 3), [201, 200, 200]);
  t.ok(statuses.includes(429));
  t.match(await ask('m-1'), {
    status: 429,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: 'rate_limited' },
  });
  t.equal((await ask('m-2')).status, 201, 'another member is asked for by the same key');
});

t.test('a key that is revoked while its request is on the way has asked, and asks no more', async (t) => {
  const shop = await openShop(t);
  const token = await keyOf(shop, ['issue']);
  const path = await shop.coupon({ quantity: 1_000 });
  const memberIds = Array.from({ length: 1_000 }, (_, place) => `m-${place}`);
  const grant = () => call(shop.url, `POST ${path}/grants`, { token, body: { memberIds } });
  const [granted, revoked] = await Promise.all([
    grant(),
    call(shop.url, 'DELETE /v1/keys/1', { token: shop.seller }),
  ]);
  t.equal(revoked.status, 200);
  if (granted.status === 200)
    t.equal((granted.body.results as readonly { outcome: string }[]).filter(isIssued).length, 1_000);
  else t.match(granted, { status: 401 }, 'the revoke came first');
  t.match(await grant(), { status: 401, body: { code: 'unauthenticated' } });
});

function isIssued({ outcome }: { readonly outcome: string }): boolean {
  return outcome === 'issued';
}
