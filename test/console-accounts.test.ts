/** Accounts in a real browser: sign-up where it is closed for sellers, change of the password, deletion. */
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

t.test(
  'where sellers cannot sign up, the page says so; a member signs up, changes the password, and leaves',
  async (t) => {
    const page = await browser.person();
    await page.goto(`${server.origin}/#/sign-up`);
    await page.getByText('Sellers cannot sign up here.').waitFor();
    t.equal(await page.getByText('Give out coupons').count(), 0);
    await page.getByLabel('E-mail address').fill('member@example.com');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('link', { name: 'My coupons' }).waitFor();

    await page.getByRole('link', { name: 'My account' }).click();
    await page.getByLabel('Current password').fill('something else');
    await page.getByLabel('New password').fill('another horse battery');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('The current password is wrong.').waitFor();
    await page.getByLabel('Current password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('The password was changed.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail address').fill('member@example.com');
    await page.getByLabel('Password', { exact: true }).fill('another horse battery');
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await page.getByRole('link', { name: 'My account' }).click();

    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password').fill('another horse battery');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Your account was deleted.').waitFor();
    await page.goto(`${server.origin}/#/forgot`);
    await page.getByLabel('E-mail address').fill('member@example.com');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByText('No mail is sent here. Ask the operator for a link.').waitFor();
    t.same(browser.complaints, []);
  },
);
