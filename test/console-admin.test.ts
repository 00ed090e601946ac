/**
 * Tests the pages of an administrator in a real browser, with Redis and a database.
 *
 * Health, comparison, repair, accounts and the audit log.
 */
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { runSeonchak } from './clients/seonchak-command.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { startMariadb } from './servers/mariadb.js';
import { redisClient, startRedis } from './servers/redis.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';
import { couponKey } from '../src/persist/redis/keys.js';

const PASSWORD = 'correct horse battery';

const [redis, mariadb] = await Promise.all([startRedis(), startMariadb()]);
t.teardown(() => Promise.all([redis.stop(), mariadb.stop()]));
const settings = { REDIS_URL: redis.url, MYSQL_URL: mariadb.url, JWT_SECRET: TEST_SECRET };
const server = await startSeonchak({ ...settings, ROLES: 'api' });
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());
const client = new HttpClient(server.origin, 8);
t.teardown(() => client.close());
const keys = redisClient(redis);
t.teardown(() => keys.disconnect());

const account = ['account', 'create', '--email', 'admin@shop.test', '--role', 'admin', '--password-stdin'];
const made = await runSeonchak(account, settings, PASSWORD);
if (made.exitCode !== 0) throw new Error(made.stderr);
await client.call('/v1/accounts', {
  method: 'POST',
  body: { email: 'helper@shop.test', password: PASSWORD, role: 'member' },
});
const registered = await client.call('/v1/coupons', {
  method: 'POST',
  token: await signToken('shop-1', 'seller'),
  body: { name: 'Autumn sale', quantity: 10 },
});
const couponId = Number(registered.body['id']);
for (const member of ['m-1', 'm-2', 'm-3']) {
  const token = await signToken(member, 'member');
  await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token });
}
const page = await browser.person();

t.test('an administrator signs in and sees that no recorder works', async (t) => {
  await page.goto(`${server.origin}/#/admin`);
  await page.getByText('This page is for administrators').waitFor();
  await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('E-mail address').fill('admin@shop.test');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).first().click();
  await page.getByRole('heading', { name: 'Health' }).waitFor();
  await page.getByText('3 issuances wait').waitFor();
  t.equal(await page.getByText('Answers', { exact: true }).count(), 2, 'both stores');
});

t.test('a lost issuance is found and repaired from the page of the coupon', async () => {
  // As a fault of Redis would: the second winner is no longer queued.
  await keys.zremrangebyscore(couponKey(couponId, 'issuable_coupon_queue'), 2, 2);
  await page.getByRole('link', { name: 'All coupons' }).click();
  await page.getByLabel('Search by name').fill('Autumn');
  await page.getByRole('link', { name: 'Autumn sale' }).click();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByText('Issued, not recorded').waitFor();
  await page.getByText('2 (m-2)').waitFor();
  await page.getByRole('button', { name: 'Repair' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Repair' }).click();
  await page.getByText('1 issuance was queued again.').waitFor();
  await page.getByRole('button', { name: 'Compare again' }).click();
  await page.getByText('No difference.').waitFor();
});

t.test('a coupon of another seller is paused and resumed', async (t) => {
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  t.equal((await client.call(`/v1/coupons/${couponId}`)).body['state'], 'open');
});

t.test('an account gets a role, a link and is disabled; the audit log has it all', async (t) => {
  await page.getByRole('link', { name: 'Accounts' }).click();
  await page.getByText('This is you').waitFor();
  await page.getByLabel('Beginning of an e-mail address').fill('help');
  await page.getByText('This is you').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Change role: helper@shop.test' }).click();
  await page.getByRole('dialog').getByText('Registers coupons').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Change role' }).click();
  await page.getByText('helper@shop.test: Seller.').waitFor();
  await page.getByRole('button', { name: 'New password: helper@shop.test' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'New password' }).click();
  t.match(await page.locator('.secret code').textContent(), /\/reset#/);
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('button', { name: 'Disable: helper@shop.test' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByText('helper@shop.test is disabled.').waitFor();
  const refused = await client.call('/v1/sessions', {
    method: 'POST',
    body: { email: 'helper@shop.test', password: PASSWORD },
  });
  t.match(refused, { status: 403, body: { code: 'account_locked' } });

  await page.getByRole('link', { name: 'Audit log' }).click();
  for (const action of ['Account disabled', 'Link for a password made', 'Role changed', 'Coupon repaired'])
    await page.getByText(action, { exact: true }).first().waitFor();
  await page.getByRole('row', { name: 'Role changed' }).getByText('2 fields').click();
  await page.getByText('seller', { exact: true }).waitFor();
  await page
    .getByRole('row', { name: /Coupon repaired Coupon \d+/ })
    .first()
    .waitFor();
});

t.test('on a phone nothing is wider than the screen, in the longer language either', async (t) => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const address of ['#/admin', '#/admin/coupons', '#/admin/accounts', '#/admin/audit']) {
    await page.goto(`${server.origin}/${address}`);
    await page.locator('.health-card, .table').first().waitFor();
    const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    t.ok(Number(wider) <= 0, `${address}: ${String(wider)} px`);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
});

t.test('a comparison of many rows shows its progress, and downloads go on beside it', async (t) => {
  const filled = await runSeonchak(
    ['seed', '--members', '200000', '--coupons', '1', '--member-coupons', '200000'],
    settings,
  );
  t.equal(filled.exitCode, 0, filled.stderr);
  const listed = await client.call('/v1/coupons?state=closed&limit=1');
  const [past] = listed.body['items'] as { id: number }[];
  const token = String(await page.evaluate(`JSON.parse(localStorage.getItem('seonchak.session')).token`));

  const startedAtMs = performance.now();
  const state = { comparing: true, headAtMs: 0 };
  const headers = { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' };
  const comparison = fetch(`${server.origin}/v1/admin/coupons/${past?.id}/reconcile`, { headers })
    .then((response) => {
      state.headAtMs = performance.now();
      return response.text();
    })
    .finally(() => (state.comparing = false));
  let slowestMs = 0;
  let answered = 0;
  while (state.comparing) {
    const sentAtMs = performance.now();
    const request = { method: 'POST', token: await signToken(`beside-${answered++}`, 'member') };
    const { status } = await client.call(`/v1/coupons/${couponId}/download`, request);
    t.ok(status === 201 || status === 409, 'issued, then sold out');
    slowestMs = Math.max(slowestMs, performance.now() - sentAtMs);
  }
  const tookMs = performance.now() - startedAtMs;
  // The first line follows the head of the response within half of this.
  const afterHeadMs = performance.now() - state.headAtMs;
  const lines = (await comparison).trim().split('\n');
  t.match(JSON.parse(lines.at(-1) ?? ''), { compared: 200_000, report: { clean: true, recorded: 200_000 } });
  t.ok(lines.length > 1 || afterHeadMs < 1_000, 'a long one shows its progress');
  t.ok(answered > 10, `${answered} downloads during the comparison`);
  t.ok(slowestMs < tookMs / 2, `the slowest took ${slowestMs} ms of ${tookMs} ms`);

  await page.goto(`${server.origin}/#/admin/coupons/${past?.id}`);
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByText(/Comparing… [\d,]+ so far/).waitFor();
  await page.getByText('200,000 issued, 200,000 recorded.').waitFor();
  t.same(browser.complaints, []);
});

t.test('an issuance without a row is not called nothing, and appears when recorders catch up', async (t) => {
  const late = await client.call('/v1/coupons', {
    ...{ method: 'POST', token: await signToken('shop-1', 'seller') },
    body: { name: 'Recorded later', quantity: 10 },
  });
  const id = Number(late.body['id']);
  const [member, seller] = await Promise.all([
    signedIn(browser, 'm-late', 'member'),
    signedIn(browser, 'shop-1', 'seller'),
  ]);
  await member.goto(`${server.origin}/#/coupons/${id}`);
  await member.getByRole('button', { name: 'Download' }).click();
  await member.getByText('Saving…').waitFor();
  await member.getByRole('link', { name: 'To my coupons' }).click();
  await member.locator('.mine', { hasText: 'Recorded later' }).getByText('Saving…').waitFor();
  t.equal(await member.getByText('No coupons yet').count(), 0);
  await seller.goto(`${server.origin}/#/sell/${id}`);
  await seller.getByText('Nothing recorded yet').waitFor();

  const recorder = await startSeonchak({ ...settings, ROLES: 'recorder' });
  t.teardown(() => recorder.stop());
  await seller.locator('[data-issue-no="1"]').waitFor();
  await member.locator('.mine').getByRole('button', { name: 'Show' }).waitFor();
  t.equal(await member.locator('.mine').count(), 1, 'one card, once its row is there');
  await recorder.stop();
  await Promise.all([member.context().close(), seller.context().close()]);
});

t.test('a store that is down is named, with the reason in the reader’s language', async () => {
  await page.goto(`${server.origin}/#/admin`);
  await page.getByText('Answers', { exact: true }).first().waitFor();
  await redis.kill('SIGKILL');
  await page.getByText('Does not answer').waitFor();
  await page.getByText('Not served').waitFor();
  await page.getByText('Redis is not connected, or does not accept writes.').waitFor();
  await page.getByRole('button', { name: '한국어' }).click();
  await page.getByText('Redis에 연결되어 있지 않거나 쓰기가 되지 않습니다.').waitFor();
});
