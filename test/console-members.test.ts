/** Tests the pages of a member in a real browser: coupons that cannot be used, with the reason and the way out. */
import t from 'tap';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

const { server, browser, client, sellerToken, register } = await openConsole(t);

const memberToken = await signToken('member-1', 'member');
const page = await signedIn(browser, 'member-1', 'member', { viewport: { width: 390, height: 700 } });

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
    ['Short-lived', 'Expired', 'It could be used until'],
  ] as const) {
    await card(name).getByRole('button', { name: 'Use' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Use' }).click();
    await card(name).locator('.stamp', { hasText: stamp }).waitFor();
    await card(name).getByText(text).waitFor();
    t.equal(await page.getByRole('dialog').count(), 0, name);
    t.equal(await card(name).getByRole('button').count(), 0, name);
  }
  await card('At the till only').getByText('Only the shop can redeem it.').waitFor();
  t.equal(
    await card('At the till only').getByRole('button', { name: 'Use' }).count(),
    0,
    'known without an attempt',
  );
  await page.reload();
  await card('Used elsewhere').getByText('Order A-1017').waitFor();
  await card('Short-lived').locator('.stamp', { hasText: 'Expired' }).waitFor();
});

t.test('a member with a second unit sees both, also one that another device has downloaded', async (t) => {
  const couponId = await register({ name: 'Two for each', quantity: 5, perMember: 2 });
  await page.goto(`${server.origin}/#/coupons/${couponId}`);
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  await page.getByText('You hold 1 of 2.').waitFor();
  const request = { method: 'POST', token: memberToken };
  const elsewhere = await client.call(`/v1/coupons/${couponId}/units/2/download`, request);
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

/** Keeps every note of the page about its attempts. */
const KEEP_NOTES = `window.notes = [];
  new MutationObserver(() => window.notes.push(document.querySelector('#download-note').textContent))
    .observe(document.querySelector('#download-note'), { childList: true, characterData: true, subtree: true });`;

t.test('a lost connection is not called a crowd, however it is lost', async (t) => {
  for (const [locale, request, down, crowded] of [
    ['en-US', 'Download', 'The connection is down. Trying again', 'It is crowded.'],
    ['ko-KR', '쿠폰 받기', '연결이 끊겼습니다. 다시 시도하는 중', '접속자가 많습니다.'],
  ] as const) {
    const couponId = await register({ name: 'Out of reach', quantity: 5 });
    const visitor = await signedIn(browser, 'member-1', 'member', { locale });
    const button = visitor.getByRole('button', { name: request });
    await visitor.goto(`${server.origin}/#/coupons/${couponId}`);
    await button.waitFor();
    await visitor.evaluate(KEEP_NOTES);
    await visitor.context().setOffline(true);
    await button.click();
    for (const attempt of [1, 2, 3]) await visitor.getByText(`${down}… (${attempt})`).waitFor();
    t.notMatch(await visitor.evaluate('window.notes.join()'), crowded, `offline, ${locale}`);
    await visitor.context().setOffline(false);
    await visitor.locator('.issued-number').waitFor();

    const other = await register({ name: 'Crowded, then out of reach', quantity: 5 });
    // What an overloaded server answers.
    await visitor.route(`**/v1/coupons/${other}/download`, (route) =>
      route.fulfill({ status: 503, headers: { 'retry-after': '600' }, json: { code: 'busy', detail: '' } }),
    );
    await visitor.goto(`${server.origin}/#/coupons/${other}`);
    await button.click();
    await visitor.getByText(crowded).waitFor();
    await visitor.context().setOffline(true);
    await visitor.getByText(`${down}… (1)`).waitFor();
    t.equal(await visitor.getByText(crowded).count(), 0, `crowded before, ${locale}`);
    await visitor.context().close();
  }
});

t.test('a server that is killed and started again is not called a crowd', async (t) => {
  const couponId = await register({ name: 'Killed', quantity: 5 });
  const visitor = await signedIn(browser, 'member-2', 'member');
  await visitor.goto(`${server.origin}/#/coupons/${couponId}`);
  await visitor.getByRole('button', { name: 'Download' }).waitFor();
  await visitor.evaluate(KEEP_NOTES);
  await server.kill('SIGKILL');
  await visitor.getByRole('button', { name: 'Download' }).click();
  await visitor.getByText('The server cannot be reached just now. Trying again… (2)').waitFor();
  await server.restart();
  await visitor.locator('.issued-number').waitFor();
  t.notMatch(await visitor.evaluate('window.notes.join()'), 'crowded');
});

/** As nginx answers where no server of its upstream does. */
const PROXY_PAGE = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>';

t.test(
  'the own answer of a proxy is not called a crowd, and nothing is claimed of the request',
  async (t) => {
    for (const [locale, request, again] of [
      ['en-US', 'Download', 'The server cannot be reached just now. Trying again…'],
      ['ko-KR', '쿠폰 받기', '지금은 서버에 연결되지 않습니다. 다시 시도하는 중…'],
    ] as const) {
      const couponId = await register({ name: 'Behind a proxy', quantity: 5 });
      const visitor = await signedIn(browser, 'member-1', 'member', { locale });
      const answers = [
        { status: 502, contentType: 'text/html', body: PROXY_PAGE },
        { status: 504, contentType: 'application/json', body: '{"message":"upstream timed out"}' },
      ];
      await visitor.route(`**/v1/coupons/${couponId}/download`, (route) => {
        const answer = answers.shift();
        return answer === undefined ? route.continue() : route.fulfill(answer);
      });
      await visitor.goto(`${server.origin}/#/coupons/${couponId}`);
      await visitor.getByRole('button', { name: request }).waitFor();
      await visitor.evaluate(KEEP_NOTES);
      await visitor.getByRole('button', { name: request }).click();
      await visitor.locator('.issued-number').waitFor();
      const notes = (await visitor.evaluate<string[]>('window.notes')).filter((note) => note !== '');
      t.same(notes, [`${again} (1)`, `${again} (2)`], locale);
      await visitor.context().close();
    }

    const visitor = await signedIn(browser, 'member-1', 'member');
    await visitor.route('**/v1/me/coupons*', (route) =>
      route.fulfill({ status: 504, contentType: 'text/html', body: PROXY_PAGE }),
    );
    await visitor.goto(`${server.origin}/#/me`);
    await visitor.getByText('The server cannot be reached just now. Try again in a moment.').waitFor();
    await visitor.context().close();
  },
);

t.test('a state without coupons is not called a shop without coupons', async () => {
  const visitor = await browser.person();
  await visitor.goto(`${server.origin}/#/`);
  await visitor.locator('.card').first().waitFor();
  await visitor.locator('.choice-face', { hasText: 'Paused' }).click();
  await visitor.getByText('No coupon in this state').waitFor();
  await visitor.context().close();
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

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});

t.test(
  'what is held leaves the name of the coupon in sight on a phone, also where another unit can be had',
  async (t) => {
    const couponId = await held({ name: 'Sneakers of the year', perMember: 2, holdSeconds: 600 });
    await page.goto(`${server.origin}/#/coupons/${couponId}`);
    await page.getByRole('button', { name: 'Download another' }).waitFor();
    await page.locator('.hold-part').waitFor();
    await page.evaluate('scrollTo(0, 0)');
    const heading = await page.getByRole('heading', { name: 'Sneakers of the year' }).boundingBox();
    const stub = await page.locator('.issued-stub').boundingBox();
    const text = await page.getByText('You hold 1 of 2.').boundingBox();
    const button = await page.getByRole('button', { name: 'Download another' }).boundingBox();
    if (heading === null || stub === null || text === null || button === null) throw new Error('not drawn');
    t.ok(heading.y + heading.height <= stub.y, 'nothing covers the name');
    t.ok(stub.y + stub.height < text.y && text.y + text.height < button.y, 'there is room between the parts');
  },
);

t.test('a closed coupon does not look as if something were left', async (t) => {
  const couponId = await held({ name: 'Of last week' });
  await client.call(`/v1/coupons/${couponId}/close`, { method: 'POST', token: sellerToken });
  await page.goto(`${server.origin}/#/`);
  const text = await page.locator('.card', { hasText: 'Of last week' }).innerText();
  t.match(text, 'Not given out any more');
  t.match(text, '1 of 5 issued');
  t.notMatch(text, 'left');
});

t.test('a page that cannot be loaded says so, and comes when it can', async (t) => {
  const visitor = await browser.person();
  await visitor.route('**/assets/own-pages-*.js', (route) => route.abort());
  await visitor.goto(`${server.origin}/#/sign-up`);
  await visitor.getByRole('heading', { name: 'This could not be loaded' }).waitFor();
  await visitor.unroute('**/assets/own-pages-*.js');
  await visitor.getByRole('button', { name: 'Try again' }).click();
  await visitor.getByRole('heading', { name: 'Create an account' }).waitFor();
  t.same(browser.complaints, []);
});
