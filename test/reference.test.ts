/** Tests the reference of the API in a real browser: curl lines that work as they are shown, and requests sent from the page. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { violationsOn } from './clients/axe.js';
import { startBrowser } from './clients/browser.js';
import { signToken } from './clients/tokens.js';
import { requiredProgram } from './servers/on-path.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

requiredProgram(['curl'], { package: 'curl' });
const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
const server = await startSeonchak(backEnd.settings);
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());
const page = await browser.person();
await page.goto(`${server.origin}/reference`);
const seller = await signToken('seller-1', 'seller');

t.test('an operation is tried from the page, with its example and a token', async (t) => {
  await page.getByLabel('Access token for').fill(seller);
  const register = page.locator('#registerCoupon');
  await register.getByText('Try it').click();
  await register.getByLabel('Body').fill('{"name": "From the reference", "quantity": 3}');
  await register.getByRole('button', { name: 'Send POST' }).click();
  await register.getByText('201').last().waitFor();
  await register.getByRole('status').getByText('"From the reference"').waitFor();

  const list = page.locator('#listCoupons');
  await list.getByText('Try it').click();
  await list.locator('input[name="q"]').fill('nothing has this name');
  await list.getByRole('button', { name: 'Send GET' }).click();
  await list.getByRole('status').getByText('"items": []').waitFor();

  const show = page.locator('#showCoupon');
  await show.getByText('Try it').click();
  await show.locator('input[name="id"]').fill('1');
  await show.getByRole('button', { name: 'Send GET' }).click();
  await show.getByRole('status').getByText('From the reference').waitFor();
  t.same(await violationsOn(page), []);
});

t.test('a curl line works as it is shown, once the two variables are set', async (t) => {
  const run = async (operation: string, token: string): Promise<Record<string, unknown>> => {
    const line = await page.locator(`#${operation} .curl code`).textContent();
    const env = { PATH: process.env['PATH'], SEONCHAK: server.origin, TOKEN: token };
    const { stdout } = await promisify(execFile)('sh', ['-c', `${line} -s`], { env });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  t.match(await run('registerCoupon', seller), {
    name: 'Fried chicken, half price',
    state: /scheduled|open/,
  });
  t.match(await run('topUpCoupon', seller), { id: 1, quantity: 103 });
  t.match(await run('downloadCoupon', await signToken('m-1', 'member')), { outcome: 'issued', issueNo: 1 });
});

t.test('the collection for Postman is one link away, and the strict policy holds', async (t) => {
  const link = page.getByRole('link', { name: 'Postman collection' });
  const address = await link.evaluate((element) => Reflect.get(element, 'href') as string);
  const collection = (await (await fetch(address)).json()) as { info: { schema: string } };
  t.match(collection.info.schema, /v2\.1\.0/);
  t.same(browser.complaints, []);
});
