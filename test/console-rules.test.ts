/** Tests eligibility and holds in a real browser, for members and for the seller. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

/** A hold of 30 s, 30 s of grace, and a sweep every 2 s. */
const HOLD_SECONDS = 30;
const RAN_OUT_WITHIN_MS = 90_000;

const {
  server,
  browser,
  client,
  sellerToken: token,
  register,
} = await openConsole(t, { MEMBER_CLAIMS: 'grade,level' });

const seller = await signedIn(browser, 'seller-1', 'seller');

async function open(page: Page, couponId: number): Promise<void> {
  await page.goto(`${server.origin}/#/coupons/${couponId}`);
}

const download = (page: Page) => page.getByRole('button', { name: 'Download', exact: true });

t.test('a limited event lets in who may, and tells the other why', async (t) => {
  const couponId = await register({ name: 'For the list', quantity: 5, eligibility: { audience: true } });
  await client.call(`/v1/coupons/${couponId}/audience`, {
    ...{ method: 'POST', token },
    body: { add: ['listed'] },
  });
  const [may, mayNot] = await Promise.all([
    signedIn(browser, 'listed', 'member'),
    signedIn(browser, 'other', 'member', { locale: 'ko-KR' }),
  ]);
  for (const page of [may, mayNot]) await open(page, couponId);
  await may.getByText('For some members: the shop has chosen who may have it.').waitFor();
  await mayNot.getByRole('button', { name: '쿠폰 받기' }).click();
  await mayNot.getByText('쇼핑몰이 정한 명단의 회원만 받을 수 있는 쿠폰입니다.').waitFor();
  await download(may).click();
  await may.getByText('It is yours', { exact: true }).waitFor();
  t.equal(await mayNot.locator('.issued-stub').count(), 0);
  const { body } = await client.call(`/v1/coupons/${couponId}`);
  t.match(body, { issued: 1 });
});

t.test('a hold runs out in front of the member, and another member gets the unit', async (t) => {
  const couponId = await register({ name: 'One seat', quantity: 1, holdSeconds: HOLD_SECONDS });
  const [slow, next] = await Promise.all([
    signedIn(browser, 'slow', 'member'),
    signedIn(browser, 'next', 'member'),
  ]);
  await open(slow, couponId);
  await download(slow).click();
  await slow.getByText('It is held for you', { exact: true }).waitFor();
  await slow.getByRole('timer', { name: 'Time left to pay' }).waitFor();
  await open(next, couponId);
  await next.getByText('Sold out', { exact: true }).first().waitFor();

  // The wallet shows the same.
  const wallet = await slow.context().newPage();
  await wallet.goto(`${server.origin}/#/me`);
  await wallet.locator('.mine .badge', { hasText: 'Held' }).waitFor();
  t.equal(await wallet.getByRole('button', { name: 'Use' }).count(), 0, 'not before it is confirmed');

  const ranOut = { timeout: RAN_OUT_WITHIN_MS };
  await slow.getByText('The time has run out. Unless your payment arrives').waitFor(ranOut);
  await slow.getByText('Your time to pay ran out, and it went back to the others.').first().waitFor(ranOut);
  await download(slow).waitFor();
  await wallet.locator('.stamp', { hasText: 'Time is up' }).waitFor();
  await download(next).click();
  await next.getByText('It is held for you', { exact: true }).waitFor();
  await slow.getByText('Sold out', { exact: true }).first().waitFor();
  const { body } = await client.call(`/v1/coupons/${couponId}`);
  t.match(body, { issued: 1, remaining: 0 }, 'the unit that was taken back is out again');
  await seller.goto(`${server.origin}/#/sell/${couponId}`);
  await holdFigures(seller, [1, 0, 1, 0, 0]);
  const metrics = String((await client.call('/metrics')).body['text']);
  t.match(metrics, /^seonchak_holds_expired_total 1$/m);
  t.match(metrics, /^seonchak_hold_expiry_lag_seconds \d/m);
  t.match(metrics, /^seonchak_holds \d/m);
});

t.test('a hold is confirmed by the shop, given back by the member, or confirmed here', async (t) => {
  const seat = await register({ name: 'At the shop', quantity: 3, holdSeconds: 600, redeemBy: 'seller' });
  const page = await signedIn(browser, 'buyer', 'member');
  await open(page, seat);
  await download(page).click();
  await page.getByText('It is held for you', { exact: true }).waitFor();
  t.equal(await page.getByRole('button', { name: 'Confirm' }).count(), 0, 'only the shop confirms');
  const paid = await client.call(`/v1/coupons/${seat}/issuances/1/confirm`, {
    ...{ method: 'POST', token },
    body: { orderId: 'A-1' },
  });
  t.equal(paid.status, 200);
  // Coming back from the page of the shop.
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  await page.getByText('You have this one', { exact: true }).waitFor();
  t.equal(await page.getByRole('timer').count(), 0);

  const own = await register({ name: 'Confirmed here', quantity: 3, holdSeconds: 600 });
  await open(page, own);
  await download(page).click();
  await page.getByRole('button', { name: 'Give it back' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Give it back' }).click();
  await page.locator('.hold-ended').waitFor();
  await download(page).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('You have this one', { exact: true }).waitFor();
  const stats = await client.call(`/v1/coupons/${own}/stats`, { token });
  t.match(stats.body, { recorded: 1, confirmed: 1, held: 0, remaining: 2 });

  await page.goto(`${server.origin}/#/me`);
  await page.locator('.mine', { hasText: 'At the shop' }).getByText('Only the shop can redeem it.').waitFor();
  await page.locator('.mine', { hasText: 'Confirmed here' }).getByRole('button', { name: 'Use' }).waitFor();
});

const idOf = (page: Page): number => Number(/\/sell\/(\d+)/.exec(page.url())?.[1]);

/** Waits until the page shows what became of the holds of a coupon: held, confirmed, ran out, released, recalled. */
async function holdFigures(page: Page, figures: readonly number[]): Promise<void> {
  const list = page.locator('.hold-figures', { hasText: new RegExp(`^\\D+${figures.join('\\D+')}$`) });
  await list.waitFor();
}

/** As the browser would have chosen it from a disk. */
async function uploadBytes(buffer: Buffer): Promise<void> {
  await seller
    .getByLabel('Upload a CSV file')
    .setInputFiles({ name: 'members.csv', mimeType: 'text/csv', buffer });
}

const upload = (lines: readonly string[]): Promise<void> => uploadBytes(Buffer.from(lines.join('\n')));

t.test('a seller limits a coupon, uploads its list with a bad line, and tries members', async (t) => {
  await seller.goto(`${server.origin}/#/sell/new`);
  await seller.getByLabel('Name').fill('Gold and listed');
  await seller.getByLabel('Quantity').fill('5');
  await seller.getByText('Some members').click();
  const submit = seller.getByRole('button', { name: 'Register', exact: true });
  await submit.click();
  await seller.getByText('Choose at least one condition, or every member.').waitFor();
  await seller.getByRole('button', { name: 'Add an attribute' }).click();
  await submit.click();
  await seller.getByText('1 to 16 values of up to 64 characters, separated by commas.').waitFor();
  await seller.getByLabel('Any of these values').fill('gold, "1", 7');
  await seller.getByLabel('Only members on the coupon’s list').check();
  await seller.getByLabel('For each member').fill('2');
  await submit.click();
  await seller.getByText('Members with grade gold or "1" or 7 · Members on the list (0)').waitFor();
  await seller.getByText('Up to 2 for each member').waitFor();
  await seller.getByText('The list is empty: no member may have the coupon.').waitFor();
  const couponId = idOf(seller);
  const read = async () => (await client.call(`/v1/coupons/${couponId}`)).body;
  t.match(await read(), {
    eligibility: { claims: { grade: ['gold', '1', 7] }, audience: true },
    perMember: 2,
  });

  const members = Array.from({ length: 2_500 }, (_, place) => `m-${place + 1}`);
  const wrong = [...members];
  wrong[1_499] = 'a\u0000b';
  await upload(['member_id,name', ...wrong.map((member) => `"${member}","a, b"`)]);
  // The first line is the heading.
  await seller.getByText('Line 1,501: “a�b” is not a member id').waitFor();
  await seller.getByText('Nothing was added. Correct the file and upload it again.').waitFor();
  await uploadBytes(Buffer.from('b0a12c310a', 'hex'));
  await seller.getByText('This file is not UTF-8').waitFor();
  await upload(members);
  await seller.getByText('2,500 added, of 2,500 in the file.').waitFor();
  await seller.getByText('2,500 members on the list', { exact: true }).waitFor();

  const search = async (member: string, text: string): Promise<void> => {
    await seller.getByLabel('Is this member on the list?').fill(member);
    await seller.getByRole('button', { name: 'Find' }).click();
    await seller.getByText(text, { exact: true }).waitFor();
  };
  // The first 2,400 stay, and 100 others come instead of the last.
  await seller.getByLabel('Remove members who are not in the file').check();
  await upload([...members.slice(0, 2_400), ...members.slice(2_400).map((member) => `new-${member}`)]);
  await seller.getByText('The list is that of the file: 100 added, 100 removed.').waitFor();
  // As the browser does where the file was moved or changed since it was chosen.
  await seller.evaluate(`
    const chosen = new DataTransfer();
    const file = new File(['7'], 'members.csv');
    chosen.items.add(file);
    const input = document.querySelector('.upload input[type=file]');
    input.files = chosen.files;
    input.files[0].arrayBuffer = input.files[0].text = () => Promise.reject(new DOMException('', 'NotReadableError'));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  `);
  await seller.getByText('The file could not be read').waitFor();
  // Made in the page: sending a million lines to the browser takes four seconds.
  await seller.evaluate(`
    const chosen = new DataTransfer();
    const lines = Array.from({ length: 1_000_001 }, (_, place) => place);
    chosen.items.add(new File([lines.join('\\n')], 'members.csv'));
    const input = document.querySelector('.upload input[type=file]');
    input.files = chosen.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  `);
  await seller.getByText('The file names 1,000,001 members, and a list has room for 1,000,000.').waitFor();
  await seller.getByText('2,500 members on the list', { exact: true }).waitFor();
  await search('m-2500', 'm-2500 is not on the list.');
  await search('new-m-2500', 'new-m-2500 is on the list.');
  await seller.getByLabel('Remove members who are not in the file').uncheck();
  await search('m-1500', 'm-1500 is on the list.');
  await search('outsider', 'outsider is not on the list.');
  await seller.getByText('Show the members').click();
  await seller.locator('.audience-members li', { hasText: /^m-1$/ }).waitFor();

  const tryMember = async (member: string, grade: string, text: string): Promise<void> => {
    await seller.getByLabel('Member id').fill(member);
    await seller.getByLabel('grade', { exact: true }).fill(grade);
    await seller.getByRole('button', { name: 'Try', exact: true }).click();
    await seller.getByText(text, { exact: true }).waitFor();
  };
  await tryMember('m-7', 'gold', 'm-7 may have the coupon.');
  await tryMember('m-7', 'silver', 'm-7 may not have the coupon: an attribute does not match.');
  await tryMember('outsider', 'gold', 'outsider may not have the coupon: not on the list.');

  // Open, it can be narrowed and not widened; paused it can.
  const dialog = seller.getByRole('dialog');
  await seller.getByRole('button', { name: 'Change', exact: true }).click();
  await dialog.getByText('Fixed: the coupon is open').waitFor();
  await dialog.getByLabel('Any of these values').fill('gold, vip');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Pause the coupon first: the change would let in more members').waitFor();
  await dialog.getByLabel('Any of these values').fill('gold');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await seller.getByText('Members with grade gold · Members on the list (2,500)').waitFor();

  await seller.getByRole('button', { name: 'Empty the list' }).click();
  await dialog.getByRole('button', { name: 'Empty the list' }).click();
  await dialog.waitFor({ state: 'detached' });
  await seller.getByText('The list is empty: no member may have the coupon.').waitFor();
});

t.test('a seller confirms a hold for an order, gives one back, and recalls what is unused', async (t) => {
  await seller.goto(`${server.origin}/#/sell/new`);
  await seller.getByLabel('Name').fill('Ten minutes');
  await seller.getByLabel('Quantity').fill('10');
  await seller.getByText('Held until confirmed').click();
  await seller.getByLabel('Minutes to pay').fill('0.1');
  await seller.getByRole('button', { name: 'Register', exact: true }).click();
  await seller.locator('.field-fault', { hasText: 'From 0.5 to 1,440 minutes.' }).waitFor();
  await seller.getByLabel('Minutes to pay').fill('10');
  await seller.getByRole('button', { name: 'Register', exact: true }).click();
  await seller.getByRole('heading', { name: 'Ten minutes', level: 1 }).waitFor();
  const couponId = idOf(seller);
  for (const member of ['m-1', 'm-2', 'm-3']) {
    const path = `/v1/coupons/${couponId}/download`;
    await client.call(path, { method: 'POST', token: await signToken(member, 'member') });
  }
  await seller.getByRole('link', { name: 'Holds (3)' }).click();
  await holdFigures(seller, [3, 0, 0, 0, 0]);
  await seller.locator('tr[data-issue-no="2"] .cell-time', { hasText: /^0?9:\d\d$/ }).waitFor();

  const dialog = seller.getByRole('dialog');
  await seller.getByRole('button', { name: 'Confirm number 1' }).click();
  await dialog.getByLabel('Order id').fill('not an id');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.getByText('1 to 64 of A–Z').waitFor();
  await dialog.getByLabel('Order id').fill('A-1017');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await holdFigures(seller, [2, 1, 0, 0, 0]);
  await seller.getByRole('button', { name: 'Release number 2' }).click();
  await dialog.getByRole('button', { name: 'Release' }).click();
  await holdFigures(seller, [1, 1, 0, 1, 0]);

  await seller.getByText('Pause or close the coupon first').waitFor();
  await client.call(`/v1/coupons/${couponId}/pause`, { method: 'POST', token });
  await seller.getByRole('button', { name: 'Recall all unused' }).click();
  await dialog.getByText('Recall 1 issuances?').waitFor();
  await dialog.getByRole('button', { name: 'Recall all unused' }).click();
  await seller.getByText('Nothing is held now').waitFor();
  const stats = await client.call(`/v1/coupons/${couponId}/stats`, { token });
  t.match(stats.body, { recorded: 1, confirmed: 1, held: 0, remaining: 9 });
  await holdFigures(seller, [0, 1, 0, 1, 1]);

  // Beside the other figures of the coupon, too.
  const korean = await signedIn(browser, 'seller-1', 'seller', { locale: 'ko-KR' });
  await korean.goto(`${server.origin}/#/sell/${couponId}`);
  await holdFigures(korean, [0, 1, 0, 1, 1]);
  await korean.getByText('반납1').waitFor();
});

t.test('a seller recalls a coupon without holds that was paused and opens again later', async (t) => {
  const opensAt = new Date(Date.now() + 86_400_000).toISOString();
  const couponId = await register({ name: 'Issued by mistake', quantity: 5 });
  for (const member of ['r-1', 'r-2', 'r-3'])
    await client.call(`/v1/coupons/${couponId}/download`, {
      ...{ method: 'POST', token: await signToken(member, 'member') },
    });
  await client.call(`/v1/me/coupons/${couponId}/use`, {
    ...{ method: 'POST', token: await signToken('r-1', 'member') },
  });
  const act = (what: string) => client.call(`/v1/coupons/${couponId}/${what}`, { method: 'POST', token });
  const recall = seller.getByRole('button', { name: 'Recall all unused' });
  const dialog = seller.getByRole('dialog');

  await seller.goto(`${server.origin}/#/sell/${couponId}/holds`);
  await seller.getByText('This coupon has no holds').waitFor();
  await seller.getByText('Pause or close the coupon first').waitFor();
  t.equal(await recall.count(), 0, 'not while it is open');
  await act('pause');
  await client.call(`/v1/coupons/${couponId}`, { method: 'PATCH', token, body: { opensAt } });
  await recall.click();
  await dialog.getByText('Recall 2 issuances?').waitFor();
  // Resumed elsewhere meanwhile: nothing is taken back, and the dialog shows why.
  await act('resume');
  await dialog.getByRole('button', { name: 'Recall all unused' }).click();
  await dialog.getByText('Pause or close the coupon first').waitFor();
  await act('pause');
  await dialog.getByRole('button', { name: 'Recall all unused' }).click();
  await seller.getByText('2 issuances were taken back.').waitFor();
  await dialog.waitFor({ state: 'detached' });
  await recall.click();
  await seller.getByText('There is nothing to recall.').waitFor();
  const stats = await client.call(`/v1/coupons/${couponId}/stats`, { token });
  t.match(stats.body, { recorded: 1, redeemed: 1, remaining: 4 }, 'what was used stays');
});

t.test('pages complained about nothing', (t) => {
  t.same(browser.complaints, []);
  t.end();
});
