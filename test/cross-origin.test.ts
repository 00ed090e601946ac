/** Tests in a real browser what a page of another origin may do with CORS_ORIGINS, and what it may not. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { openShop } from '../src/http/testing/shop.js';
import { startBrowser } from './clients/browser.js';

const browser = await startBrowser();
t.teardown(() => browser.close());

/** An empty page of its own origin: the shop's. */
async function shopPage(t: Test): Promise<{ readonly origin: string; readonly page: Page }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>A shop</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await browser.person();
  t.teardown(() => page.context().close());
  await page.goto(origin);
  return { origin, page };
}

/** Runs in the page. A refused cross-origin request is a TypeError there, without any detail. */
function requestFrom(
  page: Page,
  url: string,
  token: string,
): Promise<{ status: number; body: unknown } | string> {
  return page.evaluate(
    async ([url, token]) => {
      try {
        const response = await fetch(String(url), {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'x-presence-ticket': 'none' },
        });
        return { status: response.status, body: await response.json() };
      } catch (error) {
        return (error as Error).name;
      }
    },
    [url, token],
  );
}

t.test('a page of a named origin downloads, reads a refusal and follows the live stream', async (t) => {
  const { origin, page } = await shopPage(t);
  const shop = await openShop(t, { settings: { corsOrigins: [origin] } });
  const path = await shop.coupon({ quantity: 1 });
  const url = `${shop.url}${path}`;
  t.match(await requestFrom(page, `${url}/download`, await shop.token('a')), {
    status: 201,
    body: { outcome: 'issued', issueNo: 1 },
  });
  t.match(await requestFrom(page, `${url}/download`, await shop.token('b')), {
    status: 409,
    body: { code: 'sold_out' },
  });
  const update = await page.evaluate(
    (url) =>
      new Promise<string>((resolve, reject) => {
        const events = new EventSource(url);
        const end = (settle: () => void) => {
          events.close();
          settle();
        };
        events.onmessage = (event) => end(() => resolve(String(event.data)));
        events.onerror = () => end(() => reject(new Error('the stream was refused')));
      }),
    `${url}/live`,
  );
  t.match(JSON.parse(update), { remaining: 0, state: 'sold_out' });
});

t.test('a page of any other origin reads no answer and presses nothing', async (t) => {
  const { page } = await shopPage(t);
  const shop = await openShop(t, { settings: { corsOrigins: ['https://shop.example'] } });
  const path = await shop.coupon({ quantity: 1 });
  t.equal(await requestFrom(page, `${shop.url}${path}/download`, await shop.token('a')), 'TypeError');
  t.match(
    await shop.request(path, 'b'),
    { status: 201 },
    'the unit is still there: the browser did not even send',
  );
});
