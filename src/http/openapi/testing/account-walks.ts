/** Walks the routes of accounts, sessions and administrators, and compares their answers with the document. */
import { generateKeyPair, SignJWT } from 'jose';
import type { Test } from 'tap';
import { accountRowOf } from '../../../accounts/account-id.js';
import { newPasswordLink } from '../../../accounts/password-link.js';
import { call } from '../../testing/client.js';
import { openShop } from '../../testing/shop.js';

import { PASSWORD } from './documented-shop.js';
import type { DocumentedShop } from './documented-shop.js';

export function walkAccounts(t: Test, { shop, walker }: DocumentedShop): void {
  t.test('accounts and sessions answer as described', async (t) => {
    const walk = walker(t);
    const account = { email: 'walker@example.com', password: PASSWORD, role: 'member' };
    await walk('POST /v1/accounts', '/v1/accounts', { body: account });
    await walk('POST /v1/accounts', '/v1/accounts', { body: account });
    await walk('POST /v1/accounts', '/v1/accounts', { body: { ...account, role: 'king', extra: 1 } });
    await walk('POST /v1/accounts', '/v1/accounts', { body: '{"email"' });
    await walk('POST /v1/accounts', '/v1/accounts', { body: 'x'.repeat(20_000) });
    await walk('POST /v1/accounts', '/v1/accounts', {
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    const { email, password } = account;
    await walk('POST /v1/sessions', '/v1/sessions', { body: { email, password } });
    await walk('POST /v1/sessions', '/v1/sessions', { body: { email, password: 'another one' } });
    await walk('POST /v1/sessions', '/v1/sessions', { body: { email } });

    const session = await call(shop.url, 'POST /v1/sessions', { body: { email, password } });
    const token = String(session.body['accessToken']);
    for (const caller of [token, await shop.token('1'), undefined])
      await walk('GET /v1/me', '/v1/me', { token: caller });
    const change = (currentPassword: string) =>
      walk('POST /v1/me/password', '/v1/me/password', {
        token,
        body: { currentPassword, newPassword: `${PASSWORD} 2` },
      });
    await change('another one');
    const changed = await change(PASSWORD);
    await walk('GET /v1/me', '/v1/me', { token });
    const link = (text: string) =>
      walk('POST /v1/passwords', '/v1/passwords', { body: { token: text, password: PASSWORD } });
    await link('unknown');
    const { text: valid, hash } = newPasswordLink();
    const atMs = Date.now();
    await shop.services.accounts.insertReset(
      { accountId: 1, hash, expiresAtMs: atMs + 60_000 },
      {
        ...{ atMs, action: 'password_reset_sent' as const, target: 'account 1', detail: {} },
        actor: { kind: 'operator', id: 'o', address: 'host' },
      },
    );
    await link(valid);
    for (const body of [{ email }, {}])
      await walk('POST /v1/password-resets', '/v1/password-resets', { body });
    t.equal(changed.status, 200);
    const again = await call(shop.url, 'POST /v1/sessions', { body: { email, password } });
    const remove = (password: string) =>
      walk('POST /v1/me/delete', '/v1/me/delete', {
        token: String(again.body['accessToken']),
        body: { password },
      });
    await remove('another one');
    await remove(PASSWORD);

    const seller = { email: 'walking-seller@example.com', password: PASSWORD };
    await call(shop.url, 'POST /v1/accounts', { body: { ...seller, role: 'seller' } });
    const selling = await call(shop.url, 'POST /v1/sessions', { body: seller });
    const options = { token: String(selling.body['accessToken']) };
    await call(shop.url, 'POST /v1/coupons', { ...options, body: { name: 'Open', quantity: 1 } });
    await walk('POST /v1/me/delete', '/v1/me/delete', { ...options, body: { password: PASSWORD } });
  });

  t.test('what administrators do is answered as described', async (t) => {
    const walk = walker(t);
    const body = { email: 'admin@example.com', password: PASSWORD };
    const signedUp = await call(shop.url, 'POST /v1/accounts', { body: { ...body, role: 'member' } });
    const own = String(signedUp.body['id']);
    await shop.services.accounts.setRole(accountRowOf(own) ?? 0, 'admin', {
      ...{ atMs: Date.now(), action: 'role_changed' as const, target: `account ${own}`, detail: {} },
      actor: { kind: 'operator', id: 'o', address: 'host' },
    });
    const session = await call(shop.url, 'POST /v1/sessions', { body });
    const token = String(session.body['accessToken']);
    const owner = await call(shop.url, 'POST /v1/accounts', {
      body: { email: 'owner@example.com', password: PASSWORD, role: 'seller' },
    });
    await walk('GET /v1/admin/accounts', '/v1/admin/accounts', { token });
    await walk('GET /v1/admin/accounts', '/v1/admin/accounts?role=king', { token });
    await walk('GET /v1/admin/accounts', '/v1/admin/accounts', { token: shop.seller });
    for (const id of [String(owner.body['id']), own, 'nobody'])
      for (const deed of ['disable', 'enable', 'reset'])
        await walk(`POST /v1/admin/accounts/{accountId}/${deed}`, `/v1/admin/accounts/${id}/${deed}`, {
          token,
        });
    for (const id of [String(owner.body['id']), own, 'nobody'])
      for (const role of ['member', 'king'])
        await walk('POST /v1/admin/accounts/{accountId}/role', `/v1/admin/accounts/${id}/role`, {
          ...{ token, body: { role } },
        });
    const path = await shop.coupon({ discount: { type: 'amount', value: 1_000 } });
    await shop.request(path, 'admired');
    await walk('GET /v1/admin/coupons', '/v1/admin/coupons?limit=2', { token });
    for (const id of [path.split('/').at(-1), '999'])
      for (const method of ['GET', 'POST'])
        await walk(`${method} /v1/admin/coupons/{id}/reconcile`, `/v1/admin/coupons/${id}/reconcile`, {
          token,
        });
    await walk('GET /v1/admin/audit', '/v1/admin/audit?limit=5', { token });
    await walk('GET /v1/admin/health', '/v1/admin/health', { token });
    await walk('GET /v1/coupons/{id}/stats', `${path}/stats`, { token });
    await walk('GET /v1/coupons/{id}/quantities', `${path}/quantities`, { token });
  });

  t.test('an installation with an outside provider and closed sign-up answers as described', async (t) => {
    const walk = walker(t);
    const signUp = { email: 'a@example.com', password: PASSWORD, role: 'seller' };
    const closedShop = await openShop(t, { settings: { sellerSignup: 'closed', memberSignup: 'closed' } });
    for (const role of ['seller', 'member']) {
      await walk('POST /v1/accounts', '/v1/accounts', { body: { ...signUp, role } }, closedShop.url);
      await walk('GET /v1/signup', '/v1/signup', {}, closedShop.url);
    }
    const outside = await openShop(t, {
      settings: {
        // Nothing listens there, so the keys are out of reach.
        tokens: { issuer: 'seonchak', audiences: ['seonchak'], jwksUrl: new URL('http://127.0.0.1:1/keys') },
      },
    });
    await walk('POST /v1/sessions', '/v1/sessions', { body: signUp }, outside.url);
    const { privateKey } = await generateKeyPair('ES256');
    const token = await new SignJWT({ role: 'member' })
      .setProtectedHeader({ alg: 'ES256', kid: 'theirs' })
      .setSubject('1')
      .setIssuer('seonchak')
      .setAudience('seonchak')
      .setExpirationTime('1h')
      .sign(privateKey);
    await walk('GET /v1/me/coupons', '/v1/me/coupons', { token }, outside.url);
  });
}
