import t from 'tap';
import { startRedis } from '../../../test/servers/redis.js';
import { openRedisBackEnd } from '../../persist/redis/redis-back-end.js';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';

t.test('what a member holds is a field where a page asks', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const couponId = Number(path.split('/').at(-1));
  const line = `GET /v1/me/coupons/${couponId}`;
  const token = await shop.token('m-field');
  t.match(await call(shop.url, line, { token }), { status: 200, body: { couponId, issuance: null } });
  await shop.request(path, 'm-field');
  t.match(await call(shop.url, line, { token }), {
    status: 200,
    body: { couponId, issuance: { memberId: 'm-field', issueNo: 1 } },
  });
  t.match(await call(shop.url, 'GET /v1/me/coupons/0', { token }), { body: { code: 'unknown_coupon' } });
});

t.test('a member asks whether they won', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const token = await shop.token('m-1');
  t.match(await call(shop.url, `GET ${path}/issuance`, { token }), {
    status: 404,
    body: { code: 'not_issued' },
  });
  const won = await shop.request(path, 'm-1');
  const asked = await call(shop.url, `GET ${path}/issuance`, { token });
  t.equal(asked.status, 200);
  const { issueNo, issuedAt } = won.body;
  const units = [{ unit: 1, issueNo, issuedAt, recorded: true }];
  t.strictSame(asked.body, { ...won.body, outcome: 'issued', recorded: true, perMember: 1, units });
  const other = await call(shop.url, `GET ${path}/issuance`, { token: await shop.token('m-2') });
  t.match(other, { status: 404, body: { code: 'not_issued' } }, 'an issuance is shown to its member only');
  const nowhere = await call(shop.url, 'GET /v1/coupons/77/issuance', { token });
  t.match(nowhere, { status: 404, body: { code: 'unknown_coupon' } });
});

t.test('own coupons, page by page', async (t) => {
  const shop = await openShop(t);
  for (let n = 1; n <= 3; n++) await shop.request(await shop.coupon(), 'm-1');
  await shop.request('/v1/coupons/1', 'm-2');
  const token = await shop.token('m-1');
  const first = await call(shop.url, 'GET /v1/me/coupons?limit=2', { token });
  t.match(first.body, {
    items: [{ couponId: 1, memberId: 'm-1', issueNo: 1, usedAt: null }, { couponId: 2 }],
    next: 2,
  });
  const second = await call(shop.url, 'GET /v1/me/coupons?limit=2&after=2', { token });
  t.match(second.body, { items: [{ couponId: 3 }], next: null });
  t.match((await call(shop.url, 'GET /v1/me/coupons', { token: await shop.token('m-3') })).body, {
    items: [],
    next: null,
  });
});

t.test('a coupon is used once', async (t) => {
  const shop = await openShop(t);
  const path = await shop.coupon();
  const won = await shop.request(path, 'm-1');
  const token = await shop.token('m-1');
  const uses = await Promise.all(
    Array.from({ length: 5 }, () => call(shop.url, 'POST /v1/me/coupons/1/use', { token })),
  );
  const [used, ...rest] = uses.sort((a, b) => a.status - b.status);
  t.match(used, {
    status: 200,
    body: { couponId: 1, issueNo: 1, memberId: 'm-1', issuedAt: won.body.issuedAt, usedAt: /Z$/ },
  });
  for (const answer of rest) t.match(answer, { status: 409, body: { code: 'already_used' } });
  const outsider = await call(shop.url, 'POST /v1/me/coupons/1/use', { token: await shop.token('m-2') });
  t.match(outsider, { status: 404, body: { code: 'not_issued' } });
  const nowhere = await call(shop.url, 'POST /v1/me/coupons/{/use', { token });
  t.match(nowhere, { status: 404, body: { code: 'unknown_coupon' } });
});

t.test('won but not recorded yet: shown as such, counted as queued, and not to be used yet', async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const backEnd = await openRedisBackEnd({
    redisUrls: [redis.url],
    callDeadlineMs: 2_000,
    durability: undefined,
    replicaAcks: 1,
    onConnectionError: () => undefined,
  });
  t.teardown(() => backEnd.close());
  const shop = await openShop(t, { queued: backEnd });
  const path = await shop.coupon({ quantity: 5 });
  const won = await shop.request(path, 'm-1');
  const token = await shop.token('m-1');
  t.strictSame((await call(shop.url, `GET ${path}/issuance`, { token })).body, {
    ...won.body,
    outcome: 'issued',
    recorded: false,
    perMember: 1,
    units: [{ unit: 1, issueNo: won.body.issueNo, issuedAt: won.body.issuedAt, recorded: false }],
  });
  t.match(await call(shop.url, 'POST /v1/me/coupons/1/use', { token }), {
    status: 503,
    headers: { 'retry-after': '1' },
    body: { code: 'not_recorded' },
  });
  t.match((await call(shop.url, `GET ${path}/stats`, { token: shop.seller })).body, {
    issued: 1,
    queued: 1,
    recorded: 0,
  });
  const revoked = await call(shop.url, `DELETE ${path}/issuances/1`, { token: shop.seller });
  t.match(revoked.body, { revoked: true, remaining: 5 }, 'the seller can take it back already');

  await redis.kill('SIGKILL');
  t.match(await call(shop.url, `GET ${path}/issuance`, { token }), {
    status: 503,
    body: { code: /^(not_ready|outcome_unknown)$/ },
  });
  const lost = await call(shop.url, `POST ${path}/pause`, { token: shop.seller });
  t.match(lost, {
    status: 503,
    headers: { 'retry-after': /^\d+$/ },
    body: { code: /^(not_ready|outcome_unknown)$/ },
  });
});
