/** Tests the form in which a seller changes a coupon: discount and waiting room, and why one cannot be changed. */
import { join } from 'node:path';
import Database from 'libsql';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { DOOR_RULES_MAX } from '../src/accounts/door-rules.js';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const WAITING_ROOM = { PRESENCE_SECRET: 'a-secret-of-the-waiting-room-61b0f2' };

const browser = await startBrowser();
t.teardown(() => browser.close());
const token = await signToken('seller-1', 'seller');
const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());

interface Site {
  readonly origin: string;
  readonly client: HttpClient;
  readonly register: (terms: object) => Promise<number>;
  readonly stop: () => Promise<void>;
}

async function openSite(t: Test, settings: Record<string, string>): Promise<Site> {
  const server = await startSeonchak({ ...backEnd.settings, ...settings });
  const client = new HttpClient(server.origin, 8);
  const stop = async (): Promise<void> => {
    client.close();
    await server.stop();
  };
  t.teardown(stop);
  return {
    ...{ origin: server.origin, client, stop },
    register: async (terms) => {
      const body = { quantity: 5, ...terms };
      const answer = await client.call('/v1/coupons', { method: 'POST', token, body });
      return Number(answer.body['id']);
    },
  };
}

const inDialog = (page: Page) => page.getByRole('dialog');
const save = (page: Page, text = 'Save') => inDialog(page).getByRole('button', { name: text }).click();
const closed = (page: Page) => inDialog(page).waitFor({ state: 'detached' });

async function openForm({ origin }: Site, page: Page, couponId: number, text = 'Edit'): Promise<void> {
  await page.goto(`${origin}/#/sell/${couponId}`);
  await page.getByRole('button', { name: text }).click();
  await inDialog(page).waitFor();
}

t.test(
  'the discount is changed until a member holds the coupon, and the form says why not after',
  async (t) => {
    const site = await openSite(t, {});
    const { client, register } = site;
    const page = await signedIn(browser, 'seller-1', 'seller');
    const discounted = await register({ name: 'Wrong price', discount: { type: 'amount', value: 5_000 } });
    const path = `/v1/coupons/${discounted}`;
    const read = async () => (await client.call(path)).body['discount'];
    const act = (what: string, as = token) => client.call(`${path}/${what}`, { method: 'POST', token: as });
    const group = page.getByRole('group', { name: 'Discount' });

    await openForm(site, page, discounted);
    await inDialog(page).getByText('Pause it to change the discount.').waitFor();
    t.equal(await group.getByLabel('Percent').isDisabled(), true);
    t.equal(await inDialog(page).getByLabel('Value').inputValue(), '5,000');
    t.equal(await inDialog(page).getByLabel('Value').isDisabled(), true);
    t.equal(await inDialog(page).getByLabel('Currency').isDisabled(), true);
    await page.keyboard.press('Escape');

    await act('pause');
    await openForm(site, page, discounted);
    await inDialog(page).getByLabel('Value').fill('12.345');
    await inDialog(page).getByLabel('Currency').selectOption('USD');
    await save(page);
    await inDialog(page).locator('.field-fault:not(:empty)').waitFor();
    await inDialog(page).getByLabel('Value').fill('12.5');
    await save(page);
    await closed(page);
    t.same(await read(), { type: 'amount', value: 1_250, currency: 'USD' });
    await page.locator('.detail-head', { hasText: '$12.50 off' }).waitFor();

    // The same keyboard as every other choice: arrows, without a mouse.
    await openForm(site, page, discounted);
    t.equal(await inDialog(page).getByLabel('Value').inputValue(), '12.50');
    await group.getByLabel('Amount').focus();
    await page.keyboard.press('ArrowLeft');
    await inDialog(page).getByLabel('Value').fill('101');
    await save(page);
    await inDialog(page).locator('.field-fault:not(:empty)').waitFor();
    await inDialog(page).getByLabel('Value').fill('12,5 %');
    await save(page);
    await closed(page);
    t.same(await read(), { type: 'percent', value: 12.5 });

    await openForm(site, page, discounted);
    await group.getByText('None').click();
    await save(page);
    await closed(page);
    t.equal(await read(), null);

    // While the form is open, a member gets one: what was typed is replaced by what members hold.
    await openForm(site, page, discounted);
    await group.getByText('Percent').click();
    await inDialog(page).getByLabel('Value').fill('70');
    await act('resume');
    await inDialog(page).getByText('Pause it to change the discount.').waitFor();
    await act('download', await signToken('member-1', 'member'));
    await inDialog(page).getByText('Members hold the coupon with this discount.').waitFor();
    t.equal(await inDialog(page).getByLabel('Value').count(), 0);
    t.equal(await group.getByLabel('None').isChecked(), true);
    await page.keyboard.press('Escape');

    // Other changes are made all the same.
    await openForm(site, page, discounted);
    await inDialog(page).getByLabel('Name').fill('Right price');
    await save(page);
    await closed(page);
    t.match((await client.call(path)).body, { name: 'Right price', discount: null });

    const korean = await signedIn(browser, 'seller-1', 'seller', { locale: 'ko-KR' });
    await openForm(site, korean, discounted, '수정');
    await inDialog(korean).getByText('이 할인으로 받은 회원이 있어 바꿀 수 없습니다.').waitFor();
    t.equal(await korean.getByRole('group', { name: '할인' }).getByLabel('비율').isDisabled(), true);
    await site.stop();
  },
);

t.test('a waiting room is asked for and left out in the form', async (t) => {
  const site = await openSite(t, WAITING_ROOM);
  const page = await signedIn(browser, 'seller-1', 'seller');
  const couponId = await site.register({ name: 'By the waiting room' });
  const isRequired = async () => (await site.client.call(`/v1/coupons/${couponId}`)).body['presenceRequired'];
  const box = inDialog(page).getByLabel('Issue it only to members with a presence ticket');

  await openForm(site, page, couponId);
  await box.check();
  await save(page);
  await closed(page);
  t.equal(await isRequired(), true);
  await openForm(site, page, couponId);
  t.equal(await box.isChecked(), true);
  await box.uncheck();
  await save(page);
  await closed(page);
  t.equal(await isRequired(), undefined);

  await site.client.call(`/v1/coupons/${couponId}`, {
    ...{ method: 'PATCH', token, body: { presenceRequired: true } },
  });
  await site.stop();
});

t.test('without a waiting room the form says so, and what is left of one can be left out', async (t) => {
  const site = await openSite(t, {});
  const page = await signedIn(browser, 'seller-1', 'seller');
  const none = await site.register({ name: 'No waiting room' });
  const box = inDialog(page).getByLabel('Issue it only to members with a presence ticket');
  await openForm(site, page, none);
  await inDialog(page).getByText('No waiting room is connected.').waitFor();
  t.equal(await box.isDisabled(), true);
  await page.keyboard.press('Escape');

  // Required since there was one.
  const { body } = await site.client.call('/v1/coupons?q=By%20the%20waiting');
  const [left] = body['items'] as { readonly id: number }[];
  await openForm(site, page, left?.id ?? 0);
  t.equal(await box.isChecked(), true);
  await inDialog(page).getByLabel('Quantity').fill('6');
  await save(page);
  await closed(page);
  await openForm(site, page, left?.id ?? 0);
  await box.uncheck();
  await box.check();
  await box.uncheck();
  await save(page);
  await closed(page);
  const after = await site.client.call(`/v1/coupons/${left?.id ?? 0}`);
  t.match(after.body, { quantity: 6, presenceRequired: undefined });
  await site.stop();
});

t.test('when no other coupon can have a rule the form says so, and one with a rule is free', async (t) => {
  const before = await openSite(t, {});
  await before.register({ name: 'Several for each', perMember: 2 });
  await before.stop();
  const database = new Database(join(backEnd.settings['DATA_DIR'] ?? '', 'seonchak.db'));
  // As many registrations leave it: each takes a revision, by which processes follow the rules.
  database.exec(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${DOOR_RULES_MAX})
    INSERT INTO coupon (seller_id, name, quantity, paused, closed, version, epoch, created_at, door, door_revision)
    SELECT 'another', 'Old', 1, 0, 1, 1, 0, 1, '{"presence":true}', revision + i
    FROM n, change_counter WHERE change_counter.name = 'coupon_door';
    UPDATE change_counter SET revision = revision + ${DOOR_RULES_MAX} WHERE name = 'coupon_door'`);
  database.close();
  const site = await openSite(t, WAITING_ROOM);
  const page = await signedIn(browser, 'seller-1', 'seller', { locale: 'ko-KR' });
  const couponId = await site.register({ name: 'One too many' });
  // The server reads the rules in pages.
  const offer = async () => (await site.client.call('/v1/member-claims', { token })).body['presence'];
  while ((await offer()) !== 'full') await new Promise((resolve) => setTimeout(resolve, 100));
  const box = inDialog(page).getByLabel('대기실 통과증이 있는 회원에게만 발급');
  await openForm(site, page, couponId, '수정');
  await inDialog(page).getByText('조건을 둔 쿠폰이 한도에 이르렀습니다.').waitFor();
  t.equal(await box.isDisabled(), true);

  const patched = await site.client.call(`/v1/coupons/${couponId}`, {
    ...{ method: 'PATCH', token, body: { presenceRequired: true } },
  });
  t.match(patched, { status: 409, body: { code: 'presence_too_many' } });
  await page.keyboard.press('Escape');

  // Its rule has a place already.
  const { body } = await site.client.call('/v1/coupons?q=Several');
  const [limited] = body['items'] as { readonly id: number }[];
  await openForm(site, page, limited?.id ?? 0, '수정');
  await box.check();
  await save(page, '저장');
  await closed(page);
  t.match((await site.client.call(`/v1/coupons/${limited?.id ?? 0}`)).body, { presenceRequired: true });
});

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});

const PHONE = { viewport: { width: 390, height: 844 } };
const isInView = (page: Page, selector: string) =>
  page.evaluate<boolean>(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    const { left, top, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  })()`);
const GAP_BEFORE_STAMP = `(() => {
  const words = document.createRange();
  words.selectNodeContents(document.querySelector('.issued-title'));
  const stamp = document.querySelector('.issued-stub .stamp');
  return stamp.getBoundingClientRect().left - words.getBoundingClientRect().right;
})()`;

t.test('on a phone the buttons of the form are in view, and so is why nothing was saved', async (t) => {
  const site = await openSite(t, {});
  const page = await signedIn(browser, 'seller-1', 'seller', PHONE);
  const couponId = await site.register({ name: 'Read on a phone' });
  await openForm(site, page, couponId);
  t.equal(await isInView(page, 'dialog [type=submit]'), true, 'without scrolling');

  await inDialog(page).getByLabel('Name').fill('Read on two phones');
  const body = { name: 'Changed elsewhere' };
  await site.client.call(`/v1/coupons/${couponId}`, { method: 'PATCH', token, body });
  await save(page);
  await inDialog(page).locator('.form-fault:not(:empty)').waitFor();
  t.equal(await isInView(page, 'dialog .form-fault:not(:empty)'), true);
  await site.stop();
});

t.test('on a phone the stamp of a winner leaves the words beside it readable', async (t) => {
  const site = await openSite(t, {});
  const couponId = await site.register({ name: 'Won on a phone' });
  const path = `/v1/coupons/${couponId}/download`;
  await site.client.call(path, { method: 'POST', token: await signToken('member-2', 'member') });
  const page = await signedIn(browser, 'member-2', 'member', PHONE);
  await page.goto(`${site.origin}/#/coupons/${couponId}`);
  await page.getByText('You have this one').waitFor();
  const gap = await page.evaluate<number>(GAP_BEFORE_STAMP);
  t.ok(gap > 0, `${gap} px`);
  await site.stop();
});
