/** Tests the document against the routes and against the answers of a running server. */
import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { generateKeyPair, SignJWT } from 'jose';
import t from 'tap';
import type { Test } from 'tap';
import type { CouponId } from '../../engine/domain/coupon.js';
import { accountRowOf } from '../../accounts/account-id.js';
import { newPasswordLink } from '../../accounts/password-link.js';
import { TokenIssuer } from '../auth/token-issuer.js';
import { problemKinds } from '../wire/problems.js';
import type { ProblemCode } from '../wire/problems.js';
import { newOutcomeCounts } from '../download/outcome-counts.js';
import { RedemptionCounts } from '../api/redemption-counts.js';
import { createRoutes, DOWNLOAD_ROUTE, LIVE_ROUTE, UNIT_DOWNLOAD_ROUTE } from '../api/routes.js';
import { call } from '../testing/client.js';
import type { Answer, CallOptions } from '../testing/client.js';
import { TEST_LIMITS } from '../testing/embedded-server.js';
import { DescribedAnswers } from '../testing/described-answers.js';
import type { DocumentObject } from '../testing/described-answers.js';
import { fromNow, openShop } from '../testing/shop.js';
import { operations } from './operations.js';

const PASSWORD = 'correct horse battery';

const shop = await openShop(t);
const served = await call(shop.url, 'GET /openapi.json');
const document = served.body as unknown as DocumentObject;
const described = new DescribedAnswers(document);
const met = new Set<string>();
const codesMet = new Set<string>();

type Walk = (line: string, path: string, options?: CallOptions, url?: string) => Promise<Answer>;

/** Calls a route and holds the answer against the document. `path` fills the parameters of `line` in. */
function walker(t: Test): Walk {
  return async (line, path, options = {}, url = shop.url) => {
    const [method = ''] = line.split(' ');
    const answer = await call(url, `${method} ${path}`, options);
    t.equal(described.fault(line, answer), undefined, `${line} ${path.slice(0, 60)} → ${answer.status}`);
    met.add(line);
    if (answer.status >= 400) codesMet.add(String(answer.body['code']));
    return answer;
  };
}

t.test('every route is described and every description has its route, with the same access', async (t) => {
  const routes = createRoutes(
    shop.services,
    {
      tokens: { issuer: 'seonchak', audiences: ['seonchak'], secret: new Uint8Array(32) },
      sellerSignup: 'open',
      memberSignup: 'open',
      limits: TEST_LIMITS,
    },
    new Registry(),
    {
      verifiesPresence: false,
      memberClaims: [],
      rules: {
        size: 0,
        entries: () => new Map().entries(),
        refresh: () => Promise.resolve(),
      },
    },
    {
      redemptionCounts: new RedemptionCounts(),
      holdCounts: { confirmed: 0 },
      outcomes: newOutcomeCounts(),
      locks: { has: () => false, refresh: () => Promise.resolve() },
      limits: { allowsMember: () => true },
      inFlight: { hasRoom: true },
      door: {
        concerns: () => false,
        holdMsOf: () => undefined,
        judge: () => ({ kind: 'passes', refusedAs: undefined }),
        unitsPerMember: () => Promise.resolve(1),
      },
      serverKeys: { refresh: () => Promise.resolve() },
      sessions: { refresh: () => Promise.resolve() },
      onMailFault: () => undefined,
    },
  );
  const wired = [
    ...routes.map(({ method, path, access }) => `${access}: ${method} ${path}`),
    `member: ${DOWNLOAD_ROUTE.method} ${DOWNLOAD_ROUTE.path}`,
    `member: ${UNIT_DOWNLOAD_ROUTE.method} ${UNIT_DOWNLOAD_ROUTE.path}`,
    `anyone: ${LIVE_ROUTE.method} ${LIVE_ROUTE.path}`,
  ];
  const described = Object.entries(operations).map(([line, { access }]) => `${access}: ${line}`);
  t.same([...described].sort(), [...wired].sort());
  for (const route of routes) {
    const operation = operations[`${route.method} ${route.path}`];
    t.equal(route.bodyBytesMax > 0, operation?.body !== undefined, `body of ${route.method} ${route.path}`);
  }
});

t.test('a problem is described wherever it can occur', async (t) => {
  // Not a route's: what is answered where there is none.
  const elsewhere: ProblemCode[] = ['not_found', 'method_not_allowed'];
  const described = new Set([...Object.values(operations).flatMap(({ problems }) => problems), ...elsewhere]);
  t.same([...described].sort(), Object.keys(problemKinds).sort());
});

t.test('it says which version of the program it is of', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.match(served.body, { openapi: '3.1.0', info: { version } });
});

t.test('accounts and sessions answer as described', async (t) => {
  const walk = walker(t);
  const account = { email: 'walker@example.com', password: PASSWORD, role: 'member' };
  await walk('POST /v1/accounts', '/v1/accounts', { body: account });
  await walk('POST /v1/accounts', '/v1/accounts', { body: account });
  await walk('POST /v1/accounts', '/v1/accounts', { body: { ...account, role: 'king', extra: 1 } });
  await walk('POST /v1/accounts', '/v1/accounts', { body: '{"email"' });
  await walk('POST /v1/accounts', '/v1/accounts', { body: 'x'.repeat(20_000) });
  await walk('POST /v1/accounts', '/v1/accounts', { body: '{}', headers: { 'content-type': 'text/plain' } });
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
  for (const body of [{ email }, {}]) await walk('POST /v1/password-resets', '/v1/password-resets', { body });
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
  const path = await shop.coupon({ discount: { type: 'amount', value: 1_000 } });
  await shop.press(path, 'admired');
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

t.test('what sellers do is answered as described', async (t) => {
  const walk = walker(t);
  const token = shop.seller;
  const stranger = await shop.token('901', 'seller');
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

  await shop.press(path, 'first');
  await shop.press(path, 'second');
  const change = (quantity: number, options: CallOptions = { token }) =>
    walk('PATCH /v1/coupons/{id}', path, { ...options, body: { quantity } });
  await change(6);
  await change(1);
  await change(6, { token: stranger });
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
  await topUp(1, { token: stranger });

  for (const accept of ['application/json', 'text/csv', 'application/x-ndjson'])
    await walk('GET /v1/coupons/{id}/issuances', `${path}/issuances`, { token, headers: { accept } });
  await walk('GET /v1/coupons/{id}/issuances', `${path}/issuances?limit=0`, { token });
  await walk('GET /v1/coupons/{id}/stats', `${path}/stats`, { token });
  await walk('GET /v1/coupons/{id}/stats', `${path}/stats`, { token: stranger });
  const revoke = 'DELETE /v1/coupons/{id}/issuances/{issueNo}';
  await walk(revoke, `${path}/issuances/2`, { token });
  await walk(revoke, `${path}/issuances/77`, { token });
  for (const command of ['pause', 'resume', 'close'])
    await walk(`POST /v1/coupons/{id}/${command}`, `${path}/${command}`, { token });
  await walk('POST /v1/coupons/{id}/pause', `${path}/pause`, { token });
});

t.test('a download is answered as described, whatever its outcome', async (t) => {
  const walk = walker(t);
  const line = 'POST /v1/coupons/{id}/download';
  const press = async (path: string, member: string) =>
    walk(line, `${path}/download`, { token: await shop.token(member) });
  const path = await shop.coupon({ quantity: 1 });
  await press(path, '1');
  await press(path, '1');
  await press(path, '2');
  await press(await shop.coupon({ opensAt: fromNow(3_600_000) }), '1');
  for (const command of ['pause', 'close']) {
    const stopped = await shop.coupon();
    await call(shop.url, `POST ${stopped}/${command}`, { token: shop.seller });
    await press(stopped, '1');
  }
  await press('/v1/coupons/999', '1');
  await walk(line, `${path}/download`);
  await walk(line, `${path}/download`, { token: shop.seller });
  await walk(line, `${path}/download`, { token: await shop.token('1', 'member', -60) });
});

t.test('a download of a unit is answered as described, and so is what shows units', async (t) => {
  const walk = walker(t);
  const path = await shop.coupon({ quantity: 2, perMember: 2 });
  const token = await shop.token('1');
  const press = (unit: string, where = path) =>
    walk('POST /v1/coupons/{id}/units/{unit}/download', `${where}/units/${unit}/download`, { token });
  for (const unit of ['2', '2', '1', '3', '101']) await press(unit);
  await press('2', '/v1/coupons/999');
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
  for (const query of ['?memberId=1&grade=gold', '?memberId=2', '']) {
    await walk('GET /v1/coupons/{id}/eligibility', `${path}/eligibility${query}`, { token }, limited.url);
  }
});

t.test('what members see and use is answered as described', async (t) => {
  const walk = walker(t);
  const path = await shop.coupon();
  const couponId = path.split('/').at(-1) ?? '';
  await shop.press(path, 'owner');
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
  await shop.press(path, 'buyer');
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
  await walk('PATCH /v1/coupons/{id}', path, { token, body: { validity: null, redeemBy: 'seller' } });
  const buyer = await shop.token('buyer');
  const use = (id: string) =>
    walk('POST /v1/me/coupons/{couponId}/use', `/v1/me/coupons/${id}/use`, { token: buyer, body });
  await use(couponId);
  const fresh = await shop.coupon({ redeemBy: 'seller' });
  await shop.press(fresh, 'buyer');
  await use(fresh.split('/').at(-1) ?? '');
  const expired = await shop.coupon({ validity: { until: '2020-01-01T00:00:00Z' } });
  await shop.press(expired, 'buyer');
  await use(expired.split('/').at(-1) ?? '');
});

t.test('holds are confirmed, given back and recalled as described', async (t) => {
  const walk = walker(t);
  const token = shop.seller;
  const path = await shop.coupon({ holdSeconds: 60 });
  const couponId = path.split('/').at(-1) ?? '';
  const fields = { token, body: { orderId: 'A-1' } };
  const confirm = 'POST /v1/coupons/{id}/issuances/{issueNo}/confirm';
  const release = 'DELETE /v1/coupons/{id}/issuances/{issueNo}/hold';
  for (const name of ['one', 'two', 'three', 'four']) await shop.press(path, name);
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

t.test('what anyone may see is answered as described', async (t) => {
  const walk = walker(t);
  const path = await shop.coupon({ opensAt: fromNow(60_000), closesAt: fromNow(120_000) });
  await walk('GET /v1/coupons', '/v1/coupons?limit=1&state=scheduled');
  await walk('GET /v1/coupons', '/v1/coupons?state=unheard-of');
  await walk('GET /v1/coupons', `/v1/coupons?state=${'x'.repeat(3_000)}`);
  await walk('GET /v1/coupons/{id}', path);
  await walk('GET /v1/coupons/{id}', '/v1/coupons/x');
  for (const id of [path.split('/').at(-1), 'x']) await walk('GET /coupons/{id}', `/coupons/${id}`);
  await walk('GET /v1/coupons/{id}/live', '/v1/coupons/999/live');
  for (const own of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/']) await walk(`GET ${own}`, own);

  // A stream does not end, so its first event is taken and held against the schema it is said to have.
  const stream = await fetch(`${shop.url}${path}/live`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/^data: .*\n\n/m.test(text)) text += (await reader?.read())?.value ?? '';
  await reader?.cancel();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? '';
  t.equal(described.faultOf({ $ref: '#/components/schemas/LiveUpdate' }, JSON.parse(data)), undefined);
  t.match(stream.headers.get('content-type'), 'text/event-stream');
  met.add('GET /v1/coupons/{id}/live');
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

t.test('no route was left out, and no problem but those that need a fault', async (t) => {
  t.same(
    Object.keys(document.paths)
      .flatMap((path) =>
        Object.keys(document.paths[path] ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
      )
      .filter((line) => !met.has(line)),
    [],
  );
  const needsAFault: ProblemCode[] = [
    'busy',
    'account_locked',
    'rate_limited',
    'not_ready',
    'presence_unavailable',
    'presence_too_many',
    'outcome_unknown',
    // A server of the release before.
    'upgrade_running',
    // A hundred thousand coupons, a million members.
    'rules_too_many',
    'audience_full',
    'not_recorded',
    'internal_error',
    // A hundred thousand accounts are locked for the one, a mail server fails for the other.
    'locks_too_many',
    'mail_failed',
    // Thirty days have to pass.
    'events_removed',
    'malformed_request',
    'head_too_large',
    'body_incomplete',
    'method_not_allowed',
  ];
  t.same(
    Object.keys(problemKinds)
      .filter((code) => !codesMet.has(code))
      .sort(),
    [...needsAFault].sort(),
  );
});
