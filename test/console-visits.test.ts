/** Visits every page of the console for the first time, as everyone who comes, and reads the log of the browser. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import t from 'tap';
import { runSeonchak } from './clients/seonchak-command.js';
import { signedInWith } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { TEST_SECRET } from './servers/seonchak.js';
import { openConsole } from './system/console-under-test.js';

const POLL_MS = 20;

const { storeSettings, server, browser, client, sellerToken, register, download } = await openConsole(t);
const memberToken = await signToken('member-1', 'member');

const open = await register({ name: 'Open', quantity: 5, perMember: 2, holdSeconds: 600 });
const later = await register({ name: 'Later', quantity: 5, opensAt: '2099-01-01T00:00:00Z' });
const soldOut = await register({ name: 'Sold out', quantity: 1 });
await download(soldOut, 'm-2');

async function adminToken(): Promise<string> {
  const account = { email: 'admin@shop.test', password: 'correct horse battery' };
  const made = await runSeonchak(
    ['account', 'create', '--email', account.email, '--role', 'admin', '--password-stdin'],
    { ...storeSettings, JWT_SECRET: TEST_SECRET },
    account.password,
  );
  if (made.exitCode !== 0) throw new Error(made.stderr);
  const { body } = await client.call('/v1/sessions', { method: 'POST', body: account });
  return String(body['accessToken']);
}

/** What the browser shows in red: errors in its log, refused and failed requests. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${String(error)}`));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${page.url()}: ${response.status()} ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    const text = request.failure()?.errorText ?? '';
    // A page that is left ends what it was waiting for.
    if (text !== 'net::ERR_ABORTED') faults.push(`${page.url()}: ${text} ${request.url()}`);
  });
  return faults;
}

const everyone = ['', `#/coupons/${open}`, `#/coupons/${later}`];
const visits = {
  anonymous: [
    ...[`coupons/${open}`, `#/coupons/${soldOut}`, '#/sign-in', '#/sign-up', '#/forgot', '#/me', '#/sell'],
    ...['#/admin', '#/nowhere', 'till', 'reset', 'reference', 'docs/errors'],
  ],
  member: [`#/coupons/${soldOut}`, '#/me', '#/account'],
  seller: [
    ...['#/sell', '#/sell/new', `#/sell/${open}`, `#/sell/${soldOut}`, `#/sell/${open}/rules`, '#/account'],
    ...[`#/sell/${open}/holds`, `#/sell/${open}/redemptions`, '#/sell/keys', '#/sell/webhooks', 'till'],
  ],
  admin: [
    ...['#/admin', '#/admin/coupons', `#/admin/coupons/${open}`, '#/admin/accounts', '#/admin/audit'],
    '#/account',
  ],
} as const;

const tokens = {
  anonymous: undefined,
  member: memberToken,
  seller: sellerToken,
  admin: await adminToken(),
};

for (const who of ['anonymous', 'member', 'seller', 'admin'] as const) {
  t.test(`a first visit as ${who} leaves nothing red in the log of the browser`, async (t) => {
    const token = tokens[who];
    const page = token === undefined ? await browser.person() : await signedInWith(browser, token);
    const faults = faultsOf(page);
    for (const address of [...everyone, ...visits[who]]) {
      // By way of an empty page: an address that differs after the # alone loads nothing.
      await page.goto(`${server.origin}/openapi.json`);
      await page.goto(`${server.origin}/${address}`);
      await page.locator('h1').first().waitFor();
      // The policy of the pages forbids `waitForFunction`, which evaluates text.
      while ((await page.locator('.state-loading, [aria-busy=true]').count()) > 0) await pause(POLL_MS);
      t.same(faults.splice(0), [], address);
    }
    await page.context().close();
  });
}

t.test('what a member does leaves nothing red either', async (t) => {
  const page = await signedInWith(browser, memberToken);
  const faults = faultsOf(page);
  await page.goto(`${server.origin}/#/me`);
  await page.getByText('No coupons yet').waitFor();
  await page.goto(`${server.origin}/#/coupons/${open}`);
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  await page.locator('.issued-number').waitFor();
  await page.goto(`${server.origin}/#/me`);
  await page.locator('.mine').waitFor();
  t.same(faults, []);
  t.same(browser.complaints, []);
});

t.test('an address that changes while the first page is drawn is followed', async (t) => {
  const page = await browser.person();
  const content = `new MutationObserver((_, observer) => {
    if (document.querySelector('form') === null) return;
    observer.disconnect();
    location.hash = '#/nowhere';
  }).observe(document, { childList: true, subtree: true })`;
  await page.addInitScript({ content });
  await page.goto(`${server.origin}/#/sign-in`);
  await page.locator('.state-title').waitFor();
  t.match(page.url(), /#\/nowhere$/);
});
