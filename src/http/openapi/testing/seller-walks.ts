/** Walks the routes of sellers and server keys, and compares their answers with the document. */
import type { Test } from 'tap';
import { call } from '../../testing/client.js';
import type { CallOptions } from '../../testing/client.js';
import { fromNow } from '../../testing/shop.js';

import type { DocumentedShop } from './documented-shop.js';

export function walkSellers(t: Test, { shop, walker }: DocumentedShop): void {
  t.test('what sellers do is answered as described', async (t) => {
    const walk = walker(t);
    const token = shop.seller;
    const outsider = await shop.token('901', 'seller');
    const body = { name: 'Walked', quantity: 5, discount: { type: 'percent', value: 10 } };
    const registered = await walk('POST /v1/coupons', '/v1/coupons', { token, body });
    const path = String(registered.headers.location);
    await walk('POST /v1/coupons', '/v1/coupons', { token, body: { name: '', quantity: 0 } });
    await walk('POST /v1/coupons', '/v1/coupons', {
      token,
      body: { ...body, opensAt: fromNow(9_000), closesAt: fromNow(1_000) },
    });
    await walk('POST /v1/coupons', '/v1/coupons', { body });
    await walk('POST /v1/coupons', '/v1/coupons', { token: await shop.token('1'), body });

    await shop.request(path, 'first');
    await shop.request(path, 'second');
    const change = (quantity: number, options: CallOptions = { token }) =>
      walk('PATCH /v1/coupons/{id}', path, { ...options, body: { quantity } });
    await change(6);
    await change(1);
    await change(6, { token: outsider });
    await walk('PATCH /v1/coupons/{id}', '/v1/coupons/999', { token, body: { quantity: 1 } });

    await walk('PATCH /v1/coupons/{id}', path, {
      token,
      body: { quantity: 7 },
      headers: { 'if-match': '"r0"' },
    });
    const topUp = (by: number, more: CallOptions = {}) =>
      walk('POST /v1/coupons/{id}/top-up', `${path}/top-up`, { token, body: { by }, ...more });
    const headers = { 'idempotency-key': 'walked-1' };
    await topUp(2, { headers });
    await topUp(2, { headers });
    await topUp(3, { headers });
    await topUp(0);
    await topUp(1_000_000_000);
    await topUp(1, { token: outsider });

    for (const accept of ['application/json', 'text/csv', 'application/x-ndjson'])
      await walk('GET /v1/coupons/{id}/issuances', `${path}/issuances`, { token, headers: { accept } });
    await walk('GET /v1/coupons/{id}/issuances', `${path}/issuances?limit=0`, { token });
    await walk('GET /v1/coupons/{id}/stats', `${path}/stats`, { token });
    await walk('GET /v1/coupons/{id}/stats', `${path}/stats`, { token: outsider });
    const revoke = 'DELETE /v1/coupons/{id}/issuances/{issueNo}';
    await walk(revoke, `${path}/issuances/2`, { token });
    await walk(revoke, `${path}/issuances/77`, { token });
    for (const command of ['pause', 'resume', 'close'])
      await walk(`POST /v1/coupons/{id}/${command}`, `${path}/${command}`, { token });
    await walk('POST /v1/coupons/{id}/pause', `${path}/pause`, { token });
  });

  t.test('what server keys do is answered as described', async (t) => {
    const walk = walker(t);
    const seller = shop.seller;
    const path = await shop.coupon({ quantity: 1 });
    const id = path.split('/').at(-1) ?? '';
    const body = { name: 'backend', scopes: ['issue'] };
    const { body: made } = await walk('POST /v1/keys', '/v1/keys', { token: seller, body });
    await walk('POST /v1/keys', '/v1/keys', { token: seller, body: {} });
    await walk('GET /v1/keys', '/v1/keys', { token: seller });
    const token = String(made.key);
    const line = 'POST /v1/members/{memberId}/coupons/{id}/download';
    for (const member of ['k-1', 'k-1', 'k-2', '%00'])
      await walk(line, `/v1/members/${member}/coupons/${id}/download`, { token });
    await walk('POST /v1/coupons/{id}/grants', `${path}/grants`, {
      token,
      body: { memberIds: ['k-1', 'k-3'] },
    });
    await walk('POST /v1/coupons/{id}/pause', `${path}/pause`, { token });
    await walk('GET /v1/members/{memberId}/coupons', '/v1/members/k-1/coupons', { token: seller });
    await walk('GET /v1/members/{memberId}/coupons/{id}/issuance', `/v1/members/k-1/coupons/${id}/issuance`, {
      token: seller,
    });
    const hook = { url: 'https://shop.example/hook', kinds: ['issuance.recorded'] };
    const keyed = { token: seller, headers: { 'idempotency-key': 'hook-1' } };
    const hooked = await walk('POST /v1/webhooks', '/v1/webhooks', { ...keyed, body: hook });
    await walk('POST /v1/webhooks', '/v1/webhooks', { ...keyed, body: hook });
    await walk('POST /v1/webhooks', '/v1/webhooks', {
      token: seller,
      body: { ...hook, url: 'http://10.0.0.1/' },
    });
    await walk('GET /v1/webhooks', '/v1/webhooks', { token: seller });
    const hookPath = `/v1/webhooks/${String(hooked.body['id'])}`;
    await walk('POST /v1/webhooks/{id}/rotate-secret', `${hookPath}/rotate-secret`, { token: seller });
    await walk('POST /v1/webhooks/{id}/enable', `${hookPath}/enable`, { token: seller });
    await walk('POST /v1/webhooks/{id}/test', '/v1/webhooks/999/test', { token: seller });
    const replay = { couponId: Number(id), fromIssueNo: 1 };
    await walk('POST /v1/webhooks/{id}/replay', `${hookPath}/replay`, { token: seller, body: replay });
    await walk('GET /v1/webhooks/{id}/deliveries', `${hookPath}/deliveries`, { token: seller });
    await walk('DELETE /v1/webhooks/{id}', hookPath, { token: seller });
    for (let made = 0; made < 20; made += 1)
      await call(shop.url, 'POST /v1/webhooks', { token: seller, body: hook });
    await walk('POST /v1/webhooks', '/v1/webhooks', { token: seller, body: hook });
    await walk('GET /v1/events', '/v1/events?limit=2', { token: seller });
    await walk('GET /v1/events', '/v1/events?after=x', { token: seller });
    for (const key of [String(made.id), '999'])
      await walk('DELETE /v1/keys/{id}', `/v1/keys/${key}`, { token: seller });
    for (let n = 0; n < 51; n += 1) {
      const answer = await call(shop.url, 'POST /v1/keys', { token: seller, body });
      if (answer.status === 409) break;
    }
    await walk('POST /v1/keys', '/v1/keys', { token: seller, body });
  });
}
