import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import { memberIdOf } from '../../engine/domain/member-id.js';
import { webhookAccess } from '../../webhooks/webhook-access.js';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';

const access = webhookAccess({ allowPrivate: false });
const open = webhookAccess({ allowPrivate: true });
t.teardown(() => Promise.all([access.close(), open.close()]));
// URLs are judged as everywhere, but what is sent may go to this machine.
const shop = await openShop(t, { webhookAccess: { ...access, send: open.send } });
const as = (line: string, body?: object, token = shop.seller, headers: Record<string, string> = {}) =>
  call(shop.url, line, { token, headers, ...(body === undefined ? {} : { body }) });
const hook = { url: 'https://shop.example/hook', kinds: ['issuance.recorded'] };

t.test('a webhook is made, listed and removed by its seller', async (t) => {
  const made = await as('POST /v1/webhooks', hook);
  t.match(made, {
    status: 201,
    body: {
      ...hook,
      couponIds: null,
      state: 'enabled',
      failures: 0,
      failingSince: null,
      secret: /^whsec_[A-Za-z0-9+/]{43}=$/,
    },
  });
  const { secret, ...shown } = made.body;
  t.type(secret, 'string');
  t.same((await as('GET /v1/webhooks')).body, { items: [shown] }, 'without the secret');
  const id = String(shown['id']);
  const outsider = await shop.token('901', 'seller');
  t.same((await as('GET /v1/webhooks', undefined, outsider)).body, { items: [] });
  for (const line of [
    'DELETE /v1/webhooks/:id',
    'POST /v1/webhooks/:id/enable',
    'POST /v1/webhooks/:id/rotate-secret',
    'POST /v1/webhooks/:id/test',
    'GET /v1/webhooks/:id/deliveries',
  ]) {
    t.match(await as(line.replace(':id', id), undefined, outsider), {
      status: 404,
      body: { code: 'unknown_webhook' },
    });
    t.match(await as(line.replace(':id', '01')), { status: 404, body: { code: 'unknown_webhook' } });
  }
  t.match(await as(`GET /v1/webhooks/${id}/deliveries`), { status: 200, body: { items: [] } });
  t.match(await as(`DELETE /v1/webhooks/${id}`), { status: 200, body: { removed: true } });
  t.match(await as(`DELETE /v1/webhooks/${id}`), { status: 404, body: { code: 'unknown_webhook' } });
});

t.test('a repeat with the same key gets the same webhook and secret', async (t) => {
  const key = { 'Idempotency-Key': 'hook-1' };
  const first = await as('POST /v1/webhooks', hook, shop.seller, key);
  t.match(await as('POST /v1/webhooks', hook, shop.seller, key), { status: 200, body: first.body });
  t.match(await as('POST /v1/webhooks', { ...hook, kinds: ['coupon.closed'] }, shop.seller, key), {
    status: 422,
    body: { code: 'key_reused' },
  });
});

t.test('a secret is rotated once for each key, and the one before stays in force for a day', async (t) => {
  const made = await as('POST /v1/webhooks', hook);
  const id = Number(made.body['id']);
  const { secret } = made.body;
  const rotate = (key: Record<string, string>) =>
    as(`POST /v1/webhooks/${id}/rotate-secret`, undefined, shop.seller, key);
  const first = await rotate({ 'Idempotency-Key': 'rotate-1' });
  t.match(first, { status: 200, body: { id, secret: /^whsec_/, previousSecretUntil: /Z$/ } });
  t.not(first.body['secret'], secret);
  t.same(
    (await rotate({ 'Idempotency-Key': 'rotate-1' })).body,
    first.body,
    'a lost answer is asked for again',
  );
  const kept = await shop.services.webhooks.find(id, undefined);
  t.match(kept, { secret: first.body['secret'], previousSecret: { secret } });
  const second = await rotate({});
  t.not(second.body['secret'], first.body['secret']);
  t.match(await shop.services.webhooks.find(id, undefined), {
    secret: second.body['secret'],
    previousSecret: { secret: first.body['secret'] },
  });
  t.match(await rotate({ 'Idempotency-Key': 'hook-1' }), { status: 422, body: { code: 'key_reused' } });
});

t.test('bad input', async (t) => {
  for (const url of [
    'http://shop.example/',
    'https://u:p@shop.example/',
    'https://127.0.0.1/',
    'https://[fd00::1]/',
    'x',
  ])
    t.match(
      await as('POST /v1/webhooks', { ...hook, url }),
      { status: 400, body: { code: 'url_refused' } },
      url,
    );
  for (const fields of [
    { kinds: [] },
    { kinds: ['all'] },
    { kinds: ['coupon.closed', 'coupon.closed'] },
    { couponIds: [] },
    { secret: 'mine' },
  ])
    t.match(await as('POST /v1/webhooks', { ...hook, ...fields }), {
      status: 400,
      body: { code: 'invalid_input' },
    });
  t.match(await as('POST /v1/webhooks', { ...hook, couponIds: [999] }), {
    status: 404,
    body: { code: 'unknown_coupon' },
  });
  const path = await shop.coupon();
  const couponId = Number(path.split('/').at(-1));
  const outsider = await shop.token('901', 'seller');
  t.match(await as('POST /v1/webhooks', { ...hook, couponIds: [couponId] }, outsider), {
    status: 403,
    body: { code: 'forbidden' },
  });
});

t.test('keys need manage to change webhooks, and read to see them', async (t) => {
  const keyWith = async (scope: string) =>
    String((await as('POST /v1/keys', { name: scope, scopes: [scope] })).body['key']);
  const [read, manage] = [await keyWith('read'), await keyWith('manage')];
  t.match(await as('GET /v1/webhooks', undefined, read), { status: 200 });
  t.match(await as('POST /v1/webhooks', hook, read), {
    status: 403,
    body: { code: 'scope_missing', scope: 'manage' },
  });
  t.match(await as('POST /v1/webhooks', hook, manage), { status: 201 });
  t.match(await as('GET /v1/webhooks', undefined, manage), { status: 403, body: { code: 'scope_missing' } });
  t.match(await as('GET /v1/webhooks', undefined, await shop.token('m1')), {
    status: 403,
    body: { code: 'wrong_role' },
  });
});

t.test('a test message is sent at once, and a replay is taken down', async (t) => {
  const got: string[] = [];
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => got.push(String(chunk)));
    request.on('end', () => response.writeHead(got.length > 1 ? 500 : 200).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { webhooks } = shop.services;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sellerId = memberIdOf('900');
  if (sellerId === undefined) throw new Error('no seller');
  const fields = { sellerId, url, couponIds: undefined, secret: 'whsec_c2VjcmV0', createdAtMs: Date.now() };
  const actor = { kind: 'seller', id: '900', address: '-' } as const;
  const reply = await webhooks.create({ ...fields, kinds: ['issuance.recorded'] }, { seq: 0 }, (id) => ({
    ...{ atMs: 1, actor, action: 'webhook_created', target: `webhook ${id}`, detail: {} },
  }));
  const id = 'webhook' in reply ? reply.webhook.id : 0;
  t.match(await as(`POST /v1/webhooks/${id}/test`), {
    status: 200,
    body: { delivered: true, result: 'delivered', status: 200 },
  });
  t.match(JSON.parse(got[0] ?? ''), { couponId: null, events: [{ type: 'webhook.test' }] });
  t.match(await as(`POST /v1/webhooks/${id}/test`), {
    status: 200,
    body: { delivered: false, result: 'status', status: 500 },
  });

  const path = await shop.coupon();
  const couponId = Number(path.split('/').at(-1));
  await shop.request(path, 'm1');
  await shop.request(path, 'm2');
  const replay = `POST /v1/webhooks/${id}/replay`;
  t.match(await as(replay, { couponId, fromIssueNo: 9 }), {
    status: 200,
    body: { fromIssueNo: 9, toIssueNo: 8 },
  });
  await new Promise((resolve) => setTimeout(resolve, 250));
  t.match(await as(replay, { couponId, fromIssueNo: 1 }), {
    status: 200,
    body: { id, couponId, fromIssueNo: 1, toIssueNo: 2 },
  });
  t.match(await as(replay, { couponId: 999, fromIssueNo: 1 }), {
    status: 404,
    body: { code: 'unknown_coupon' },
  });
  t.match(await as(replay, { couponId, fromIssueNo: 0 }), { status: 400, body: { code: 'invalid_input' } });
});

t.test('a webhook that was disabled is enabled by its seller', async (t) => {
  const { body } = await as('POST /v1/webhooks', hook);
  const id = Number(body['id']);
  const { webhooks } = shop.services;
  const lessee = { owner: 'test', leaseMs: 60_000 };
  await webhooks.lease(lessee, 100);
  const delivery = { messageId: 'm', couponId: 1 as CouponId, events: 1, atMs: 1, durationMs: 1 };
  await webhooks.fail(id, lessee, { ...delivery, status: 410, result: 'status' }, 2, {
    ...{ atMs: 1, actor: { kind: 'operator', id: 'relay', address: '-' }, action: 'webhook_disabled' },
    ...{ target: `webhook ${id}`, detail: {} },
  });
  const listed = async () => (await as('GET /v1/webhooks')).body['items'] as { id: number; state: string }[];
  t.equal((await listed()).find((one) => one.id === id)?.state, 'disabled');
  for (let times = 0; times < 2; times++)
    t.match(await as(`POST /v1/webhooks/${id}/enable`), { status: 200, body: { id, state: 'enabled' } });
  t.equal((await listed()).find((one) => one.id === id)?.state, 'enabled');
});

t.test('a seller has twenty at most', async (t) => {
  let answer = await as('POST /v1/webhooks', hook);
  for (let made = 0; made < 20 && answer.status === 201; made += 1)
    answer = await as('POST /v1/webhooks', hook);
  t.match(answer, { status: 409, body: { code: 'webhooks_too_many' } });
});
