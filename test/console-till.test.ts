/** Tests a coupon that a member shows and a till redeems, in real browsers: QR code, number, camera, lost answers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import decodeQR from 'qr/decode.js';
import t from 'tap';
import { startBrowser } from './clients/browser.js';
import { pictureOf } from './clients/camera-picture.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

const { server, browser, client } = await openConsole(t);

const sellerToken = await signToken('seller-1', 'seller');
const memberToken = await signToken('member-1', 'member');
const member = await signedIn(browser, 'member-1', 'member', { viewport: { width: 390, height: 800 } });
const till = await signedIn(browser, 'seller-1', 'seller', { viewport: { width: 600, height: 900 } });

async function held(name: string, terms: Record<string, unknown> = {}): Promise<number> {
  const body = { name, quantity: 5, ...terms };
  const made = await client.call('/v1/coupons', { method: 'POST', token: sellerToken, body });
  const couponId = Number(made.body['id']);
  await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token: memberToken });
  return couponId;
}

async function passOf(couponId: number): Promise<string> {
  const { body } = await client.call(`/v1/me/coupons/${couponId}/pass`, { token: memberToken });
  return String(body['pass']);
}

async function ordersOf(couponId: number): Promise<readonly Record<string, unknown>[]> {
  const path = `/v1/coupons/${couponId}/issuances/1/redemptions`;
  return (await client.call(path, { token: sellerToken })).body['items'] as Record<string, unknown>[];
}

async function show(name: string): Promise<void> {
  await member.goto(`${server.origin}/#/me`);
  await member.reload();
  await member.locator('.mine', { hasText: name }).getByRole('button', { name: 'Show' }).click();
  await member.locator('.qr').waitFor();
}

/** What a camera would read: the path of the drawing, filled in. */
async function shownText(page: Page): Promise<string> {
  const box = String(await page.locator('.qr').getAttribute('viewBox'));
  const path = String(await page.locator('.qr path').getAttribute('d'));
  const size = Number(box.split(' ').at(-1));
  const scale = 4;
  const width = size * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      const first = row * width + Number(x) * scale;
      for (let pixel = first; pixel < first + Number(length) * scale; pixel++)
        data.fill(0, pixel * 4, pixel * 4 + 3);
    }
  }
  return decodeQR({ width, height: width, data });
}

async function type(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code or number').fill(code);
  await page.getByLabel('Code or number').press('Enter');
}

t.test('a member shows a coupon, the till redeems it, and the member sees that', async (t) => {
  const couponId = await held('Half price', { discount: { type: 'percent', value: 50 } });
  await show('Half price');
  const text = await shownText(member);
  t.match(text, new RegExp(`^SP1\\.${couponId}\\.1\\.`));
  t.equal(await member.locator('.pass-number strong').textContent(), `${couponId}-1`);

  await till.goto(`${server.origin}/#/sell`);
  await till.getByRole('link', { name: 'Till' }).click();
  await type(till, text);
  await till.getByText('Can be redeemed').waitFor();
  await till.getByText('No. 1 · member member-1').waitFor();
  await till.getByText('Shown by the member').waitFor();
  t.equal((await ordersOf(couponId)).length, 0, 'a check changes nothing');
  await till.getByLabel('Receipt number').fill('R-1017');
  await till.getByRole('button', { name: 'Redeem', exact: true }).click();
  await till.locator('.checked[data-appearance="done"]').waitFor();
  t.match(await ordersOf(couponId), [{ orderId: 'R-1017', cancelledAt: null }]);

  await member.getByText('The shop has redeemed it just now.').waitFor();
  await member.getByRole('button', { name: 'Close' }).click();
  await member.locator('.mine', { hasText: 'Half price' }).locator('.stamp', { hasText: 'Used' }).waitFor();

  await till.getByRole('button', { name: 'Next customer' }).click();
  t.equal(await till.evaluate('document.activeElement.name'), 'code', 'a scanner that types goes on');
  await type(till, text);
  await till.getByText('Used already').waitFor();
  await till.getByText('by order R-1017').waitFor();
  t.equal(await till.getByRole('button', { name: 'Redeem', exact: true }).count(), 0);
  await till.getByRole('button', { name: 'Next customer' }).click();

  await till.getByRole('button', { name: 'Cancel the redemption of number 1' }).click();
  await till.getByRole('dialog').getByRole('button', { name: 'Cancel use' }).click();
  await till.locator('.latest', { hasText: 'Cancelled' }).waitFor();
  t.match(await ordersOf(couponId), [{ orderId: 'R-1017', cancelledAt: /Z$/ }]);
});

t.test('a number that is read out is taken, with a warning, as people write it', async (t) => {
  const couponId = await held('Read out', { redeemBy: 'seller' });
  await show('Read out');
  t.equal(
    await member.locator('.mine', { hasText: 'Read out' }).getByRole('button', { name: 'Use' }).count(),
    0,
  );
  await member.getByText('Only the shop can redeem it.').waitFor();
  await till.goto(`${server.origin}/till`);
  await type(till, ` ${couponId} – 1 `);
  await till.getByText('Make sure that this person is member member-1').waitFor();
  await till.getByRole('button', { name: 'Do not redeem' }).click();
  t.equal((await ordersOf(couponId)).length, 0);
  await type(till, `${couponId}-1`);
  await till.getByRole('button', { name: 'Redeem', exact: true }).click();
  await till.locator('.checked[data-appearance="done"]').waitFor();
});

t.test('a till whose answer was lost asks again, and redeems once', async (t) => {
  const couponId = await held('Lost answer');
  await till.goto(`${server.origin}/till`);
  await type(till, await passOf(couponId));
  await till.getByText('Can be redeemed').waitFor();
  // The server has redeemed it, and its answer does not arrive.
  await till.route(
    '**/v1/till/redemptions',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  await till.getByRole('button', { name: 'Redeem', exact: true }).click();
  await till.getByText('it may or may not be redeemed').waitFor();
  const [first] = await ordersOf(couponId);
  t.match(first, { cancelledAt: null });
  await till.getByRole('button', { name: 'Try again' }).click();
  await till.locator('.checked[data-appearance="done"]').waitFor();
  t.same(await ordersOf(couponId), [first]);
});

t.test('what cannot be redeemed says why', async (t) => {
  const other = await signToken('seller-2', 'seller');
  const body = { name: 'Of another seller', quantity: 1 };
  const made = await client.call('/v1/coupons', { method: 'POST', token: other, body });
  const foreign = Number(made.body['id']);
  await client.call(`/v1/coupons/${foreign}/download`, { method: 'POST', token: memberToken });
  const waiting = await held('On hold', { holdSeconds: 600 });
  const forged = (await passOf(await held('Forged'))).replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
  await till.goto(`${server.origin}/till`);
  for (const [code, text] of [
    ['', 'Please fill this in.'],
    ['a beer', 'This is not a code of this service.'],
    [forged, 'This is not a code of this service.'],
    ['999999-1', 'There is no such coupon.'],
    [`${waiting}-77`, 'There is no such issuance.'],
    [`${foreign}-1`, 'This belongs to another seller.'],
    [await passOf(foreign), 'This belongs to another seller.'],
  ] as const) {
    await type(till, code);
    await till.locator('.field-fault', { hasText: text }).waitFor();
  }
  await type(till, `${waiting}-1`);
  await till.getByText('Confirm the hold first.').waitFor();
  t.equal(await till.getByRole('button', { name: 'Redeem', exact: true }).count(), 0);
});

t.test('a server key with the scope is a till of its own, and no other key is', async (t) => {
  const keyWith = async (scope: string): Promise<string> => {
    const body = { name: scope, scopes: [scope] };
    const made = await client.call('/v1/keys', { method: 'POST', token: sellerToken, body });
    return String(made.body['key']);
  };
  const page = await browser.person();
  await page.goto(`${server.origin}/till`);
  for (const wrong of ['sck_1_nothing', await keyWith('read')]) {
    await page.getByLabel('Server key').fill(wrong);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('This key cannot redeem here.').waitFor();
  }
  await page.getByLabel('Server key').fill(await keyWith('redeem'));
  await page.getByRole('button', { name: 'Use this key' }).click();
  await page.getByLabel('Code or number').waitFor();
  await page.reload();
  const couponId = await held('By a key');
  await type(page, await passOf(couponId));
  await page.getByRole('button', { name: 'Redeem', exact: true }).click();
  await page.locator('.checked[data-appearance="done"]').waitFor();
  t.match(await ordersOf(couponId), [{ by: { kind: 'key' } }]);
  await page.getByRole('button', { name: 'Sign this till off' }).click();
  await page.getByLabel('Server key').waitFor();
  t.equal(await page.evaluate('localStorage.getItem("seonchak.till-key")'), null);
});

t.test('the camera of the till reads the code', async (t) => {
  const couponId = await held('Scanned');
  const file = join(t.testdir(), 'camera.y4m');
  await writeFile(file, pictureOf(await passOf(couponId)));
  const seeing = await startBrowser([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ]);
  t.teardown(() => seeing.close());
  const page = await signedIn(seeing, 'seller-1', 'seller');
  await page.goto(`${server.origin}/till`);
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  await page.getByText('Can be redeemed').waitFor();
  await page.getByText('Shown by the member').waitFor();
  await page.getByRole('button', { name: 'Redeem', exact: true }).click();
  await page.locator('.checked[data-appearance="done"]').waitFor();
  await page.getByRole('button', { name: 'Next customer' }).click();
  await page.getByRole('button', { name: 'Stop the camera' }).waitFor();
  t.same(seeing.complaints, []);

  await page.goto(`${server.origin}/`);
  const refused = await page.evaluate(
    'navigator.mediaDevices.getUserMedia({ video: true }).then(() => "seen", (fault) => fault.name)',
  );
  t.equal(refused, 'NotAllowedError', 'no other page has the camera');
});

t.test('a pass that cannot be renewed is not shown for longer than it is valid', async () => {
  await held('Out of reach');
  await member.clock.install();
  await show('Out of reach');
  await member.context().setOffline(true);
  await member.clock.runFor(60_000);
  await member.getByText('The connection is down, so the code cannot be renewed.').waitFor();
  await member.locator('.qr').waitFor({ state: 'detached' });
  await member.context().setOffline(false);
  await member.clock.runFor(10_000);
  await member.locator('.qr').waitFor();
});

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});
