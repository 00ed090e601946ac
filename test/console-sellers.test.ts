/** Tests the pages of a seller in a real browser: many coupons, their terms, and their holders. */
import t from 'tap';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

const { server, browser, client, sellerToken: token, register, download } = await openConsole(t);

const page = await signedIn(browser, 'seller-1', 'seller');

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

t.test('numbers have their unit beside them, and their thousands once the field is left', async (t) => {
  await page.goto(`${server.origin}/#/sell/new`);
  const field = (label: string) => page.locator('.field', { has: page.getByLabel(label) });
  const quantity = page.getByLabel('Quantity');
  await quantity.fill('12500');
  await quantity.blur();
  t.equal(await quantity.inputValue(), '12,500');
  t.match(await field('Quantity').textContent(), 'units');
  await page.getByText('Amount').click();
  const value = page.getByLabel('Value');
  await value.fill('10000');
  await value.blur();
  t.equal(await value.inputValue(), '10,000');
  await field('Value').getByText('₩', { exact: true }).waitFor();
  await page.getByLabel('Currency').selectOption('USD');
  await field('Value').getByText('$', { exact: true }).waitFor();
  await value.fill('1250.50');
  await value.blur();
  t.equal(await value.inputValue(), '1,250.50');
  await page.getByText('Percent').click();
  await field('Value').getByText('%', { exact: true }).waitFor();
  await value.fill('12,5');
  await value.blur();
  t.equal(await value.inputValue(), '12,5', 'what may be a decimal comma stays');
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
  await dialog.getByText('Pause it to change the discount.').waitFor();
  await dialog.locator('[name=validity]').fill('4');
  await dialog.getByText('The member').click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  t.match(await read(), { validity: { days: 4 }, redeemBy: 'member' });

  await page.getByRole('button', { name: 'Close' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByText('Closed permanently: the coupon cannot be changed.').waitFor();
  t.equal(await page.getByRole('button', { name: 'Edit' }).count(), 0);
});

t.test('image, description and waiting room are set, shown and changed in the form', async (t) => {
  const picture =
    '<svg xmlns="http://www.w3.org/2000/svg" width="12" height="6"><path d="M0 0h12v6H0z"/></svg>';
  await page.route('https://img.shop.example/*', (route) =>
    route.request().url().endsWith('/cup.svg')
      ? route.fulfill({ contentType: 'image/svg+xml', body: picture })
      : route.abort(),
  );
  // A form that does not know what this installation offers: the refusal is shown where it belongs.
  await page.route('**/v1/member-claims', (route) => route.abort());
  await page.goto(`${server.origin}/#/sell/new`);
  await page.getByLabel('Name').fill('With an image');
  await page.getByLabel('Quantity').fill('5');
  await page.getByLabel('Description').fill('Half price.\nIn every shop.');
  await page.getByLabel('Image').fill('http://img.shop.example/cup.svg');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByText('An address that begins with https://.').waitFor();
  await page.getByLabel('Image').fill('https://img.shop.example/nothing.svg');
  await page.getByText('No image could be loaded').waitFor();
  await page.getByLabel('Image').fill('https://img.shop.example/cup.svg');
  await page.locator('form .coupon-image').waitFor();
  await page.getByLabel('Issue it only to members with a presence ticket').check();
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  // This installation has no presence service.
  await page.getByText('This service has no waiting room').waitFor();
  await page.getByLabel('Issue it only to members with a presence ticket').uncheck();
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByRole('heading', { name: 'With an image', level: 1 }).waitFor();
  await page.unroute('**/v1/member-claims');
  const id = /\/sell\/(\d+)$/.exec(page.url())?.[1] ?? '';
  const read = async () => (await client.call(`/v1/coupons/${id}`)).body;
  t.match(await read(), {
    image: 'https://img.shop.example/cup.svg',
    description: 'Half price.\nIn every shop.',
  });

  await page.getByRole('link', { name: 'Event page' }).click();
  const image = page.locator('.event .coupon-image');
  await image.waitFor();
  const width = `(async (image) => {
    await image.decode();
    return image.naturalWidth;
  })(document.querySelector('.event .coupon-image'))`;
  t.equal(await page.evaluate(width), 12);
  await page.getByText('In every shop.').waitFor();

  await page.goto(`${server.origin}/#/sell/${id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Image').fill('');
  await dialog.getByLabel('Description').fill('For everyone.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  t.match(await read(), { image: null, description: 'For everyone.' });
});

t.test('the summary shows what is open, what opens today and what opens next', async (t) => {
  const other = await signToken('seller-glance', 'seller');
  const made = async (terms: Record<string, unknown>): Promise<number> => {
    const { body } = await client.call('/v1/coupons', { method: 'POST', token: other, body: terms });
    return Number(body['id']);
  };
  const glance = await signedIn(browser, 'seller-glance', 'seller');
  await glance.goto(`${server.origin}/#/sell`);
  await glance.getByText('No coupons yet').waitFor();
  t.equal(await glance.locator('.summary').count(), 0, 'nothing to show yet');
  await made({ name: 'Always open', quantity: 7 });
  await made({ name: 'In years', quantity: 7, opensAt: '2099-01-01T00:00:00Z' });
  await made({ name: 'In more years', quantity: 7, opensAt: '2099-06-01T00:00:00Z' });
  const today = await made({ name: 'Opened today', quantity: 2, opensAt: new Date().toISOString() });
  await download(today, 'm-1');
  const part = (title: string) =>
    glance.locator('.summary .panel', { has: glance.getByRole('heading', { name: title }) });
  await part('Today').getByText('1 of 2 issued').waitFor();
  t.same(await part('Live now').locator('li a').allTextContents(), ['Opened today', 'Always open']);
  t.equal(await part('Live now').locator('.summary-count').textContent(), '2');
  t.same(await part('Today').locator('li a').allTextContents(), ['Opened today']);
  t.same(await part('Next openings').locator('li a').allTextContents(), ['In years', 'In more years']);
  await part('Next openings').getByRole('link', { name: 'In years' }).click();
  await glance.getByRole('heading', { name: 'In years', level: 1 }).waitFor();
});

t.test('several issuances are revoked at once, and each says what became of it', async (t) => {
  const couponId = await register({ name: 'Some too many', quantity: 9 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) await download(couponId, name);
  const redemptions = `/v1/coupons/${couponId}/issuances/1/redemptions`;
  const redeem = async (path: string) =>
    client.call(path, { method: 'POST', token, body: { orderId: 'A-1' } });
  await redeem(redemptions);
  await page.goto(`${server.origin}/#/sell/${couponId}`);
  await page.getByLabel('Select all on this page').check();
  await page.getByText('4 selected').waitFor();
  t.ok(await page.getByLabel('Select number 1').isDisabled(), 'a used one cannot be revoked');
  await page.getByLabel('Select number 5').uncheck();
  await page.getByRole('button', { name: 'Revoke 3', exact: true }).click();
  // Used while the seller reads the question.
  await redeem(`/v1/coupons/${couponId}/issuances/3/redemptions`);
  const dialog = page.getByRole('dialog');
  // The answer to the first revoke is lost, so the console retries it.
  await page.route(
    '**/issuances/2',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  await dialog.getByRole('button', { name: 'Revoke 3' }).click();
  await dialog.getByText('2 of 3 were revoked.').waitFor();
  const rows = dialog.locator('li');
  t.same(await rows.allTextContents(), ['2Revoked', '3It has been used already.', '4Revoked']);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByText('1 selected').waitFor();
  await page.locator('tr[data-issue-no="4"]').waitFor({ state: 'detached' });
  const left = await client.call(`/v1/coupons/${couponId}/issuances`, { token });
  t.same(
    (left.body['items'] as { issueNo: number }[]).map(({ issueNo }) => issueNo),
    [1, 3, 5],
  );
});

t.test('redemptions are listed with their orders, and a use is cancelled', async (t) => {
  const couponId = await register({ name: 'Often used', quantity: 9 });
  await page.goto(`${server.origin}/#/sell/${couponId}/redemptions`);
  await page.getByText('Nothing redeemed yet').waitFor();
  for (const name of ['a', 'b']) await download(couponId, name);
  const path = `/v1/coupons/${couponId}/issuances/2/redemptions`;
  await client.call(path, { method: 'POST', token, body: { orderId: 'R-1' } });
  await client.call(`${path}/R-1`, { method: 'DELETE', token });
  await client.call(path, { method: 'POST', token, body: { orderId: 'R-2' } });
  const own = await signToken('a', 'member');
  await client.call(`/v1/me/coupons/${couponId}/use`, { method: 'POST', token: own });
  const row = (number: number) => page.locator(`tr[data-issue-no="${number}"]`);
  await row(2).getByText('R-2').waitFor();
  await row(2).getByText('R-1 (cancelled)').waitFor();
  await row(1).getByText('by the member').waitFor();
  await row(2).getByRole('button', { name: 'Cancel the use of number 2' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel use' }).click();
  await row(2).waitFor({ state: 'detached' });
  const { body } = await client.call(path, { token });
  t.match(body['items'], [{ orderId: 'R-2', cancelledAt: /Z$/ }, { orderId: 'R-1' }]);
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

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});

t.test('a new seller is led to the first coupon, and has nothing to search yet', async (t) => {
  const newcomer = await signedIn(browser, 'seller-without-coupons', 'seller');
  await newcomer.goto(`${server.origin}/#/sell`);
  await newcomer.getByText('No coupons yet').waitFor();
  t.equal(await newcomer.getByRole('searchbox').count(), 0);
  await newcomer.getByRole('link', { name: 'Register a coupon' }).click();
  const room = newcomer.getByLabel('Issue it only to members with a presence ticket of the waiting room');
  await newcomer.getByText('No waiting room is connected.').waitFor();
  t.ok(await room.isDisabled(), 'what would be refused cannot be chosen, and the reason is beside it');
});

t.test('moments of a column are written alike, be there seconds or not', async (t) => {
  const couponId = await register({ name: 'At the full minute', quantity: 5 });
  await download(couponId, 'member-1');
  await page.route(`**/v1/coupons/${couponId}/issuances?*`, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { items: object[] };
    const issuedAt = '2026-11-28T09:05:00.000Z';
    await route.fulfill({ json: { ...body, items: body.items.map((item) => ({ ...item, issuedAt })) } });
  });
  await page.goto(`${server.origin}/#/sell/${couponId}`);
  await page.getByText('09:05:00').waitFor();
  t.match(await page.locator('.cell-time').first().textContent(), /\d\d:\d\d:\d\d$/);
});

t.test('the question before closing names the deed, and its buttons cannot be confused', async (t) => {
  const couponId = await register({ name: 'To be closed', quantity: 5 });
  await page.goto(`${server.origin}/#/sell/${couponId}`);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const names = await page.getByRole('dialog').getByRole('button').allTextContents();
  t.same(names, ['Cancel', 'Close the coupon']);
  await page.getByRole('button', { name: 'Close the coupon' }).click();
  await page.getByText('Closed.', { exact: true }).waitFor();
});

t.test('neither language has two buttons that cancel something in one question', async (t) => {
  const couponId = await register({ name: 'To be revoked', quantity: 5 });
  await download(couponId, 'member-1');
  for (const [locale, revoke, labels] of [
    ['en-US', 'Revoke number 1', ['Leave it', 'Revoke']],
    ['ko-KR', '1번 발급 취소', ['그대로 두기', '발급 취소']],
  ] as const) {
    const seller = await signedIn(browser, 'seller-1', 'seller', { locale });
    await seller.goto(`${server.origin}/#/sell/${couponId}`);
    await seller.getByRole('button', { name: revoke }).click();
    t.same(await seller.getByRole('dialog').getByRole('button').allTextContents(), labels);
    await seller.getByRole('button', { name: labels[0] }).click();
    await seller.getByRole('dialog').waitFor({ state: 'detached' });
  }
  const { body } = await client.call(`/v1/coupons/${couponId}`);
  t.match(body, { issued: 1 }, 'nothing was revoked');
});
