/** Tests the console in a real browser against a real server, as a seller and its members use it. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import t from 'tap';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

const PASSWORD = 'correct horse battery';

const { server, browser, client } = await openConsole(t);

let people = 0;

/** Signs up through the form, as a person does. */
async function signUp(page: Page, role: 'Download coupons' | 'Give out coupons'): Promise<void> {
  await page.goto(`${server.origin}/#/sign-up`);
  await page.getByText(role).click();
  await page.getByLabel('E-mail address').fill(`person${++people}@example.com`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

async function register(page: Page, name: string, quantity: number, opensAtMs?: number): Promise<number> {
  await page.goto(`${server.origin}/#/sell/new`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Quantity').fill(String(quantity));
  // The browser is in UTC.
  if (opensAtMs !== undefined) {
    await page.getByLabel('Opens').fill(new Date(opensAtMs).toISOString().slice(0, 19));
  }
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  return Number(/\/sell\/(\d+)$/.exec(page.url())?.[1]);
}

async function request(couponId: number, memberId: string): Promise<number> {
  const token = await signToken(memberId, 'member');
  const answer = await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token });
  return answer.status;
}

/** The big number under this heading. */
function tile(page: Page, label: string) {
  return page.locator('.tile', { hasText: label }).locator('.tile-value');
}

const seller = await browser.person();
await signUp(seller, 'Give out coupons');

t.test('a seller registers a coupon, and mistakes are shown at their fields', async (t) => {
  await seller.goto(`${server.origin}/#/sell/new`);
  await seller.getByRole('button', { name: 'Register', exact: true }).click();
  await seller.getByText('Please fill this in.').waitFor();
  await seller.getByText('A whole number from 1 to 1,000,000,000.').waitFor();
  t.equal(await seller.getByLabel('Name').getAttribute('aria-invalid'), 'true');
  await seller.getByText('Percent').click();
  await seller.getByRole('button', { name: 'Register', exact: true }).click();
  await seller.getByText('Above 0, up to 100.').waitFor();
  t.equal(await seller.locator(':focus').getAttribute('name'), 'name', 'the first mistake is where to go on');
  await seller.getByText('None').click();

  const couponId = await register(seller, 'Fried chicken', 5);
  await tile(seller, 'Remaining').filter({ hasText: /^5$/ }).waitFor();
  await seller.getByRole('link', { name: 'My sales' }).click();
  await seller.getByRole('table').getByRole('link', { name: 'Fried chicken' }).waitFor();
  t.ok(couponId > 0);
});

t.test(
  'a member counts down by the server’s clock, however wrong their own, and the button opens at zero',
  async (t) => {
    const member = await browser.person();
    await signUp(member, 'Download coupons');
    const opensAtMs = Math.ceil(Date.now() / 1_000) * 1_000 + 12_000;
    const couponId = await register(seller, 'Opens soon', 3, opensAtMs);
    // This person's device is an hour behind.
    await member.addInitScript(() => {
      const trueNow = Date.now.bind(Date);
      Date.now = () => trueNow() - 3_600_000;
    });
    await member.goto(`${server.origin}/#/coupons/${couponId}`);
    await member.reload();
    const button = member.getByRole('button', { name: 'Download' });
    await member.getByText('Opens in', { exact: true }).waitFor();
    t.equal(await button.getAttribute('aria-disabled'), 'true');
    const seconds = Number(await member.locator('.countdown-figure').last().textContent());
    t.ok(seconds <= 13, `${seconds} s are shown, and not an hour`);

    await member.locator('.download[aria-disabled="false"]').waitFor();
    t.ok(Math.abs(Date.now() - opensAtMs) < 1_000, 'the button opened within a second of the opening');
    await button.click();
    await member.locator('.issued-number').waitFor();
    t.equal(await member.locator('.issued-number').textContent(), '1', 'the first in line');
  },
);

t.test('two members press at once for one remaining unit: one holds it, the other is refused', async (t) => {
  const couponId = await register(seller, 'The last one', 1);
  const members = await Promise.all([browser.person(), browser.person()]);
  for (const member of members) {
    await signUp(member, 'Download coupons');
    await member.goto(`${server.origin}/#/coupons/${couponId}`);
    await member.getByRole('button', { name: 'Download' }).waitFor();
  }
  // Without waiting until the button can be clicked: the faster one's request takes it away from the other's page.
  await Promise.all(members.map((member) => member.locator('.download').dispatchEvent('click')));
  await Promise.all(
    members.map((member) =>
      member
        .locator('.issued-stub, .event-headline:has-text("Sold out")')
        .filter({ visible: true })
        .first()
        .waitFor(),
    ),
  );
  const stubs = await Promise.all(members.map((member) => member.locator('.issued-stub').count()));
  t.same([...stubs].sort(), [0, 1]);
  const loser = members[stubs.indexOf(0)];
  await loser?.locator('.event-headline', { hasText: 'Sold out' }).waitFor();
  const winner = members[stubs.indexOf(1)];
  await winner?.getByText('For good').waitFor();

  t.test('a top-up brings the button of the other back automatically, and it works', async () => {
    await seller.getByRole('button', { name: 'Top up' }).click();
    await seller.getByLabel('How many more').fill('1');
    await seller.getByRole('button', { name: 'Add' }).click();
    await seller.getByText('The quantity is 2 now.').waitFor();
    await loser?.getByRole('button', { name: 'Download' }).click();
    await loser?.locator('.issued-number').waitFor();
    t.equal(await loser?.locator('.issued-number').textContent(), '2');
  });

  t.test('the winner uses it once', async () => {
    await winner?.getByRole('link', { name: 'To my coupons' }).click();
    await winner?.getByRole('button', { name: 'Use', exact: true }).click();
    await winner?.getByRole('dialog').getByRole('button', { name: 'Use', exact: true }).click();
    await winner?.locator('.stamp', { hasText: 'Used' }).waitFor();
    await winner?.getByRole('button', { name: 'Use', exact: true }).waitFor({ state: 'detached' });
    t.equal(await winner?.locator('.stamp', { hasText: 'Used' }).count(), 1);
  });
});

t.test('the burn-down moves while members download', async () => {
  const couponId = await register(seller, 'Burning down', 40);
  for (let member = 1; member <= 30; member++) await request(couponId, `burn-${member}`);
  await tile(seller, 'Remaining').filter({ hasText: /^10$/ }).waitFor();
  await tile(seller, 'Issued').filter({ hasText: /^30$/ }).waitFor();
  await seller.locator('.chart canvas').waitFor();
  await seller.locator('.chart[aria-label^="10 remaining"]').waitFor();
  t.match(await seller.locator('.chart').getAttribute('aria-label'), /^10 remaining/);
  await seller.locator('.balance-list [data-part="recorded"] strong', { hasText: '30' }).waitFor();
});

t.test('pausing asks first, stops the downloads, and resuming lets them go on', async (t) => {
  const couponId = await register(seller, 'On and off', 5);
  await seller.getByRole('button', { name: 'Pause' }).click();
  await seller.keyboard.press('Escape');
  t.equal(await request(couponId, 'pause-1'), 201, 'a dialog left with Escape changes nothing');

  await seller.getByRole('button', { name: 'Pause' }).click();
  await seller.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await seller.getByRole('button', { name: 'Resume' }).waitFor();
  t.equal(await request(couponId, 'pause-2'), 409);

  await seller.getByRole('button', { name: 'Resume' }).click();
  await seller.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await seller.getByRole('button', { name: 'Pause' }).waitFor();
  t.equal(await request(couponId, 'pause-2'), 201);
});

t.test(
  'two tabs edit one coupon: the later one learns what it is now, and keeps what was typed',
  async (t) => {
    const couponId = await register(seller, 'Two tabs', 5);
    const other = await seller.context().newPage();
    t.teardown(() => other.close());
    await other.goto(seller.url());
    const save = async (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    const read = async () => (await client.call(`/v1/coupons/${couponId}`)).body;
    for (const page of [seller, other]) {
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('dialog').waitFor();
    }
    await other.getByLabel('Name').fill('Renamed');
    await save(other);
    await other.getByText('Saved.').waitFor();

    await seller.getByLabel('Quantity').fill('70');
    await save(seller);
    await seller.getByText('It is now “Renamed”, quantity 5,').waitFor();
    t.match(await read(), { name: 'Renamed', quantity: 5 }, 'nothing was overwritten');
    t.equal(await seller.getByLabel('Quantity').inputValue(), '70');
    await seller.getByRole('button', { name: 'Load the current values' }).click();
    t.equal(await seller.getByLabel('Name').inputValue(), 'Renamed');
    t.equal(await seller.getByLabel('Quantity').inputValue(), '5');
    await seller.getByLabel('Quantity').fill('71');
    await save(seller);
    await seller.getByRole('dialog').waitFor({ state: 'detached' });
    t.match(await read(), { name: 'Renamed', quantity: 71 });

    // The other tab still has the revision of its own change.
    await other.getByRole('button', { name: 'Close' }).click();
    const close = other.getByRole('dialog').getByRole('button', { name: 'Close' });
    await close.click();
    await other.getByText('It is now “Renamed”, quantity 71,').waitFor();
    t.match(await read(), { state: 'open' });
    await close.click();
    await other.getByRole('dialog').waitFor({ state: 'detached' });
    t.match(await read(), { state: 'closed' });
  },
);

t.test('revoking gives the unit back, and the export holds what is left', async (t) => {
  const couponId = await register(seller, 'Taken back', 3);
  for (const member of ['kept', 'taken']) await request(couponId, member);
  await seller.getByRole('button', { name: 'Revoke number 2' }).click();
  await seller.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await seller.getByText('Number 2 was revoked').waitFor();
  await tile(seller, 'Remaining').filter({ hasText: /^2$/ }).waitFor();
  await seller.locator('[data-issue-no="2"]').waitFor({ state: 'detached' });

  const [file] = await Promise.all([
    seller.waitForEvent('download'),
    seller.getByRole('button', { name: 'Export CSV' }).click(),
  ]);
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  t.equal(lines.length, 2);
  t.match(lines[1], /^1,kept,/);
});

t.test(
  'after a restart of the server the page says so, reconnects automatically, and is right',
  async (t) => {
    const couponId = await register(seller, 'Through a restart', 9);
    await tile(seller, 'Remaining').filter({ hasText: /^9$/ }).waitFor();
    await server.kill('SIGTERM');
    await seller.getByText('The connection was lost.').waitFor();
    await server.restart();
    await seller.getByText('The connection was lost.').waitFor({ state: 'hidden' });
    t.equal(await request(couponId, 'late'), 201);
    await tile(seller, 'Remaining').filter({ hasText: /^8$/ }).waitFor();
  },
);

t.test('the keyboard keeps its place when the focused element is shown anew', async (t) => {
  const couponId = await register(seller, 'Keys', 50);
  for (let member = 1; member <= 45; member++) await request(couponId, `keys-${member}`);
  await seller.locator('[data-issue-no="45"]').waitFor();
  const focused = seller.locator(':focus');
  await seller.getByRole('button', { name: 'Next page' }).focus();
  await seller.keyboard.press('Enter');
  await seller.locator('[data-issue-no="25"]').waitFor();
  t.equal(await focused.textContent(), 'Next page');
  await seller.keyboard.press('Enter');
  await seller.locator('[data-issue-no="5"]').waitFor();
  t.equal(await focused.textContent(), 'First page', 'there is no next page');

  await seller.getByRole('button', { name: 'Pause' }).focus();
  await seller.keyboard.press('Enter');
  await seller.getByRole('dialog').waitFor();
  await seller.getByRole('dialog').getByRole('button', { name: 'Pause' }).focus();
  await seller.keyboard.press('Enter');
  await seller.getByRole('dialog').waitFor({ state: 'detached' });
  await seller.getByRole('button', { name: 'Resume' }).waitFor();
  t.equal(await focused.textContent(), 'Resume');

  await seller.getByRole('button', { name: 'Edit' }).click();
  await seller.getByRole('dialog').waitFor();
  await seller.goBack();
  await seller.getByRole('heading', { name: 'Register a coupon' }).waitFor();
  t.equal(
    await seller.getByRole('dialog').count(),
    0,
    'a question does not outlive the page it was asked on',
  );
});

t.test('a device whose clock is a day fast can sign in, and a token that has expired says so', async (t) => {
  const couponId = await register(seller, 'Fast clock', 3);
  const member = await browser.person();
  await member.addInitScript(() => {
    const trueNow = Date.now.bind(Date);
    Date.now = () => trueNow() + 86_400_000;
  });
  await signUp(member, 'Download coupons');
  await member.goto(`${server.origin}/#/coupons/${couponId}`);
  await member.getByRole('button', { name: 'Download' }).waitFor();

  const expired = { token: await signToken('late', 'member', '-1s'), email: 'late@example.com' };
  await member.evaluate(
    `localStorage.setItem('seonchak.session', ${JSON.stringify(JSON.stringify(expired))})`,
  );
  await member.goto('about:blank');
  await member.goto(`${server.origin}/#/coupons/${couponId}`);
  await member.getByText('Please sign in again.').waitFor();
  await member.getByRole('button', { name: 'Sign in to download' }).click();
  await member.getByRole('heading', { name: 'Sign in' }).waitFor();
  t.equal(await member.getByRole('button', { name: 'Sign out' }).count(), 0);
});

t.test('it can be used with the keyboard alone, and in Korean', async (t) => {
  const couponId = await register(seller, 'By keyboard', 3);
  const member = await browser.person({ locale: 'ko-KR' });
  await member.goto(`${server.origin}/#/coupons/${couponId}`);
  t.equal(await member.locator('html').getAttribute('lang'), 'ko');
  t.equal(await member.getByRole('button', { name: 'English' }).getAttribute('lang'), 'en');
  await member.getByRole('button', { name: '로그인하고 쿠폰 받기' }).focus();
  await member.keyboard.press('Enter');
  await member.getByRole('link', { name: '회원가입' }).focus();
  await member.keyboard.press('Enter');
  // The page before has a field of the same name.
  await member.getByRole('heading', { name: '회원가입', level: 1 }).waitFor();
  await member.getByLabel('이메일').fill('keyboard@example.com');
  await member.keyboard.press('Tab');
  await member.keyboard.type(PASSWORD);
  await member.keyboard.press('Enter');
  // Back at the event it came from.
  await member.getByRole('button', { name: '쿠폰 받기', exact: true }).focus();
  await member.keyboard.press('Enter');
  await member.getByText('받았습니다', { exact: true }).waitFor();
  t.equal(await member.locator(':focus').getAttribute('class'), 'issued-stub', 'the focus is on the stub');
  await member.getByText('받았습니다. 1번째입니다.').waitFor({ state: 'attached' });
});

t.test(
  'the reference of the API has a place for every route, and a phone shows all of its width',
  async (t) => {
    const { body } = await client.call('/openapi.json');
    const routes = Object.values(body['paths'] as object).flatMap((item) => Object.keys(item as object));
    const reader = await browser.person({ viewport: { width: 390, height: 800 } });
    await reader.goto(`${server.origin}/reference`);
    await reader.getByRole('heading', { name: 'Problems', level: 2 }).waitFor();
    t.equal(await reader.locator('.operation[id]').count(), routes.length);
    await reader.getByRole('link', { name: 'sold_out' }).first().click();
    await reader.locator('#schema-SoldOutProblem').waitFor();
    const overflow = await reader.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    t.equal(overflow, 0);
  },
);

t.test('nothing on any page broke the content security policy or threw', async (t) => {
  t.same(browser.complaints, []);
});
