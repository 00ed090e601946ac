/** The pages of a member in a real browser: what a coupon says about itself when it cannot be used, and where it leads. */
import t from 'tap';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
const server = await startSeonchak(backEnd.settings);
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());
const client = new HttpClient(server.origin, 8);
t.teardown(() => client.close());

const sellerToken = await signToken('seller-1', 'seller');
const memberToken = await signToken('member-1', 'member');
const page = await signedIn(browser, 'member-1', 'member', { viewport: { width: 390, height: 700 } });

async function register(terms: Record<string, unknown>): Promise<number> {
  const { body } = await client.call('/v1/coupons', { method: 'POST', token: sellerToken, body: terms });
  return Number(body['id']);
}

async function held(terms: Record<string, unknown>): Promise<number> {
  const couponId = await register({ quantity: 5, ...terms });
  await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token: memberToken });
  return couponId;
}

function card(name: string) {
  return page.locator('.mine', { hasText: name });
}

t.test('a coupon that cannot be used says why, and leaves no question behind', async (t) => {
  const soon = new Date(Date.now() + 4_000).toISOString();
  await held({ name: 'Short-lived', validity: { until: soon } });
  const revoked = await held({ name: 'Taken back' });
  const used = await held({ name: 'Used elsewhere' });
  await held({ name: 'At the till only', redeemBy: 'seller' });
  await page.goto(`${server.origin}/#/me`);
  await card('Taken back').getByRole('button', { name: 'Use' }).waitFor();

  const sent = { token: sellerToken };
  t.equal(
    (await client.call(`/v1/coupons/${revoked}/issuances/1`, { method: 'DELETE', ...sent })).status,
    200,
  );
  const redemptions = `/v1/coupons/${used}/issuances/1/redemptions`;
  await client.call(redemptions, { method: 'POST', ...sent, body: { orderId: 'A-1017' } });
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(soon) - Date.now() + 50)));
  for (const [name, stamp, text] of [
    ['Taken back', 'Revoked', 'The seller has revoked it'],
    ['Used elsewhere', 'Used', 'It can be used once.'],
    ['At the till only', 'At the till', 'Show No. 1 at the till'],
    ['Short-lived', 'Expired', 'It could be used until'],
  ] as const) {
    await card(name).getByRole('button', { name: 'Use' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Use' }).click();
    await card(name).locator('.stamp', { hasText: stamp }).waitFor();
    await card(name).getByText(text).waitFor();
    t.equal(await page.getByRole('dialog').count(), 0, name);
    t.equal(await card(name).getByRole('button').count(), 0, name);
  }
  await page.reload();
  await card('Used elsewhere').getByText('Order A-1017').waitFor();
  await card('Short-lived').locator('.stamp', { hasText: 'Expired' }).waitFor();
});

t.test('a member with a second unit sees both, also one that another device has downloaded', async (t) => {
  const couponId = await register({ name: 'Two for each', quantity: 5, perMember: 2 });
  await page.goto(`${server.origin}/#/coupons/${couponId}`);
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  await page.getByText('You hold 1 of 2.').waitFor();
  const press = { method: 'POST', token: memberToken };
  const elsewhere = await client.call(`/v1/coupons/${couponId}/units/2/download`, press);
  await page.getByRole('button', { name: 'Download another' }).click();
  await page.getByText('You hold 2 of 2.').waitFor();
  await page.locator('.issued-number', { hasText: String(elsewhere.body['issueNo']) }).waitFor();
  t.equal(await page.getByRole('button', { name: 'Download another' }).count(), 0);

  await page.goto(`${server.origin}/#/me`);
  t.equal(
    await card('Two for each')
      .first()
      .waitFor()
      .then(() => card('Two for each').count()),
    2,
  );
  const second = card('Two for each').filter({ hasText: 'No. 2' });
  await second.getByRole('button', { name: 'Use' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Use' }).click();
  await second.locator('.stamp', { hasText: 'Used' }).waitFor();
  t.equal(
    await card('Two for each').getByRole('button', { name: 'Use' }).count(),
    1,
    'the first is still usable',
  );
});

t.test('a sold-out coupon leads to others that are open', async (t) => {
  const other = await register({ name: 'Still there', quantity: 7 });
  const couponId = await register({ name: 'The last one', quantity: 1 });
  const token = await signToken('faster', 'member');
  await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token });
  await page.goto(`${server.origin}/#/coupons/${couponId}`);
  await page.getByText('Open now').waitFor();
  t.equal(await page.locator('.others li', { hasText: 'The last one' }).count(), 0);
  await page.locator(`.others a[href="#/coupons/${other}"]`).click();
  await page.getByRole('heading', { name: 'Still there' }).waitFor();
  await page.getByRole('button', { name: 'Download' }).or(page.locator('.issued-stub')).first().waitFor();
});

t.test('the button is within reach on a phone, however long the name is', async (t) => {
  const couponId = await register({ name: 'A long name '.repeat(16).trim(), quantity: 5 });
  await page.setViewportSize({ width: 320, height: 420 });
  await page.goto(`${server.origin}/#/coupons/${couponId}`);
  const button = page.getByRole('button', { name: 'Download' });
  await button.waitFor();
  const box = await button.boundingBox();
  t.ok(
    box !== null && box.y + box.height <= 420,
    `the button ends at ${String((box?.y ?? 0) + (box?.height ?? 0))}`,
  );
  const lines = await page.evaluate<number>(
    'document.querySelector("h1").clientHeight / parseFloat(getComputedStyle(document.querySelector("h1")).lineHeight)',
  );
  t.ok(lines < 3.5, `the name takes ${lines} lines`);
  await page.setViewportSize({ width: 390, height: 700 });
});

t.test('a lost connection is not called a crowd', async () => {
  const couponId = await register({ name: 'Out of reach', quantity: 5 });
  await page.goto(`${server.origin}/#/coupons/${couponId}`);
  await page.getByRole('button', { name: 'Download' }).waitFor();
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Download' }).click();
  await page.getByText('The connection is down. Trying again').waitFor();
  await page.context().setOffline(false);
  await page.locator('.issued-number').waitFor();
});

t.test('an amount has its currency', async (t) => {
  const discount = { type: 'amount', value: 5_050, currency: 'USD' };
  const couponId = await register({ name: 'In dollars', quantity: 5, discount });
  const inWon = await register({ name: 'In won', quantity: 5, discount: { type: 'amount', value: 5_000 } });
  for (const [id, text] of [
    [couponId, '$50.50 off'],
    [inWon, '₩5,000 off'],
  ] as const) {
    await page.goto(`${server.origin}/#/coupons/${id}`);
    await page.locator('.event-head', { hasText: text }).waitFor();
  }
  t.match((await client.call(`/v1/coupons/${inWon}`)).body, { discount: { currency: 'KRW' } });
});

t.test('a visit leaves no fault in the log of the browser', async (t) => {
  const faults: string[] = [];
  const visitor = await signedIn(browser, 'visitor', 'member');
  visitor.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  const open = await register({ name: 'Visited', quantity: 5 });
  await visitor.goto(`${server.origin}/#/coupons/${open}`);
  await visitor.getByRole('button', { name: 'Download' }).waitFor();
  await visitor.goto(`${server.origin}/#/me`);
  await visitor.getByText('No coupons yet').waitFor();
  await visitor.goto(`${server.origin}/#/`);
  await visitor.locator('.card').first().waitFor();
  await visitor.goto(`${server.origin}/#/coupons/${open}`);
  await visitor.getByRole('button', { name: 'Download' }).click();
  await visitor.getByText('For good').waitFor();
  t.same(faults, []);
});

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});
