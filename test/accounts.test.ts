/** Tests accounts as operators and owners use them: two API processes, the command line, a mail server, a browser. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { violationsOn } from './clients/axe.js';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import type { HttpAnswer } from './clients/http-client.js';
import { runSeonchak } from './clients/seonchak-command.js';
import { startMailReceiver } from './servers/mail-receiver.js';
import { startMariadb } from './servers/mariadb.js';
import { startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';

/** The promise is a second; a busy machine gets more. */
const PATIENCE_MS = 15_000;
const PASSWORD = 'correct horse battery';

const receiver = await startMailReceiver();
t.teardown(() => receiver.stop());

const [redis, mariadb, browser] = await Promise.all([startRedis(), startMariadb(), startBrowser()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop(), browser.close()]));
const settings = {
  ...{ REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET },
  ...{ SMTP_URL: `smtp://127.0.0.1:${receiver.port}`, SMTP_FROM: 'coupons@shop.test' },
  PUBLIC_URL: 'https://coupons.example',
};
const servers = [await startSeonchak(settings), await startSeonchak({ ...settings, ROLES: 'api' })];
t.teardown(() => Promise.all(servers.map((server) => server.stop())));
const clients = servers.map((server) => new HttpClient(server.origin, 4));
t.teardown(() => clients.forEach((client) => client.close()));
const [here] = clients;
if (here === undefined) throw new Error('no client');
const seonchak = (...words: string[]) => runSeonchak(words, settings);

async function signUp(email: string, role = 'member'): Promise<string> {
  const body = { email, password: PASSWORD, role };
  const answer = await here?.call('/v1/accounts', { method: 'POST', body });
  return String(answer?.body['id']);
}

async function session(email: string, password = PASSWORD): Promise<string> {
  const answer = await here?.call('/v1/sessions', { method: 'POST', body: { email, password } });
  return String(answer?.body['accessToken']);
}

/** Asks every process until all answer with this status. */
async function everywhere(token: string, status: number): Promise<HttpAnswer[]> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const answers = await Promise.all(clients.map((client) => client.call('/v1/me', { token })));
    if (answers.every((answer) => answer.status === status) || performance.now() > giveUpAt) return answers;
    await pause(50);
  }
}

t.test('a change of password ends the sessions of the account on every process', async (t) => {
  await signUp('mina@shop.test');
  const [old, other] = [await session('mina@shop.test'), await session('mina@shop.test')];
  await everywhere(other, 200);
  const body = { currentPassword: PASSWORD, newPassword: 'another horse battery' };
  const changed = await here.call('/v1/me/password', { method: 'POST', token: old, body });
  t.equal(changed.status, 200);
  for (const answer of await everywhere(other, 401)) t.match(answer.body, { reason: 'token_expired' });
  const fresh = String(changed.body['accessToken']);
  for (const answer of await everywhere(fresh, 200)) t.equal(answer.status, 200);
  const late = await startSeonchak({ ...settings, ROLES: 'api' });
  t.teardown(() => late.stop());
  const client = new HttpClient(late.origin, 1);
  t.teardown(() => client.close());
  t.equal((await client.call('/v1/me', { token: other })).status, 401, 'a later process knows it too');
});

t.test('accounts are listed, disabled everywhere, and enabled again', async (t) => {
  const id = await signUp('seller@shop.test', 'seller');
  const token = await session('seller@shop.test');
  await everywhere(token, 200);
  t.match(await seonchak('account', 'disable', 'Seller@shop.test'), {
    exitCode: 0,
    stdout: `${id} (seller@shop.test, seller) is disabled\n`,
  });
  for (const answer of await everywhere(token, 403)) t.match(answer.body, { code: 'account_locked' });
  t.match(await seonchak('account', 'disable', id), { stdout: /was disabled\n$/ });
  const listed = await seonchak('account', 'list', '--role', 'seller');
  t.match(listed.stdout, new RegExp(`^${id} +seller@shop\\.test +seller +\\S+ +disabled$`, 'm'));
  const one = JSON.parse((await seonchak('account', 'list', '--limit', '1', '--json')).stdout) as {
    accounts: { id: string; email: string }[];
    more: boolean;
  };
  t.match(one, { accounts: [{ email: 'mina@shop.test', role: 'member', locked: false }], more: true });
  const next = await seonchak('account', 'list', '--after', String(one.accounts[0]?.id), '--email', 'sel');
  t.equal(next.stdout.trim().split('\n').length, 2, 'the heading and the account');
  t.equal((await seonchak('account', 'enable', 'seller@shop.test')).exitCode, 0);
  for (const answer of await everywhere(token, 200)) t.equal(answer.status, 200);
  t.match(await seonchak('account', 'disable', 'nobody@shop.test'), {
    exitCode: 1,
    stderr: /No account has the e-mail address or id nobody@shop\.test/,
  });
});

t.test('a change of role ends the sessions, because tokens carry the role', async (t) => {
  await signUp('operator@shop.test');
  const token = await session('operator@shop.test');
  await everywhere(token, 200);
  const granted = await seonchak('account', 'role', 'operator@shop.test', 'admin');
  t.match(granted.stdout, /\(operator@shop\.test, member\) is given the role admin\n$/);
  for (const answer of await everywhere(token, 401)) t.equal(answer.status, 401);
  const fresh = await session('operator@shop.test');
  for (const answer of await everywhere(fresh, 200)) t.match(answer.body, { role: 'admin' });
  const signedUp = await here.call('/v1/accounts', {
    method: 'POST',
    body: { email: 'a@b.test', password: PASSWORD, role: 'admin' },
  });
  t.equal(signedUp.status, 400, 'no caller signs up as one');
});

t.test('an account is deleted at the command line only with --yes', async (t) => {
  const id = await signUp('leaver@shop.test');
  const token = await session('leaver@shop.test');
  await everywhere(token, 200);
  t.equal((await seonchak('account', 'delete', 'leaver@shop.test')).exitCode, 2);
  t.match(await seonchak('account', 'delete', 'leaver@shop.test', '--yes'), {
    stdout: `${id} (leaver@shop.test, member) is deleted\n`,
  });
  for (const answer of await everywhere(token, 401)) t.equal(answer.status, 401);
});

t.test('a link is mailed in both languages, and the mail of a failing server is logged', async (t) => {
  await signUp('forgot@shop.test');
  const ask = (email: string) => here.call('/v1/password-resets', { method: 'POST', body: { email } });
  t.equal((await ask('forgot@shop.test')).status, 202);
  const decoded = await receiver.received(1);
  const mail = receiver.mails[0] ?? '';
  t.match(mail, /^From: coupons@shop\.test\r?$/m);
  t.match(mail, /^To: .*forgot@shop\.test/m);
  t.match(decoded, /Open this link/);
  t.match(decoded, /비밀번호/);
  const [, secret = ''] = /https:\/\/coupons\.example\/reset#([\w-]{43})/.exec(decoded) ?? [];
  const set = await here.call('/v1/passwords', {
    method: 'POST',
    body: { token: secret, password: 'a mailed horse battery' },
  });
  t.equal(set.status, 200);
  t.equal((await everywhere(await session('forgot@shop.test', 'a mailed horse battery'), 200)).length, 2);

  t.match(await seonchak('account', 'reset', 'forgot@shop.test', '--mail'), {
    exitCode: 0,
    stdout: 'mailed to forgot@shop.test\n',
  });
  t.equal(receiver.mails.length, 2);
  const refused = await runSeonchak(['account', 'reset', 'forgot@shop.test', '--mail'], {
    ...settings,
    SMTP_URL: 'smtp://127.0.0.1:1',
  });
  t.match(refused, { exitCode: 1, stderr: /The mail server did not accept the mail\. Check SMTP_URL\./ });
  const plain = await runSeonchak(['account', 'reset', 'forgot@shop.test', '--mail'], {
    ...settings,
    SMTP_URL: `smtp://user:password@127.0.0.1:${receiver.port}`,
  });
  t.equal(plain.exitCode, 1, 'a password does not go over a connection without TLS');
});

t.test('the link of `account reset` opens a page that sets the password', async (t) => {
  await signUp('locked-out@shop.test');
  for (const [locale, heading] of [
    ['en-US', 'Your new password is set'],
    ['ko-KR', '새 비밀번호를 설정했습니다'],
  ] as const) {
    const made = await runSeonchak(['account', 'reset', 'locked-out@shop.test'], {
      ...settings,
      PUBLIC_URL: servers[0]?.origin ?? '',
    });
    t.equal(made.exitCode, 0);
    t.match(made.stderr, /\(locked-out@shop\.test, member\) once, until /);
    const page = await browser.person({ locale });
    await page.goto(made.stdout.trim());
    await page.getByRole('textbox').waitFor();
    t.same(await violationsOn(page), []);
    await page.getByRole('textbox').fill('short');
    await page.getByRole('button').click();
    await page.locator('[aria-invalid]').waitFor();
    t.same(await violationsOn(page), []);
    await page.getByRole('textbox').fill(`a horse in ${locale}`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: heading }).waitFor();
    t.notMatch(page.url(), /#/, 'the link is no longer in the history');
    t.equal((await everywhere(await session('locked-out@shop.test', `a horse in ${locale}`), 200)).length, 2);
    await page.goto(made.stdout.trim());
    await page.getByRole('textbox').fill('a second horse battery');
    await page.getByRole('button').click();
    await page.locator('[aria-invalid]').waitFor();
    t.same(await violationsOn(page), [], 'the link is used up');
    await page.context().close();
  }
  t.same(browser.complaints, []);
});

/** The text of a mail, whose lines may be in quoted-printable or base64. */
