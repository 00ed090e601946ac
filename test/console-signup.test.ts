/** Sign-up in a real browser where it is closed: the page offers only what the server takes. */
import t from 'tap';
import { startBrowser } from './clients/browser.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
const server = await startSeonchak({ ...backEnd.settings, SELLER_SIGNUP: 'closed' });
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());

t.test('where sellers cannot sign up, the page says so and signs members up', async (t) => {
  const page = await browser.person();
  await page.goto(`${server.origin}/#/sign-up`);
  await page.getByText('Sellers cannot sign up here.').waitFor();
  t.equal(await page.getByText('Give out coupons').count(), 0);
  await page.getByLabel('E-mail address').fill('member@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('link', { name: 'My coupons' }).waitFor();
  t.same(browser.complaints, []);
});
