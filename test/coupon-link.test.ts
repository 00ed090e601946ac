/** Tests a shared link in a browser: it leads to the coupon in the console, and addresses with `#` still do. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { violationsOn } from './clients/axe.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

const { server, browser, client } = await openConsole(t);

async function register(name: string): Promise<number> {
  const token = await signToken('seller-1', 'seller');
  const { body } = await client.call('/v1/coupons', { method: 'POST', token, body: { name, quantity: 10 } });
  return Number(body['id']);
}

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
const copied = (page: Page) => page.evaluate('navigator.clipboard.readText()');

t.test('a browser goes on to the coupon in the console', async (t) => {
  const id = await register('Shared drop');
  const page = await browser.person();
  await page.goto(`${server.origin}/coupons/${id}`);
  await page.waitForURL(`${server.origin}/#/coupons/${id}`);
  await page.getByRole('heading', { name: 'Shared drop' }).waitFor();
  await page.goto('about:blank');
  await page.goto(`${server.origin}/#/coupons/${id}`);
  await page.getByRole('heading', { name: 'Shared drop' }).waitFor();

  const korean = await browser.person({ javaScriptEnabled: false, locale: 'ko-KR' });
  await korean.goto(`${server.origin}/coupons/${id}`);
  await korean.locator('html[lang=ko]').getByRole('link', { name: '쿠폰 열기', exact: true }).waitFor();
  const without = await browser.person({ javaScriptEnabled: false });
  await without.goto(`${server.origin}/coupons/${id}`);
  await without
    .locator('html[lang=en]')
    .getByRole('link', { name: 'Open the coupon', exact: true })
    .waitFor();
  const missing = await browser.person();
  await missing.goto(`${server.origin}/coupons/999`);
  await missing.getByRole('link', { name: 'To the coupons' }).waitFor();
  t.same(await violationsOn(missing), []);
  t.same(browser.complaints, []);
});

t.test('a member shares the link that messengers describe, by keyboard too, and hears of it', async (t) => {
  const id = await register('Passed on');
  const link = `${server.origin}/coupons/${id}`;
  for (const [locale, name, said] of [
    ['en-US', 'Share', 'Link copied.'],
    ['ko-KR', '공유하기', '링크를 복사했습니다.'],
  ] as const) {
    const page = await signedIn(browser, 'member-1', 'member', { locale, ...CLIPBOARD });
    await page.goto(`${server.origin}/#/coupons/${id}`);
    const button = page.getByRole('button', { name, exact: true });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.locator('[aria-live=polite]').getByText(said).waitFor();
    t.equal(await copied(page), link, locale);
    // The focus stays.
    await page.locator('.button-share:focus').waitFor();
    t.same(await violationsOn(page), []);
  }
});

t.test('where the device has a sheet for sharing the link goes there', async (t) => {
  const id = await register('By the sheet');
  const link = `${server.origin}/coupons/${id}`;
  const page = await browser.person(CLIPBOARD);
  // Headless Chromium has no sheet: what the page hands over is kept, and the reader's answer to it is chosen.
  await page.addInitScript({
    content: `window.handed = [];
      navigator.share = async (what) => {
        window.handed.push(what);
        if (window.answer !== undefined) throw new DOMException('', window.answer);
      };`,
  });
  await page.goto(`${server.origin}/#/coupons/${id}`);
  const button = page.getByRole('button', { name: 'Share', exact: true });
  await button.click();
  t.same(await page.evaluate('window.handed'), [{ title: 'By the sheet', url: link }]);
  await page.evaluate('navigator.clipboard.writeText("untouched")');
  await page.evaluate('window.answer = "AbortError"');
  await button.click();
  t.equal(await page.evaluate('window.handed.length'), 2);
  t.equal(await copied(page), 'untouched', 'closing the sheet copies nothing');
  await page.evaluate('window.answer = "NotAllowedError"');
  await button.click();
  await page.getByText('Link copied.').waitFor();
  t.equal(await copied(page), link);
});

t.test('a seller copies the same link, and sees it where the browser lets no page copy', async (t) => {
  const id = await register('Of a seller');
  const link = `${server.origin}/coupons/${id}`;
  const page = await signedIn(browser, 'seller-1', 'seller', CLIPBOARD);
  await page.goto(`${server.origin}/#/sell/${id}`);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Link copied.').waitFor();
  t.equal(await copied(page), link);

  const without = await signedIn(browser, 'seller-1', 'seller');
  // As over http from another machine.
  await without.addInitScript({
    content: `Object.defineProperty(navigator, 'clipboard', { value: undefined })`,
  });
  await without.goto(`${server.origin}/#/sell/${id}`);
  await without.getByRole('button', { name: 'Copy link' }).click();
  await without.locator('.notice', { hasText: link }).waitFor();
  t.same(browser.complaints, []);
});
