/** Walks what holders do with a coupon, and compares the answers with the document. */
import type { Test } from 'tap';
import type { CouponId } from '../../../engine/domain/coupon.js';
import { call } from '../../testing/client.js';
import { holder } from '../../../engine/testing/contracts/ids.js';
import { CouponPasses } from '../../till/coupon-pass.js';

import type { DocumentedShop } from './documented-shop.js';

export function walkHolders(t: Test, { codesMet, shop, walker }: DocumentedShop): void {
  t.test('what members see and use is answered as described', async (t) => {
    const walk = walker(t);
    const path = await shop.coupon();
    const couponId = path.split('/').at(-1) ?? '';
    await shop.request(path, 'owner');
    const owner = await shop.token('owner');
    const other = await shop.token('other');
    for (const token of [owner, other, undefined])
      await walk('GET /v1/coupons/{id}/issuance', `${path}/issuance`, { token });
    await walk('GET /v1/me/coupons', '/v1/me/coupons', { token: owner });
    const own = 'GET /v1/me/coupons/{couponId}';
    for (const token of [owner, other]) await walk(own, `/v1/me/coupons/${couponId}`, { token });
    await walk(own, '/v1/me/coupons/999', { token: owner });
    await walk('GET /v1/me/coupons', '/v1/me/coupons?page=2', { token: owner });
    const use = 'POST /v1/me/coupons/{couponId}/use';
    for (const token of [owner, owner, other]) await walk(use, `/v1/me/coupons/${couponId}/use`, { token });
    await walk('GET /v1/me/coupons', '/v1/me/coupons?order=newest&limit=1', { token: owner });
  });

  t.test('redeeming and cancelling is answered as described', async (t) => {
    const walk = walker(t);
    const token = shop.seller;
    const path = await shop.coupon({ validity: { days: 3, zone: 'Asia/Seoul' } });
    const couponId = path.split('/').at(-1) ?? '';
    await shop.request(path, 'buyer');
    const byNumber = '/v1/coupons/{id}/issuances/{issueNo}/redemptions';
    const byMember = '/v1/members/{memberId}/coupons/{id}/redemptions';
    const [numbered, named] = [
      `${path}/issuances/1/redemptions`,
      `/v1/members/buyer/coupons/${couponId}/redemptions`,
    ];
    const body = { orderId: 'A-1' };
    await walk(`POST ${byNumber}`, numbered, { token, body });
    await walk(`POST ${byMember}`, named, { token, body });
    await walk(`POST ${byMember}`, `/v1/members/%00/coupons/${couponId}/redemptions`, { token, body });
    await walk(`POST ${byNumber}`, numbered, { token, body: { orderId: 'A-2' } });
    await walk(`DELETE ${byNumber}/{orderId}`, `${numbered}/A-1`, { token });
    await walk(`DELETE ${byMember}/{orderId}`, `${named}/A-1`, { token });
    await walk(`DELETE ${byNumber}/{orderId}`, `${numbered}/A-3`, { token });
    await walk(`POST ${byNumber}`, numbered, { token, body });
    await walk(`GET ${byNumber}`, numbered, { token });
    await walk('PATCH /v1/coupons/{id}', path, { token, body: { validity: { hours: 1 } } });
    await walk('PATCH /v1/coupons/{id}', path, { token, body: { discount: { type: 'percent', value: 5 } } });
    await walk('PATCH /v1/coupons/{id}', path, { token, body: { validity: null, redeemBy: 'seller' } });
    const buyer = await shop.token('buyer');
    const use = (id: string) =>
      walk('POST /v1/me/coupons/{couponId}/use', `/v1/me/coupons/${id}/use`, { token: buyer, body });
    await use(couponId);
    const fresh = await shop.coupon({ redeemBy: 'seller' });
    await shop.request(fresh, 'buyer');
    await use(fresh.split('/').at(-1) ?? '');
    const expired = await shop.coupon({ validity: { until: '2020-01-01T00:00:00Z' } });
    await shop.request(expired, 'buyer');
    await use(expired.split('/').at(-1) ?? '');
  });

  t.test('what a member shows at a till is answered as described', async (t) => {
    const walk = walker(t);
    const path = await shop.coupon();
    await shop.request(path, 'shower');
    const couponId = path.split('/').at(-1);
    const token = await shop.token('shower');
    const pass = 'GET /v1/me/coupons/{couponId}/pass';
    const shown = (await call(shop.url, `GET /v1/me/coupons/${couponId}/pass`, { token })).body['pass'];
    await walk(pass, `/v1/me/coupons/${couponId}/pass?unit=1`, { token });
    await walk(pass, '/v1/me/coupons/999/pass', { token });
    const clock = { nowMs: () => Date.now() - 3_600_000, monotonicMs: () => 0 };
    const passes = new CouponPasses(await shop.services.signingKeys.passKey(), clock);
    const over = passes.sign({
      couponId: Number(couponId) as CouponId,
      issueNo: 1,
      holder: holder('shower'),
    });
    const till = { token: shop.seller };
    for (const code of [shown, `${couponId}-1`, `${couponId}-7`, '999-1', over.text, 'no code', '']) {
      await walk('POST /v1/till/check', '/v1/till/check', { ...till, body: { code } });
      const body = { code, orderId: 'T-1' };
      await walk('POST /v1/till/redemptions', '/v1/till/redemptions', { ...till, body });
    }
    await walk('POST /v1/till/redemptions', '/v1/till/redemptions', {
      ...till,
      body: { code: shown, orderId: 'T-2' },
    });
    await walk(pass, `/v1/me/coupons/${couponId}/pass`, { token });
    for (const code of ['pass_expired', 'pass_invalid']) t.ok(codesMet.has(code), code);
  });

  t.test('holds are confirmed, given back and recalled as described', async (t) => {
    const walk = walker(t);
    const token = shop.seller;
    const path = await shop.coupon({ holdSeconds: 60 });
    const couponId = path.split('/').at(-1) ?? '';
    const fields = { token, body: { orderId: 'A-1' } };
    const confirm = 'POST /v1/coupons/{id}/issuances/{issueNo}/confirm';
    const release = 'DELETE /v1/coupons/{id}/issuances/{issueNo}/hold';
    for (const name of ['one', 'two', 'three', 'four']) await shop.request(path, name);
    const [one, two] = [await shop.token('one'), await shop.token('two')];
    const mine = (name: string): string => `/v1/me/coupons/${couponId}/${name}`;
    await walk('POST /v1/me/coupons/{couponId}/use', mine('use'), { token: one, body: {} });
    await walk('GET /v1/me/coupons', '/v1/me/coupons', { token: one });
    await walk(confirm, `${path}/issuances/1/confirm`, fields);
    await walk(confirm, `${path}/issuances/1/confirm`, { token, body: { orderId: 'A-2' } });
    await walk('POST /v1/me/coupons/{couponId}/confirm', mine('confirm'), { ...fields, token: two });
    await walk('DELETE /v1/me/coupons/{couponId}/hold', mine('hold'), { token: two });
    await walk(release, `${path}/issuances/3/hold`, { token });
    await walk(release, `${path}/issuances/3/hold`, { token });
    await walk(confirm, `${path}/issuances/3/confirm`, fields);
    await walk(confirm, `${path}/issuances/9/confirm`, fields);
    await walk('GET /v1/coupons/{id}/stats', `${path}/stats`, { token });
    await walk('GET /v1/coupons/{id}/holds', `${path}/holds?limit=1`, { token });
    await walk('GET /v1/coupons/{id}/holds', `${await shop.coupon()}/holds`, { token });
    await walk('PATCH /v1/coupons/{id}', path, { token, body: { holdSeconds: 90 } });
    const plain = await shop.coupon();
    await walk(confirm, `${plain}/issuances/1/confirm`, fields);
    await walk(release, `${plain}/issuances/1/hold`, { token });
    const recall = (body: object) => walk('POST /v1/coupons/{id}/recall', `${path}/recall`, { token, body });
    await recall({ dryRun: true });
    await recall({});
    await call(shop.url, `POST ${path}/pause`, { token });
    await recall({ after: 0 });
    await recall({ after: -1 });
  });
}
