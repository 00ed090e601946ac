/** Tests server keys and webhooks in a real browser, as a seller sets them up. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { signedIn } from './clients/signed-in.js';
import { openConsole } from './system/console-under-test.js';

// The receiver of webhooks is on this machine.
const { server, browser, client, register, download } = await openConsole(t, { WEBHOOK_ALLOW_PRIVATE: '1' });

const page = await signedIn(browser, 'seller-1', 'seller');

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
  const got: { events: { type: string; issueNo?: number }[] }[] = [];
  const delivered: (number | undefined)[] = [];
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push(JSON.parse(Buffer.concat(parts).toString()) as (typeof got)[number]);
      if (status < 300) delivered.push(...(got.at(-1)?.events ?? []).map(({ issueNo }) => issueNo));
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
  await page.getByText('Test: Delivered (204)', { exact: true }).waitFor();
  status = 500;
  await page.getByRole('button', { name: `Send a test: ${url}` }).click();
  await page.getByText('Test: Refused by the receiver (500)', { exact: true }).waitFor();
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

  await page.getByRole('button', { name: `Rotate secret: ${url}` }).click();
  await dialog.getByRole('button', { name: 'Rotate secret' }).click();
  const secret = (await page.locator('.secret code').textContent()) ?? '';
  t.match(secret, /^whsec_/);
  await page.getByRole('button', { name: 'I have copied it' }).click();

  // A receiver that answers 410 receives no more events until its owner enables the webhook.
  status = 410;
  await download(couponId, 'hooked-2');
  await page.getByText('so the webhook was disabled').waitFor();
  status = 204;
  await page.getByRole('button', { name: `Enable: ${url}` }).click();
  await page.getByText('Enabled. Deliveries continue where they stopped.').waitFor();
  await page.locator('.webhook .badge[data-state="open"]').waitFor();
  for (const untilMs = Date.now() + 20_000; !delivered.includes(2) && Date.now() < untilMs;)
    await page.waitForTimeout(50);
  t.ok(delivered.includes(2), 'what was refused is delivered');

  await page.getByRole('button', { name: `Remove: ${url}` }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No webhooks yet').waitFor();
});

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});
