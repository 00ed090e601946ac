/** The pages of a seller in a real browser: coupons that are many, holders, server keys and webhooks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
// The receiver of webhooks is on this machine.
const server = await startSeonchak({ ...backEnd.settings, WEBHOOK_ALLOW_PRIVATE: '1' });
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());
const client = new HttpClient(server.origin, 8);
t.teardown(() => client.close());

const token = await signToken('seller-1', 'seller');
const page = await signedIn(browser, 'seller-1', 'seller');

async function register(terms: Record<string, unknown>): Promise<number> {
  const { body } = await client.call('/v1/coupons', { method: 'POST', token, body: terms });
  return Number(body['id']);
}

async function download(couponId: number, memberId: string): Promise<void> {
  const member = await signToken(memberId, 'member');
  await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token: member });
}

t.test('coupons are listed newest first, and found by name, state and opening', async (t) => {
  await register({ name: 'Spring sale', quantity: 5, opensAt: '2099-05-01T00:00:00Z' });
  const closed = await register({ name: 'Summer sale', quantity: 5, opensAt: '2099-06-01T00:00:00Z' });
  await register({ name: 'Gift', quantity: 5 });
  await client.call(`/v1/coupons/${closed}/close`, { method: 'POST', token });
  await page.goto(`${server.origin}/#/sell`);
  const names = page.locator('.cell-name a');
  await names.nth(2).waitFor();
  t.same(await names.allTextContents(), ['Gift', 'Summer sale', 'Spring sale']);

  await page.getByText('Latest opening first').click();
  await page.locator('tr:nth-child(3) a', { hasText: 'Gift' }).waitFor();
  t.same(await names.allTextContents(), ['Summer sale', 'Spring sale', 'Gift']);

  await page.getByRole('searchbox', { name: 'Search by name' }).fill('SALE');
  await page.locator('tbody tr:nth-child(2):last-child', { hasText: 'Spring sale' }).waitFor();
  t.same(await names.allTextContents(), ['Summer sale', 'Spring sale']);
  await page.locator('.choice-face', { hasText: 'Closed' }).click();
  await page.locator('tbody tr:only-child', { hasText: 'Summer sale' }).waitFor();
  await page.locator('.choice-face', { hasText: 'Paused' }).click();
  await page.getByText('No coupon found').waitFor();
});

t.test('numbers are understood as people write them', async (t) => {
  await page.goto(`${server.origin}/#/sell/new`);
  await page.getByLabel('Name').fill('Written with a comma');
  await page.getByLabel('Quantity').fill('1,5');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByText('A whole number from 1 to 1,000,000,000.').waitFor();
  await page.getByLabel('Quantity').fill('12,500');
  await page.getByText('Percent').click();
  await page.getByLabel('Value').fill('12,5 %');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByRole('heading', { name: 'Written with a comma', level: 1 }).waitFor();
  const id = /\/sell\/(\d+)$/.exec(page.url())?.[1] ?? '';
  const { body } = await client.call(`/v1/coupons/${id}`);
  t.match(body, { quantity: 12_500, discount: { type: 'percent', value: 12.5 } });
});

t.test('a coupon for the till has its days, and its form names what is fixed', async (t) => {
  await page.goto(`${server.origin}/#/sell/new`);
  await page.getByLabel('Name').fill('Three days');
  await page.getByLabel('Quantity').fill('5');
  await page.getByText('Days after issue').click();
  await page.getByText('Only the shop').click();
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByText('A whole number from 1 to 3,650.').waitFor();
  await page.getByLabel('Days after issue', { exact: true }).and(page.locator('[name=validity]')).fill('3');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByRole('heading', { name: 'Three days', level: 1 }).waitFor();
  const id = /\/sell\/(\d+)$/.exec(page.url())?.[1] ?? '';
  const read = async () => (await client.call(`/v1/coupons/${id}`)).body;
  t.match(await read(), { validity: { days: 3, zone: 'UTC' }, redeemBy: 'seller' });

  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('No discount. It is fixed').waitFor();
  await dialog.locator('[name=validity]').fill('4');
  await dialog.getByText('The member').click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  t.match(await read(), { validity: { days: 4 }, redeemBy: 'member' });

  await page.getByRole('button', { name: 'Close' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('Closed for good: nothing of it can be changed.').waitFor();
  t.equal(await page.getByRole('button', { name: 'Edit' }).count(), 0);
});

t.test('an amount is registered in its currency', async (t) => {
  await page.goto(`${server.origin}/#/sell/new`);
  await page.getByLabel('Name').fill('Off in dollars');
  await page.getByLabel('Quantity').fill('5');
  await page.getByText('Amount').click();
  await page.getByLabel('Currency').selectOption('USD');
  await page.getByLabel('Value').fill('1,250.5');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.locator('.discount', { hasText: '$1,250.50 off' }).waitFor();
  const id = /\/sell\/(\d+)$/.exec(page.url())?.[1] ?? '';
  const { body } = await client.call(`/v1/coupons/${id}`);
  t.same(body['discount'], { type: 'amount', value: 125_050, currency: 'USD' });
});

t.test('holders appear as they come, and are found by member and by number', async (t) => {
  const couponId = await register({ name: 'Followed', quantity: 50 });
  for (let member = 1; member <= 3; member++) await download(couponId, `early-${member}`);
  await page.goto(`${server.origin}/#/sell/${couponId}`);
  await page.locator('[data-issue-no="3"]').waitFor();
  for (let member = 1; member <= 22; member++) await download(couponId, `late-${member}`);
  await page.locator('tbody tr:first-child[data-issue-no="25"]').waitFor();
  t.equal(await page.locator('[data-issue-no]').count(), 20, 'a page of them');

  const search = page.getByRole('searchbox', { name: 'Member or number' });
  await search.fill('early-2');
  await page.locator('tbody tr:only-child[data-issue-no="2"]').waitFor();
  await search.fill('7');
  await page.locator('tbody tr:only-child[data-issue-no="7"]').waitFor();
  await search.fill('nobody');
  await page.getByText('Not found').waitFor();
});

t.test('a server key is shown once, works with its scopes, and not after its revoke', async (t) => {
  await page.goto(`${server.origin}/#/sell/keys`);
  await page.getByText('No keys yet').waitFor();
  await page.getByRole('button', { name: 'Create a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create a key' }).click();
  await dialog.getByText('Please fill this in.').waitFor();
  await dialog.getByLabel('Name').fill('Checkout');
  await dialog.getByLabel('Redeem and cancel').uncheck();
  await dialog.getByRole('button', { name: 'Create a key' }).click();
  const key = (await page.locator('.secret code').textContent()) ?? '';
  t.match(key, /^sck_/);
  t.equal((await client.call('/v1/webhooks', { token: key })).status, 200);
  t.match((await client.call('/v1/coupons', { method: 'POST', token: key, body: {} })).body, {
    code: 'scope_missing',
  });
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.locator('.secret').waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Revoke key Checkout' }).click();
  await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.locator('[data-over="true"]', { hasText: 'Checkout' }).waitFor();
  t.equal((await client.call('/v1/webhooks', { token: key })).status, 401);
  await page.reload();
  await page.locator('td', { hasText: 'Checkout' }).waitFor();
  t.equal(await page.locator('.secret').count(), 0, 'no later page has the key');
});

t.test('a webhook is added, tested, followed, replayed and removed', async (t) => {
  let status = 204;
  const got: { events: { type: string }[] }[] = [];
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push(JSON.parse(Buffer.concat(parts).toString()) as (typeof got)[number]);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  t.teardown(() => receiver.close());
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;

  await page.goto(`${server.origin}/#/sell/webhooks`);
  await page.getByText('No webhooks yet').waitFor();
  await page.getByRole('button', { name: 'Add a webhook' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill('ftp://shop.example');
  await dialog.getByRole('button', { name: 'Add a webhook' }).click();
  await dialog.getByText('An address that begins with https://.').waitFor();
  await dialog.getByLabel('Address').fill(url);
  await dialog.getByRole('button', { name: 'Add a webhook' }).click();
  t.match(await page.locator('.secret code').textContent(), /^whsec_/);

  await page.getByRole('button', { name: `Send a test: ${url}` }).click();
  await page.getByText('Delivered (204)', { exact: true }).waitFor();
  status = 500;
  await page.getByRole('button', { name: `Send a test: ${url}` }).click();
  await page.getByText('Refused by the receiver (500)', { exact: true }).waitFor();
  t.same(
    got.map(({ events }) => events[0]?.type),
    ['webhook.test', 'webhook.test'],
  );

  const couponId = await register({ name: 'Hooked', quantity: 5 });
  await download(couponId, 'hooked-1');
  await page.getByText('Refused by the receiver (500), ').waitFor();
  await page.locator('.webhook', { hasText: 'Failing since' }).waitFor();
  status = 204;
  await page.getByText('Delivered (204), ').waitFor();
  await page.getByText('Deliveries', { exact: true }).click();
  await page.locator('.deliveries tbody tr', { hasText: 'Delivered' }).first().waitFor();

  await page.getByRole('button', { name: `Replay: ${url}` }).click();
  await dialog.getByLabel('Coupon number').fill(String(couponId));
  await dialog.getByRole('button', { name: 'Replay' }).click();
  await page.getByText('1 issuance is delivered once more.').waitFor();

  await page.getByRole('button', { name: `Remove: ${url}` }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No webhooks yet').waitFor();
});

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});
