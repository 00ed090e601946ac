/** Tests the routes for administrators on the embedded back end; test/admin.test.ts has those that need Redis. */
import t from 'tap';
import type { Test } from 'tap';
import { accountRowOf } from '../../accounts/account-id.js';
import { call } from '../testing/client.js';
import { openShop } from '../testing/shop.js';
import type { EmbeddedServerOptions } from '../testing/embedded-server.js';

const PASSWORD = 'correct horse battery';

/** A shop with an administrator, as the command line makes one. */
async function open(t: Test, options: EmbeddedServerOptions = {}) {
  const shop = await openShop(t, options);
  const signUp = async (email: string, role = 'member'): Promise<string> => {
    const { body } = await call(shop.url, 'POST /v1/accounts', { body: { email, password: PASSWORD, role } });
    return String(body['id']);
  };
  const signIn = (email: string) =>
    call(shop.url, 'POST /v1/sessions', { body: { email, password: PASSWORD } });
  const adminId = await signUp('admin@shop.test');
  await shop.services.accounts.setRole(accountRowOf(adminId) ?? 0, 'admin', {
    ...{ atMs: Date.now(), action: 'role_changed' as const, target: `account ${adminId}`, detail: {} },
    actor: { kind: 'operator', id: 'o', address: 'host' },
  });
  const token = String((await signIn('admin@shop.test')).body['accessToken']);
  const ask = (line: string, body?: object, headers = {}) =>
    call(shop.url, line, body === undefined ? { token, headers } : { token, headers, body });
  return { ...shop, signUp, signIn, adminId, ask };
}

t.test('accounts are listed in pages, found by their beginning, disabled and enabled', async (t) => {
  const { url, signUp, signIn, ask, adminId } = await open(t);
  const id = await signUp('seller@shop.test', 'seller');
  t.match(await ask('GET /v1/admin/accounts?limit=1'), {
    status: 200,
    body: { items: [{ id: adminId, email: 'admin@shop.test', role: 'admin', disabled: false }], next: 1 },
  });
  const second = await ask('GET /v1/admin/accounts?after=1&role=seller');
  t.match(second.body, { items: [{ id, role: 'seller', createdAt: /^\d{4}-/ }], next: null });
  t.match((await ask('GET /v1/admin/accounts?email=SELL')).body, { items: [{ id }] });
  t.strictSame((await ask('GET /v1/admin/accounts?email=x')).body, { items: [], next: null });

  const token = String((await signIn('seller@shop.test')).body['accessToken']);
  const disabled = await ask(`POST /v1/admin/accounts/${id}/disable`);
  t.match(disabled, { status: 200, body: { id, disabled: true } });
  t.match(await signIn('seller@shop.test'), { status: 403, body: { code: 'account_locked' } });
  t.match((await ask('GET /v1/admin/accounts?email=seller')).body, { items: [{ disabled: true }] });
  t.match(await ask(`POST /v1/admin/accounts/${id}/enable`), { body: { disabled: false } });
  t.match(await call(url, 'GET /v1/me', { token }), { status: 200 });
  t.match(await ask(`POST /v1/admin/accounts/${adminId}/disable`), {
    status: 409,
    body: { code: 'own_account' },
  });
  for (const unknown of ['seonchak.account.99', '7', 'seonchak.account.01'])
    t.match(await ask(`POST /v1/admin/accounts/${unknown}/disable`), {
      status: 404,
      body: { code: 'unknown_account' },
    });
});

t.test('an administrator changes a role: the account signs in again, and has it', async (t) => {
  const { url, signUp, signIn, ask, adminId, auditLog } = await open(t);
  const id = await signUp('promoted@shop.test');
  const before = String((await signIn('promoted@shop.test')).body['accessToken']);
  const changed = await ask(`POST /v1/admin/accounts/${id}/role`, { role: 'admin' });
  t.strictSame(changed.body, { id, role: 'admin' });
  t.match((await auditLog.entries(999, 999)).at(-1), {
    ...{ action: 'role_changed', target: `account ${id}`, detail: { from: 'member', to: 'admin' } },
    actor: { kind: 'admin', id: adminId },
  });
  t.match(await call(url, 'GET /v1/me', { token: before }), { status: 401 }, 'the session has ended');
  const token = String((await signIn('promoted@shop.test')).body['accessToken']);
  t.match(await call(url, 'GET /v1/admin/accounts', { token }), { status: 200 });
  const back = await call(url, `POST /v1/admin/accounts/${id}/role`, { token, body: { role: 'seller' } });
  t.match(back, { status: 409, body: { code: 'own_account' } });
  t.match(await ask(`POST /v1/admin/accounts/${id}/role`, { role: 'owner' }), {
    status: 400,
    body: { code: 'invalid_input' },
  });
  t.match(await ask('POST /v1/admin/accounts/seonchak.account.99/role', { role: 'seller' }), { status: 404 });
});

t.test('a link for a new password is in the answer, or in a mail where mail is sent', async (t) => {
  const { url, signUp, ask } = await open(t, { settings: { publicUrl: 'https://coupons.example' } });
  const id = await signUp('forgot@shop.test');
  const made = await ask(`POST /v1/admin/accounts/${id}/reset`);
  t.match(made, { status: 200, body: { id, link: /^https:\/\/coupons\.example\/reset#/, expiresAt: /Z$/ } });
  const token = String(made.body['link']).split('#')[1];
  t.match(await call(url, 'POST /v1/passwords', { body: { token, password: 'another horse' } }), {
    status: 200,
    body: { id },
  });

  const mails: string[] = [];
  const send = ({ to }: { readonly to: string }): Promise<void> => {
    if (to.startsWith('broken')) return Promise.reject(new Error('no mailbox'));
    mails.push(to);
    return Promise.resolve();
  };
  const mailing = await open(t, { settings: { passwordMail: { send } } });
  const owner = await mailing.signUp('owner@shop.test');
  const answer = await mailing.ask(`POST /v1/admin/accounts/${owner}/reset`);
  t.match(answer, { status: 200, body: { mailed: true } });
  t.equal(answer.body['link'], undefined, 'only the owner gets it');
  t.same(mails, ['owner@shop.test']);
  const broken = await mailing.signUp('broken@shop.test');
  t.match(await mailing.ask(`POST /v1/admin/accounts/${broken}/reset`), {
    status: 502,
    body: { code: 'mail_failed' },
  });
});

t.test(
  'an administrator sees and stops the coupons of every seller, and neither sells nor downloads',
  async (t) => {
    const opened = await open(t);
    const { ask, url, auditLog, adminId } = opened;
    const path = await opened.coupon({ name: 'Another seller’s' });
    await opened.request(path, 'm-1');
    const { body } = await ask('GET /v1/admin/coupons?state=open');
    t.match(body, {
      items: [
        { name: 'Another seller’s', sellerId: 900, issued: 1, queued: 0, recorded: 1, inService: true },
      ],
      next: null,
    });
    t.match(await ask(`GET ${path}/stats`), { status: 200, body: { recorded: 1 } });
    t.match(await ask(`GET ${path}/issuances`), { status: 200, body: { items: [{ memberId: 'm-1' }] } });
    t.match(await ask(`POST ${path}/pause`), { status: 200, body: { state: 'paused' } });
    t.match((await auditLog.entries(999, 999)).at(-1), {
      action: 'coupon_amended',
      actor: { kind: 'admin', id: adminId },
    });
    t.match(await ask(`POST ${path}/resume`), { status: 200 });
    for (const line of [`POST ${path}/download`, `DELETE ${path}/issuances/1`, 'GET /v1/keys'])
      t.match(await ask(line), { status: 403, body: { code: 'wrong_role' } }, line);
    t.match(await ask('POST /v1/coupons', { name: 'x', quantity: 1 }), { status: 403 });
    t.match(await ask(`POST ${path}/close`), { status: 200, body: { state: 'closed' } });
    t.equal((await call(url, `GET ${path}`)).body['state'], 'closed');
  },
);

t.test('the audit log is read in pages, the newest entry first', async (t) => {
  const shop = await open(t);
  const { ask } = shop;
  await shop.coupon();
  await shop.coupon();
  const first = await ask('GET /v1/admin/audit?limit=1');
  t.match(first.body, { items: [{ action: 'coupon_registered', target: 'coupon 2', at: /Z$/ }] });
  const second = await ask(`GET /v1/admin/audit?limit=1&before=${String(first.body['next'])}`);
  t.match(second.body, { items: [{ target: 'coupon 1', actor: { kind: 'seller', id: '900' } }] });
  const all = (await ask('GET /v1/admin/audit')).body['items'] as unknown[];
  t.equal((await ask(`GET /v1/admin/audit?limit=${all.length + 1}`)).body['next'], null);
});

t.test('health and comparisons are those of the embedded back end', async (t) => {
  const shop = await open(t);
  const { ask } = shop;
  t.match(await ask('GET /v1/admin/health'), {
    status: 200,
    body: { ready: true, backEnd: 'embedded', durability: 'fsync', recording: null },
  });
  t.match((await ask('GET /v1/admin/health')).body['stores'], [{ name: 'database', ok: true, fault: null }]);
  const path = (await shop.coupon()).replace('/v1/', '/v1/admin/');
  for (const method of ['GET', 'POST'])
    t.match(await ask(`${method} ${path}/reconcile`), { status: 200, body: { clean: true, recorded: 0 } });
  const headers = { accept: 'application/x-ndjson' };
  const lines = await ask(`GET ${path}/reconcile`, undefined, headers);
  t.match(lines.headers, { 'content-type': 'application/x-ndjson' });
  t.match(JSON.parse(lines.text), { compared: 0, report: { clean: true } }, 'a short one is one line');
  for (const accept of [{}, headers])
    t.match(await ask('GET /v1/admin/coupons/999/reconcile', undefined, accept), { status: 404 });
});

t.test('no other role gets in, not even with a claim', async (t) => {
  const shop = await open(t);
  const { url, seller, signUp, signIn } = shop;
  await signUp('member@shop.test');
  const account = String((await signIn('member@shop.test')).body['accessToken']);
  for (const caller of [seller, await shop.token('m-1'), account])
    t.match(await call(url, 'GET /v1/admin/accounts', { token: caller }), {
      status: 403,
      body: { code: 'wrong_role' },
    });
  t.match(await call(url, 'GET /v1/admin/accounts', { token: await shop.token('m-1', 'admin') }), {
    status: 401,
  });
});
