/** Walks downloads with every outcome, and compares their answers with the document. */
import type { Test } from 'tap';
import type { CouponId } from '../../../engine/domain/coupon.js';
import { TokenIssuer } from '../../auth/token-issuer.js';
import { call } from '../../testing/client.js';
import { fromNow, openShop } from '../../testing/shop.js';

import type { DocumentedShop } from './documented-shop.js';

export function walkDownloads(t: Test, { shop, walker }: DocumentedShop): void {
  t.test('a download is answered as described, whatever its outcome', async (t) => {
    const walk = walker(t);
    const line = 'POST /v1/coupons/{id}/download';
    const request = async (path: string, member: string) =>
      walk(line, `${path}/download`, { token: await shop.token(member) });
    const path = await shop.coupon({ quantity: 1 });
    await request(path, '1');
    await request(path, '1');
    await request(path, '2');
    await request(await shop.coupon({ opensAt: fromNow(3_600_000) }), '1');
    for (const command of ['pause', 'close']) {
      const stopped = await shop.coupon();
      await call(shop.url, `POST ${stopped}/${command}`, { token: shop.seller });
      await request(stopped, '1');
    }
    await request('/v1/coupons/999', '1');
    await walk(line, `${path}/download`);
    await walk(line, `${path}/download`, { token: shop.seller });
    await walk(line, `${path}/download`, { token: await shop.token('1', 'member', -60) });
  });

  t.test('a download of a unit is answered as described, and so is what shows units', async (t) => {
    const walk = walker(t);
    const path = await shop.coupon({ quantity: 2, perMember: 2 });
    const token = await shop.token('1');
    const request = (unit: string, where = path) =>
      walk('POST /v1/coupons/{id}/units/{unit}/download', `${where}/units/${unit}/download`, { token });
    for (const unit of ['2', '2', '1', '3', '101']) await request(unit);
    await request('2', '/v1/coupons/999');
    await walk('GET /v1/coupons/{id}/issuance', `${path}/issuance`, { token });
    await walk('GET /v1/coupons/{id}', path);
    await walk('GET /v1/me/coupons', '/v1/me/coupons', { token });
    await walk('GET /v1/coupons/{id}/issuances', `${path}/issuances`, { token: shop.seller });
  });

  t.test('a coupon that demands presence is answered as described', async (t) => {
    const walk = walker(t);
    const presence = {
      issuer: 'room',
      audiences: ['drops'],
      secret: Buffer.from('a-secret-of-the-waiting-room-61b0f2'),
    };
    const guarded = await openShop(t, { settings: { presence } });
    const body = { name: 'Walked', quantity: 5, presenceRequired: true };
    const token = guarded.seller;
    const registered = await walk('POST /v1/coupons', '/v1/coupons', { token, body }, guarded.url);
    const path = String(registered.headers.location);
    const issuer = new TokenIssuer(presence.secret, presence);
    const coupon = registered.body.id as CouponId;
    const tickets = [
      undefined,
      'forged',
      await issuer.issueTicket('1', coupon, -60, Date.now()),
      await issuer.issueTicket('2', coupon, 60, Date.now()),
      await issuer.issueTicket('1', coupon, 60, Date.now()),
    ];
    for (const ticket of tickets) {
      const headers: Record<string, string> = ticket === undefined ? {} : { 'x-presence-ticket': ticket };
      const options = { token: await guarded.token('1'), headers };
      await walk('POST /v1/coupons/{id}/download', `${path}/download`, options, guarded.url);
    }
    await walk('POST /v1/coupons', '/v1/coupons', { token: shop.seller, body });
  });

  t.test('a coupon for some members is answered as described', async (t) => {
    const walk = walker(t);
    const limited = await openShop(t, { memberClaims: ['grade'] });
    const token = limited.seller;
    const register = (eligibility: object) =>
      walk(
        'POST /v1/coupons',
        '/v1/coupons',
        { token, body: { name: 'Walked', quantity: 5, eligibility } },
        limited.url,
      );
    const claims = { grade: ['gold'] };
    await register({ claims: { age: [18] } });
    await register({ notIssued: [999] });
    await register({ claims: {} });
    const path = String((await register({ claims, audience: true })).headers.location);
    await walk('PATCH /v1/coupons/{id}', path, { token, body: { eligibility: null } }, limited.url);
    await walk('GET /v1/coupons/{id}', path, {}, limited.url);
    const line = 'POST /v1/coupons/{id}/download';
    await walk(line, `${path}/download`, { token: await limited.token('1') }, limited.url);
    const audience = `${path}/audience`;
    for (const body of [{ add: ['1'] }, { add: [''] }, {}]) {
      await walk('POST /v1/coupons/{id}/audience', audience, { token, body }, limited.url);
    }
    for (const query of ['', '?memberId=1', '?x=1']) {
      await walk('GET /v1/coupons/{id}/audience', `${audience}${query}`, { token }, limited.url);
    }
    for (const query of ['', '?after=1', '?limit=0', `?after=${'x'.repeat(300)}`]) {
      await walk(
        'GET /v1/coupons/{id}/audience/members',
        `${audience}/members${query}`,
        { token },
        limited.url,
      );
    }
    await walk('DELETE /v1/coupons/{id}/audience', audience, { token }, limited.url);
    await walk('GET /v1/member-claims', '/v1/member-claims', { token }, limited.url);
    for (const query of ['?memberId=1&grade=gold', '?memberId=2', '']) {
      await walk('GET /v1/coupons/{id}/eligibility', `${path}/eligibility${query}`, { token }, limited.url);
    }
  });
}
