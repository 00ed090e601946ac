/** Tests what owners do with their accounts: change of password, reset by a link, deletion. */
import t from 'tap';
import type { Test } from 'tap';
import type { MemberId } from '../../engine/domain/coupon.js';
import type { AuditEntry } from '../../engine/ports/audit-log.js';
import { newPasswordLink } from '../../accounts/password-link.js';
import { accountRowOf } from '../../accounts/account-id.js';
import { call } from '../testing/client.js';
import type { Answer } from '../testing/client.js';
import { TEST_LIMITS } from '../testing/embedded-server.js';
import { openShop } from '../testing/shop.js';
import type { Shop } from '../testing/shop.js';

const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'another horse battery';

interface LinkSent {
  readonly to: string;
  readonly link: string;
}

/** A shop whose mails are kept here instead of being sent. */
async function open(t: Test) {
  const mails: LinkSent[] = [];
  const shop = await openShop(t, {
    settings: {
      limits: { ...TEST_LIMITS, signInFailuresMax: 3 },
      publicUrl: 'https://coupons.example',
      passwordMail: {
        send(mail) {
          mails.push(mail);
          return Promise.resolve();
        },
      },
    },
  });
  return { ...shop, mails };
}

async function signUp(shop: Shop, email: string, role = 'member'): Promise<string> {
  const { body } = await call(shop.url, 'POST /v1/accounts', { body: { email, password: PASSWORD, role } });
  return String(body['id']);
}

const signIn = (shop: Shop, email: string, password = PASSWORD): Promise<Answer> =>
  call(shop.url, 'POST /v1/sessions', { body: { email, password } });

async function session(shop: Shop, email: string, password = PASSWORD): Promise<string> {
  const { body } = await signIn(shop, email, password);
  return String(body['accessToken']);
}

const changePassword = (shop: Shop, token: string, currentPassword = PASSWORD, newPassword = NEW_PASSWORD) =>
  call(shop.url, 'POST /v1/me/password', { token, body: { currentPassword, newPassword } });

t.test('a change of password ends every other session and answers with a new one', async (t) => {
  const shop = await open(t);
  const id = await signUp(shop, 'mina@shop.test');
  const [phone, laptop] = [await session(shop, 'mina@shop.test'), await session(shop, 'mina@shop.test')];
  t.match(await call(shop.url, 'GET /v1/me', { token: phone }), {
    status: 200,
    body: { id, email: 'mina@shop.test', role: 'member', createdAt: /^\d{4}-/ },
  });
  const changed = await changePassword(shop, laptop);
  t.match(changed, { status: 200, body: { tokenType: 'Bearer', expiresIn: 43_200 } });
  for (const token of [phone, laptop]) {
    t.match(await call(shop.url, 'GET /v1/me', { token }), {
      status: 401,
      body: { code: 'unauthenticated', reason: 'token_expired' },
    });
  }
  const fresh = String(changed.body['accessToken']);
  t.equal((await call(shop.url, 'GET /v1/me/coupons', { token: fresh })).status, 200);
  t.equal((await signIn(shop, 'mina@shop.test')).status, 401, 'the old password is over');
  const again = await session(shop, 'mina@shop.test', NEW_PASSWORD);
  t.equal((await call(shop.url, 'GET /v1/me', { token: again })).status, 200);
  const log = await shop.auditLog.entries(999, 999);
  t.match(log.at(-1), { action: 'password_changed', actor: { kind: 'member', id }, target: `account ${id}` });
  t.notMatch(JSON.stringify(log), /mina@shop|horse/, 'no e-mail address and no password is in the audit log');
});

t.test('the old password is asked for, and guesses are throttled together with sign-ins', async (t) => {
  const shop = await open(t);
  await signUp(shop, 'guess@shop.test');
  const token = await session(shop, 'guess@shop.test');
  for (let guess = 0; guess < 2; guess += 1)
    t.match(await changePassword(shop, token, `guess ${guess}`), {
      status: 403,
      body: { code: 'wrong_password' },
    });
  t.equal((await signIn(shop, 'guess@shop.test', 'guess 3')).status, 401);
  t.match(await changePassword(shop, token), { status: 429, headers: { 'retry-after': /^\d+$/ } });
  t.match(await call(shop.url, 'POST /v1/me/delete', { token, body: { password: PASSWORD } }), {
    status: 429,
  });
});

t.test('a new password has the form of every password', async (t) => {
  const shop = await open(t);
  await signUp(shop, 'form@shop.test');
  const token = await session(shop, 'form@shop.test');
  t.match(await changePassword(shop, token, PASSWORD, 'short'), {
    status: 400,
    body: { code: 'invalid_input', errors: [{ field: 'newPassword' }] },
  });
});

t.test('a token of elsewhere has no account', async (t) => {
  const shop = await open(t);
  const token = await shop.token('member-of-the-shop');
  for (const line of ['GET /v1/me', 'POST /v1/me/password', 'POST /v1/me/delete']) {
    const body = line.endsWith('password')
      ? { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
      : { password: PASSWORD };
    t.match(await call(shop.url, line, { token, ...(line.startsWith('GET') ? {} : { body }) }), {
      status: 403,
      body: { code: 'no_account' },
    });
  }
});

t.test('a link sets a new password once, and ends every session', async (t) => {
  const shop = await open(t);
  await signUp(shop, 'forgot@shop.test');
  const token = await session(shop, 'forgot@shop.test');
  const asked = [];
  for (const email of ['forgot@shop.test', 'nobody@shop.test'])
    asked.push(await call(shop.url, 'POST /v1/password-resets', { body: { email } }));
  t.same(
    asked.map(({ status, text }) => [status, text]),
    [
      [202, '{"accepted":true}'],
      [202, '{"accepted":true}'],
    ],
    'the answer does not show who has an account',
  );
  while (shop.mails.length === 0) await new Promise(setImmediate);
  const [mail] = shop.mails;
  t.match(mail, { to: 'forgot@shop.test', link: /^https:\/\/coupons\.example\/reset#[\w-]{43}$/ });
  t.equal(shop.mails.length, 1);
  const link = mail?.link.split('#')[1] ?? '';
  const use = (text: string, password = NEW_PASSWORD) =>
    call(shop.url, 'POST /v1/passwords', { body: { token: text, password } });

  t.match(await use(link, 'short'), { status: 400 }, 'a password that is refused does not use it up');
  t.match(await use(`${link.slice(1)}x`), { status: 410, body: { code: 'reset_invalid' } });
  const uses = await Promise.all([use(link), use(link, 'a third horse battery')]);
  t.same(uses.map(({ status }) => status).sort(), [200, 410], 'of two at once one is too late');
  t.equal((await call(shop.url, 'GET /v1/me', { token })).status, 401, 'the old session has ended');
  t.equal((await use(link)).status, 410);
});

t.test('a link ends with its hour, and a newer link replaces it', async (t) => {
  const shop = await open(t);
  const id = accountRowOf(await signUp(shop, 'late@shop.test')) ?? 0;
  const { accounts } = shop.services;
  const [first, second] = [newPasswordLink(), newPasswordLink()];
  const atMs = Date.now();
  const entry: AuditEntry = {
    ...{ atMs, action: 'password_reset_sent' as const, target: `account ${id}`, detail: {} },
    actor: { kind: 'operator', id: 'o', address: 'host' },
  };
  await accounts.insertReset({ accountId: id, hash: first.hash, expiresAtMs: atMs + 60_000 }, entry);
  await accounts.insertReset({ accountId: id, hash: second.hash, expiresAtMs: atMs + 60_000 }, entry);
  t.equal(await accounts.findReset(first.hash, atMs), undefined, 'replaced');
  t.equal(await accounts.findReset(second.hash, atMs), id);
  t.equal(await accounts.findReset(second.hash, atMs + 60_000), undefined, 'expired');
});

t.test('links to one address are limited, and without mail the operator makes links', async (t) => {
  const shop = await open(t);
  await signUp(shop, 'full@shop.test');
  const ask = () => call(shop.url, 'POST /v1/password-resets', { body: { email: 'full@shop.test' } });
  const statuses = [];
  for (let time = 0; time < 5; time += 1) statuses.push((await ask()).status);
  t.same(statuses, [202, 202, 202, 429, 429]);
  const plain = await openShop(t);
  t.match(await call(plain.url, 'POST /v1/password-resets', { body: { email: 'full@shop.test' } }), {
    status: 403,
    body: { code: 'reset_by_operator' },
  });
});

t.test('a deleted account leaves its issuances under its id, and nothing that acts for it', async (t) => {
  const shop = await open(t);
  const id = await signUp(shop, 'leaver@shop.test');
  const token = await session(shop, 'leaver@shop.test');
  const coupon = await shop.coupon();
  t.equal((await call(shop.url, `POST ${coupon}/download`, { token })).status, 201);
  const wrong = await call(shop.url, 'POST /v1/me/delete', { token, body: { password: 'wrong one' } });
  t.match(wrong, { status: 403, body: { code: 'wrong_password' } });
  t.match(await call(shop.url, 'POST /v1/me/delete', { token, body: { password: PASSWORD } }), {
    status: 200,
    body: { id, deleted: true },
  });
  t.match(await call(shop.url, `POST ${coupon}/download`, { token }), { status: 401 });
  t.equal((await signIn(shop, 'leaver@shop.test')).status, 401);
  const issuances = await call(shop.url, `GET ${coupon}/issuances`, { token: shop.seller });
  t.match(issuances.body, { items: [{ memberId: id, issueNo: 1 }] });
  const log = await shop.auditLog.entries(999, 999);
  t.match(log.at(-1), {
    action: 'account_deleted',
    target: `account ${id}`,
    detail: { keys: 0, webhooks: 0 },
  });
  t.notMatch(JSON.stringify(log), /leaver@/);
  const next = await signUp(shop, 'leaver@shop.test');
  t.not(next, id, 'the address is free, the id is not');
});

t.test('a seller closes its coupons first; then its keys and webhooks end with the account', async (t) => {
  const shop = await open(t);
  await signUp(shop, 'shop@shop.test', 'seller');
  const token = await session(shop, 'shop@shop.test');
  const registered = await call(shop.url, 'POST /v1/coupons', { token, body: { name: 'Last', quantity: 1 } });
  const path = String(registered.headers.location);
  const { body: key } = await call(shop.url, 'POST /v1/keys', {
    token,
    body: { name: 'till', scopes: ['read'] },
  });
  await call(shop.url, 'POST /v1/webhooks', {
    token,
    body: { url: 'https://shop.example/hook', kinds: ['coupon.closed'] },
  });
  const remove = () => call(shop.url, 'POST /v1/me/delete', { token, body: { password: PASSWORD } });
  t.match(await remove(), { status: 409, body: { code: 'coupons_open' } });
  const withKey = () => call(shop.url, `GET ${path}/stats`, { token: String(key['key']) });
  t.equal((await withKey()).status, 200, 'and nothing was deleted');
  t.equal((await call(shop.url, `POST ${path}/close`, { token })).status, 200);
  t.match(await remove(), { status: 200 });
  t.equal((await withKey()).status, 401);
  t.match(await call(shop.url, `GET ${path}`), { status: 200, body: { state: 'closed' } });
  const log = await shop.auditLog.entries(999, 999);
  t.match(log.at(-1), { action: 'account_deleted', detail: { keys: 1, webhooks: 1 } });
});

t.test('no key is made with a session that has ended on another process a moment ago', async (t) => {
  const shop = await open(t);
  const id = await signUp(shop, 'late@shop.test', 'seller');
  const token = await session(shop, 'late@shop.test');
  t.equal((await call(shop.url, 'GET /v1/keys', { token })).status, 200);
  const actor = { kind: 'operator', id: 'o', address: 'host' } as const;
  const entry = {
    atMs: Date.now(),
    actor,
    action: 'account_deleted',
    target: `account ${id}`,
    detail: {},
  } as const;
  t.equal(await shop.services.accounts.remove(accountRowOf(id) ?? 0, entry), 'removed');
  const body = { name: 'till', scopes: ['read'] };
  t.match(await call(shop.url, 'POST /v1/keys', { token, body }), {
    status: 401,
    body: { code: 'unauthenticated', reason: 'token_expired' },
  });
  t.same(await shop.services.serverKeys.list(id as MemberId), []);
});
