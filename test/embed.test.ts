/** Tests the button for pages of shops in a browser: another origin, a strict policy, both languages, failing servers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { fromNow, openShop } from '../src/http/testing/shop.js';
import type { Shop } from '../src/http/testing/shop.js';
import { violationsOn } from './clients/axe.js';
import { startBrowser } from './clients/browser.js';

/** As the build made it. */
const consoleFolder = fileURLToPath(new URL('../dist/web/', import.meta.url));

const browser = await startBrowser();
t.teardown(() => browser.close());

interface ShopSite {
  readonly origin: string;
  /** What the page holds, and from which server its scripts may come. */
  show(body: string, server: string, options?: BrowserContextOptions): Promise<Page>;
  /** What the shop answers to its own download. */
  answer: string;
}

/** A shop whose policy lets in nothing but the button, and its calls. */
async function openSite(t: Test): Promise<ShopSite> {
  let page = '';
  let policy = '';
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      response.setHeader('content-type', 'application/json').end(site.answer);
      return;
    }
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .setHeader('content-security-policy', policy);
    response.end(`<!doctype html><html lang="en"><title>A shop</title><main><h1>A shop</h1>${page}</main>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const site: ShopSite = {
    origin,
    answer: '{}',
    async show(body, from, options = {}) {
      page = body;
      policy = `default-src 'none'; script-src ${from}; connect-src 'self' ${from}`;
      const shown = await browser.person(options);
      t.teardown(() => shown.context().close());
      await shown.goto(origin);
      return shown;
    },
  };
  return site;
}

const button = ({ url }: Shop, path: string, attributes = '', inside = '') =>
  `<seonchak-coupon coupon="${path.split('/').at(-1)}" ${attributes}>${inside}</seonchak-coupon>` +
  `<script src="${url}/embed.js" async></script>`;

/** As the script of a shop does. Evaluated as text: the tests are compiled without the types of browsers. */
const signIn = (page: Page, token: string) =>
  page.evaluate(
    `document.querySelector('seonchak-coupon').token = () => Promise.resolve('${token}'); undefined`,
  );

t.test('the button counts down, downloads at the opening, and shows the number again', async (t) => {
  const site = await openSite(t);
  const shop = await openShop(t, { settings: { consoleFolder, corsOrigins: [site.origin] } });
  const path = await shop.coupon({ quantity: 5, opensAt: fromNow(8_000) });
  const page = await site.show(button(shop, path), shop.url);
  await signIn(page, await shop.token('m-1'));
  const request = page.getByRole('button');
  await page.getByRole('button', { name: /^Opens in 0:0\d$/ }).waitFor();
  t.equal(await request.getAttribute('aria-disabled'), 'true');
  t.same(await violationsOn(page), []);
  await page.getByRole('button', { name: 'Get the coupon' }).waitFor();
  await request.click();
  await page.getByText('Yours: number 1').waitFor();
  await page.getByText('4 of 5 left').waitFor();
  await page.getByRole('button', { name: 'You have it' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Get the coupon' }).waitFor();
  await signIn(page, await shop.token('m-1'));
  await request.click();
  await page.getByText('Yours: number 1').waitFor();
  t.same(browser.complaints, [], 'the strict policy of the shop is enough');
});

t.test('sold out and not signed in are shown, in Korean too', async (t) => {
  const site = await openSite(t);
  const shop = await openShop(t, { settings: { consoleFolder, corsOrigins: [site.origin] } });
  const path = await shop.coupon({ quantity: 1 });
  const page = await site.show(button(shop, path, 'lang="ko"'), shop.url);
  await page.getByRole('button', { name: '쿠폰 받기' }).click();
  await page.getByText('로그인하면 받을 수 있습니다').waitFor();
  await shop.request(path, 'first');
  await page.getByRole('button', { name: '모두 소진되었습니다' }).waitFor();
  await signIn(page, await shop.token('second'));
  await page.getByRole('button').click();
  await page.getByRole('status').getByText('모두 소진되었습니다').waitFor();
  t.same(await violationsOn(page), []);
});

/** NaN arrives as null. */
const RECORD_PAUSES = `window.pauses = [];
  const later = window.setTimeout;
  window.setTimeout = (run, ms) => {
    window.pauses.push(Number.isFinite(ms) ? ms : null);
    return later(run, ms);
  };
  undefined`;

t.test('a proxy that answers for the server is shown as no answer, and asked again in time', async (t) => {
  const site = await openSite(t);
  const shop = await openShop(t, { settings: { consoleFolder, corsOrigins: [site.origin] } });
  for (const [language, again, issued] of [
    ['en', 'No answer yet. Trying again…', 'Yours: number'],
    ['ko', '아직 답이 없습니다. 다시 시도하는 중…', '받았습니다:'],
  ] as const) {
    const page = await site.show(
      button(shop, await shop.coupon(), `lang="${language}" download="/download"`),
      shop.url,
    );
    site.answer = '{"outcome":"issued","issueNo":17}';
    await page.evaluate(RECORD_PAUSES);
    const answers = [502, 504];
    await page.route('**/download', (route) => {
      const status = answers.shift();
      if (status === undefined) return route.continue();
      const headers = { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' };
      return route.fulfill({ status, headers, json: { message: 'no upstream' } });
    });
    await page.getByRole('button').click();
    await page.getByText(again).waitFor();
    await page.getByText(issued).waitFor();
    const pauses = await page.evaluate<(number | null)[]>('window.pauses');
    t.equal(pauses.length, 2, language);
    t.notOk(pauses.includes(null), 'a date is not taken for seconds: it would be asked again at once');
  }
});

t.test('a shop may download for its member, and hears of the outcome', async (t) => {
  const site = await openSite(t);
  site.answer = '{"outcome":"issued","issueNo":17}';
  const shop = await openShop(t, { settings: { consoleFolder, corsOrigins: [site.origin] } });
  const page = await site.show(button(shop, await shop.coupon(), 'download="/download"'), shop.url);
  await page.evaluate(
    `addEventListener('seonchak-outcome', ({ detail }) => { window.heard = detail; }); undefined`,
  );
  await page.getByRole('button').click();
  await page.getByText('Yours: number 17').waitFor();
  t.same(await page.evaluate('window.heard'), { outcome: 'issued', issueNo: 17 });
});

t.test('what is inside stays where the server does not let the page in', async (t) => {
  const site = await openSite(t);
  const shop = await openShop(t, { settings: { consoleFolder } });
  const page = await site.show(
    button(shop, await shop.coupon(), '', '<p>By the form of the shop</p>'),
    shop.url,
  );
  await page.evaluate(`customElements.whenDefined('seonchak-coupon').then(() => true)`);
  t.equal(await page.getByText('By the form of the shop').isVisible(), true);
  t.equal(await page.getByRole('button').count(), 0);
});

t.test('the script is small, and every page may load it', async (t) => {
  const shop = await openShop(t, { settings: { consoleFolder } });
  const response = await fetch(`${shop.url}/embed.js`, { headers: { 'accept-encoding': 'br' } });
  t.match(response.headers.get('content-type'), /^text\/javascript/);
  t.equal(response.headers.get('content-encoding'), 'br');
  t.ok(Number(response.headers.get('content-length')) < 4_096, 'a few KB');
});
