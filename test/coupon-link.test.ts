/** Tests a shared link in a browser: it leads to the coupon in the console, and addresses with `#` still do. */
import t from 'tap';
import { violationsOn } from './clients/axe.js';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { signToken } from './clients/tokens.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
const server = await startSeonchak(backEnd.settings);
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());
const client = new HttpClient(server.origin, 1);
t.teardown(() => client.close());

t.test('a browser goes on to the coupon in the console', async (t) => {
  const { body } = await client.call('/v1/coupons', {
    ...{ method: 'POST', token: await signToken('seller-1', 'seller') },
    body: { name: 'Shared drop', quantity: 10 },
  });
  const id = Number(body['id']);
  const page = await browser.person();
  await page.goto(`${server.origin}/coupons/${id}`);
  await page.waitForURL(`${server.origin}/#/coupons/${id}`);
  await page.getByRole('heading', { name: 'Shared drop' }).waitFor();
  await page.goto('about:blank');
  await page.goto(`${server.origin}/#/coupons/${id}`);
  await page.getByRole('heading', { name: 'Shared drop' }).waitFor();

  const without = await browser.person({ javaScriptEnabled: false });
  await without.goto(`${server.origin}/coupons/${id}`);
  await without.getByRole('link', { name: 'Open the coupon' }).waitFor();
  const missing = await browser.person();
  await missing.goto(`${server.origin}/coupons/999`);
  await missing.getByRole('link', { name: 'To the coupons' }).waitFor();
  t.same(await violationsOn(missing), []);
  t.same(browser.complaints, []);
});
