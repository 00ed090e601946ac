/** Tests locks and the audit log as an operator uses them: real stores, two API processes, the command line. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { HttpClient } from './clients/http-client.js';
import type { HttpAnswer } from './clients/http-client.js';
import { runSeonchak } from './clients/seonchak-command.js';
import { signToken } from './clients/tokens.js';
import { startMariadb } from './servers/mariadb.js';
import { startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';

/** The promise is a second; a busy machine gets more. */
const PATIENCE_MS = 15_000;

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
const servers = [await startSeonchak(settings), await startSeonchak({ ...settings, ROLES: 'api' })];
t.teardown(() => Promise.all(servers.map((server) => server.stop())));
const clients = servers.map((server) => new HttpClient(server.origin, 4));
t.teardown(() => clients.forEach((client) => client.close()));
const [here] = clients;
if (here === undefined) throw new Error('no client');
const seonchak = (...words: string[]) => runSeonchak(words, settings);

/** Asks every process until all answer so. */
async function everywhere(
  ask: (client: HttpClient) => Promise<HttpAnswer>,
  status: number,
): Promise<HttpAnswer[]> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const answers = await Promise.all(clients.map(ask));
    if (answers.every((answer) => answer.status === status) || performance.now() > giveUpAt) return answers;
    await pause(50);
  }
}

const seller = await signToken('shop-1', 'seller');
const registered = await here.call('/v1/coupons', {
  method: 'POST',
  token: seller,
  body: { name: 'Locked out', quantity: 10 },
});
const couponPath = `/v1/coupons/${String(registered.body['id'])}`;
const download = (client: HttpClient, token: string) =>
  client.call(`${couponPath}/download`, { method: 'POST', token });

t.test('a locked member is refused on every process, with tokens that were in use already', async (t) => {
  const [token, other] = await Promise.all([signToken('m-1', 'member'), signToken('m-2', 'member')]);
  for (const client of clients) {
    t.ok([200, 201].includes((await download(client, token)).status));
    t.ok([200, 201].includes((await download(client, other)).status));
  }
  const { exitCode, stdout } = await seonchak('account', 'lock', 'm-1', '--reason', 'ticket 88');
  t.equal(exitCode, 0);
  t.equal(stdout, 'm-1 is locked\n');
  for (const answer of await everywhere((client) => download(client, token), 403)) {
    t.match(answer, { status: 403, body: { code: 'account_locked' } });
  }
  for (const client of clients) {
    t.match(await client.call('/v1/me/coupons', { token }), {
      status: 403,
      body: { code: 'account_locked' },
    });
    t.equal((await download(client, other)).status, 200, 'and no one else');
  }
  t.equal((await seonchak('account', 'lock', 'm-1')).stdout, 'm-1 was locked\n');
  t.equal((await seonchak('account', 'unlock', 'm-1')).exitCode, 0);
  for (const answer of await everywhere((client) => download(client, token), 200)) {
    t.match(answer, { status: 200, body: { outcome: 'already_issued' } });
  }
});

t.test('a locked seller changes nothing, and the coupon goes on', async (t) => {
  const other = await signToken('shop-2', 'seller');
  const rename = (client: HttpClient) =>
    client.call(couponPath, { method: 'PATCH', token: seller, body: { name: 'Renamed' } });
  t.equal((await seonchak('account', 'lock', 'shop-1')).exitCode, 0);
  for (const answer of await everywhere(rename, 403)) t.match(answer.body, { code: 'account_locked' });
  t.equal((await download(here, await signToken('m-3', 'member'))).status, 201);
  const foreign = await here.call(`${couponPath}/pause`, { method: 'POST', token: other });
  t.match(foreign.body, { code: 'forbidden' });
  await seonchak('account', 'unlock', 'shop-1');
  await everywhere(rename, 200);
});

t.test('a process that starts later knows the locks', async (t) => {
  await seonchak('account', 'lock', 'm-4');
  const late = await startSeonchak({ ...settings, ROLES: 'api' });
  t.teardown(() => late.stop());
  const client = new HttpClient(late.origin, 1);
  t.teardown(() => client.close());
  t.match((await download(client, await signToken('m-4', 'member'))).body, { code: 'account_locked' });
});

t.test('a locked account cannot sign in, and only its owner learns why', async (t) => {
  const email = 'Locked@shop.test';
  const password = 'correct horse battery';
  const body = { email, password };
  const account = await here.call('/v1/accounts', { method: 'POST', body: { ...body, role: 'member' } });
  t.equal(account.status, 201);
  t.equal((await here.call('/v1/sessions', { method: 'POST', body })).status, 200);
  const locking = await seonchak('account', 'lock', email, '--json');
  t.same(JSON.parse(locking.stdout), {
    ...{ subject: String(account.body['id']), locked: true, changed: true, known: true },
  });
  t.match(await here.call('/v1/sessions', { method: 'POST', body }), {
    status: 403,
    body: { code: 'account_locked' },
  });
  t.match(await here.call('/v1/sessions', { method: 'POST', body: { email, password: 'wrong password' } }), {
    status: 401,
    body: { code: 'invalid_credentials' },
  });
});

t.test('a lock names the account, and warns where the id is unknown', async (t) => {
  const unknown = await seonchak('account', 'lock', 'm-404');
  t.equal(unknown.stdout, 'm-404 is locked\n', 'its first request may be to come');
  t.match(unknown.stderr, /^No account, coupon or issuance has the id m-404 yet\. Check the spelling\.\n$/);
  t.equal((await seonchak('account', 'unlock', 'm-1')).stderr, '', 'a member with an issuance is known');
  const body = { email: 'Named@shop.test', password: 'correct horse battery', role: 'seller' };
  const { body: account } = await here.call('/v1/accounts', { method: 'POST', body });
  const id = String(account['id']);
  t.match(await seonchak('account', 'lock', id), {
    stdout: `${id} (named@shop.test, seller) is locked\n`,
    stderr: '',
  });
});

t.test('a malformed name is refused, and an unknown one is not found', async (t) => {
  t.equal((await seonchak('account', 'lock', 'a\nb')).exitCode, 2);
  t.match(await seonchak('account', 'lock', 'nobody@shop.test'), {
    exitCode: 1,
    stderr:
      /^seonchak: No account has the e-mail address nobody@shop\.test\. .*--subject\. \[command_failed\]\n$/,
  });
});

t.test('the audit log says who did what, when and from where', async (t) => {
  const coupon = { target: `coupon ${String(registered.body['id'])}` };
  const bySeller = { kind: 'seller', id: 'shop-1', address: '127.0.0.1' };
  const token = seller;
  await here.call(`${couponPath}/pause`, { method: 'POST', token });
  await here.call(couponPath, { method: 'PATCH', token, body: { quantity: 20, name: 'Both at once' } });
  t.equal((await here.call(`${couponPath}/issuances/1`, { method: 'DELETE', token })).status, 200);
  t.equal((await here.call(`${couponPath}/issuances/1`, { method: 'DELETE', token })).status, 200);

  const log = await seonchak('audit', '--json');
  const { entries } = JSON.parse(log.stdout) as { entries: { action: string; at: string }[] };
  const of = (action: string) => entries.filter((entry) => entry.action === action);
  t.match(of('coupon_registered'), [
    { ...coupon, actor: bySeller, detail: { name: 'Locked out', quantity: 10 } },
  ]);
  const amended = of('coupon_amended');
  t.match(amended.slice(-2), [
    { ...coupon, actor: bySeller, detail: { paused: true } },
    { ...coupon, actor: bySeller, detail: { quantity: 20, name: 'Both at once' } },
  ]);
  t.match(of('issuance_revoked'), [{ ...coupon, actor: bySeller, detail: { issueNo: 1, memberId: 'm-1' } }]);
  t.equal(of('issuance_revoked').length, 1, 'a repetition is not another deed');
  t.match(of('account_created'), [{ actor: { kind: 'anyone', address: '127.0.0.1' } }]);
  t.match(of('account_locked')[0], {
    actor: { kind: 'operator' },
    target: 'subject m-1',
    detail: { reason: 'ticket 88' },
  });
  t.ok(entries.every(({ at }) => Math.abs(Date.parse(at) - Date.now()) < 600_000));
  t.notMatch(log.stdout, /correct horse|scrypt|eyJ/);
  const shown = await seonchak('audit', '--limit', '2');
  t.equal(shown.stdout.trim().split('\n').length, 3, 'a heading and two entries');
});
