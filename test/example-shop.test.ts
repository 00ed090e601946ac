/** Tests the example shop beside a real server in a browser, and kills both with orders in flight. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSeonchakClient } from '@seonchak/client';
import t from 'tap';
import { signedHeaders } from '../src/webhooks/signature.js';
import { startBrowser } from './clients/browser.js';
import { emptyFolder } from './clients/seonchak-command.js';
import { signToken } from './clients/tokens.js';
import { eventually, ExampleShop, SHOP_WAIT_MS } from './servers/example-shop.js';
import { freePort } from './servers/free-port.js';
import { startSeonchak } from './servers/seonchak.js';

const root = fileURLToPath(new URL('../', import.meta.url));

const folder = await emptyFolder();
t.teardown(() => folder.remove());
const port = await freePort();
const seonchak = await startSeonchak({
  ...{ DATA_DIR: join(folder.path, 'data'), WEBHOOK_ALLOW_PRIVATE: '1' },
  // Lets the button of the shop's page in.
  CORS_ORIGINS: `http://127.0.0.1:${port}`,
});
t.teardown(() => seonchak.stop());
const shop = await ExampleShop.at(seonchak.origin, join(folder.path, 'shop.db'), {
  port,
  receivesWebhooks: true,
});
await shop.start();
t.teardown(() => shop.kill('SIGTERM'));

t.test('a member signs in, gets the coupon, orders with it and cancels, in a browser', async (t) => {
  const browser = await startBrowser();
  t.teardown(() => browser.close());
  const page = await browser.person();
  await page.goto(shop.url);
  await page.getByLabel('Name').fill('Anna');
  await page.getByRole('button', { name: 'Sign in' }).click();
  // The button that Seonchak serves, in a page of another origin: it has its figures from the live stream. Until then it shows the
  // shop's own stock and form, which a click would find and never reach.
  // The policy of the page forbids `waitForFunction`, which evaluates text.
  await eventually('the button is drawn', () =>
    page.evaluate<boolean>("Boolean(document.querySelector('seonchak-coupon')?.shadowRoot)"),
  );
  const left = page.getByText('10 of 10 left').filter({ visible: true });
  await left.waitFor();
  t.equal(await left.count(), 1, 'once on the page');
  t.equal(await page.locator('seonchak-coupon').filter({ has: left }).count(), 1, 'from the button itself');
  await page.getByRole('button', { name: 'Get the coupon' }).click();
  await page.getByRole('status').getByText('Yours: number 1').waitFor();
  await page.reload();
  await page.getByText('Yours: number 1').waitFor();
  await page.getByText('9 of 10 left').waitFor();
  await page.getByRole('button', { name: 'Order at half price' }).click();
  await page.getByText('placed').waitFor();
  await page.getByRole('button', { name: 'Order at half price' }).click();
  await page.getByText('already_used').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('cancelled').waitFor();
  await page.getByRole('button', { name: 'Order at half price' }).click();
  await page.getByText('placed').waitFor();
  t.same(browser.complaints, []);
  await eventually('the shop has the winner and its order', () => shop.hasEqualTables());
  t.match(shop.winners(), [{ issue_no: 1, member: 'anna', order_id: /^order-/ }]);
});

t.test('whichever part is killed, no order is lost and the tables are equal', async (t) => {
  const buying = Promise.all(
    Array.from({ length: 16 }, (_, place) => shop.buy(`buyer-${place}`, place % 3 === 0)),
  );
  await pause(150);
  await shop.kill('SIGKILL');
  await shop.start();
  await seonchak.kill('SIGKILL');
  await pause(300);
  await seonchak.restart();
  await buying;
  await shop.kill('SIGKILL');
  await shop.start();

  await eventually('no order is open', () => shop.openOrders() === 0);
  await eventually('the tables are equal', () => shop.hasEqualTables());
  t.equal(shop.winners().length, 10, 'the coupon is sold out');
  const { live, placed } = shop.liveAndPlaced();
  t.same(live, placed, 'each placed order has its redemption, and no other has one');
});

t.test(
  'a shop that is not reachable follows the events from the beginning, and finds the same coupon',
  async (t) => {
    const follower = await ExampleShop.at(seonchak.origin, join(folder.path, 'follower.db'), {
      receivesWebhooks: false,
    });
    await follower.start();
    t.teardown(() => follower.kill('SIGTERM'));
    await eventually('the tables are equal', () => follower.hasEqualTables());
  },
);

t.test('a replay does not bring back a winner that was revoked', async (t) => {
  const [{ value: secret } = { value: '' }] = shop.rows<{ value: string }>(
    "select value from setting where name = 'webhook-secret'",
  );
  const receive = async (id: string, type: string): Promise<void> => {
    const event = { id: `event-${id}`, type, issueNo: 1_000, memberId: 'zoe' };
    const body = JSON.stringify({ couponId: 1, events: [event] });
    const headers = {
      'content-type': 'application/json',
      ...signedHeaders([secret], { id, body }, Date.now()),
    };
    const { status } = await fetch(`${shop.url}/webhooks/seonchak`, { method: 'POST', headers, body });
    t.equal(status, 204);
  };
  const isWinner = (): boolean => shop.winners().some(({ issue_no: issueNo }) => issueNo === 1_000);
  await receive('msg-1', 'issuance.recorded');
  t.ok(isWinner());
  await receive('msg-2', 'issuance.revoked');
  t.notOk(isWinner());
  await receive('rpl-1', 'issuance.recorded');
  t.notOk(isWinner());
});

t.test(
  'a seat is held while its buyer pays, and goes back when the buyer leaves or the time runs out',
  async (t) => {
    const browser = await startBrowser();
    t.teardown(() => browser.close());
    const seller = createSeonchakClient({
      baseUrl: seonchak.origin,
      token: await signToken('example-shop', 'seller'),
    });
    const buyer = async (name: string) => {
      const page = await browser.person();
      await page.goto(shop.url);
      await page.getByLabel('Name').fill(name);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('link', { name: 'Seats' }).click();
      return page;
    };
    const hold = { name: 'Hold a seat' };
    const [payer, leaver, slow, next] = [
      await buyer('payer'),
      await buyer('leaver'),
      await buyer('slow'),
      await buyer('next'),
    ];

    await payer.getByRole('button', hold).click();
    await payer
      .getByRole('timer')
      .getByText(/^0:\d\d$/)
      .waitFor();
    await payer.getByRole('button', { name: 'Pay' }).click();
    await payer.getByText('Seat number 1 is yours').waitFor();
    await leaver.getByRole('button', hold).click();
    await leaver.getByText('Seat number 2 is held for you').waitFor();
    await next.getByRole('button', hold).click();
    await next.getByText('Every seat is held or sold').waitFor();
    await leaver.getByRole('button', { name: 'Leave' }).click();
    await leaver.getByText('You gave the seat back.').waitFor();

    await slow.getByRole('button', hold).click();
    await slow.getByText('Seat number 3 is held for you').waitFor();
    // It is held for 30 s, and taken back some 30 s later.
    await slow.getByText('Your time to pay ran out').waitFor({ timeout: SHOP_WAIT_MS });
    await next.getByRole('button', hold).click();
    await next.getByText('Seat number 4 is held for you').waitFor();
    await seller.DELETE('/v1/coupons/{id}/issuances/{issueNo}/hold', {
      params: { path: { id: 2, issueNo: 4 } },
    });
    await next.getByRole('button', { name: 'Pay' }).click();
    await next.getByText('Your payment came too late and was refunded.').waitFor();

    // A payment in flight while both sides die.
    await leaver.getByRole('button', hold).click();
    await leaver.getByText('Seat number 5 is held for you').waitFor();
    await seonchak.kill('SIGKILL');
    void leaver.getByRole('button', { name: 'Pay' }).click({ noWaitAfter: true });
    await eventually('the payment is stored', () => stateOf(5) === 'paying');
    await shop.kill('SIGKILL');
    await seonchak.restart();
    await shop.start();
    await eventually('the payment is carried out', () => stateOf(5) === 'paid');
    await leaver.goto(`${shop.url}/seat`);
    await leaver.getByText('Seat number 5 is yours').waitFor();

    const { data } = await seller.GET('/v1/coupons/{id}/stats', { params: { path: { id: 2 } } });
    t.match(data, { recorded: 2, confirmed: 2, held: 0, remaining: 0 });
    const owners = () =>
      shop.rows<{ member: string }>('select member from winner where coupon = 2 order by issue_no');
    await eventually(
      'the shop has followed',
      () =>
        owners()
          .map(({ member }) => member)
          .join() === 'payer,leaver',
    );
  },
);

function stateOf(issueNo: number): string | undefined {
  return shop.rows<{ state: string }>(`select state from seat where issue_no = ${issueNo}`)[0]?.state;
}

t.test('a request that is no webhook is refused, whatever its body is', async (t) => {
  const signed = { 'webhook-id': 'x', 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)) };
  for (const headers of [{}, { ...signed, 'webhook-signature': 'v1,AAAA' }] as Record<string, string>[]) {
    for (const [type, body] of [
      ['application/json', '{'],
      ['application/json', ''],
      ['application/x-www-form-urlencoded', 'a=1'],
      ['text/plain', 'text'],
      ['', undefined],
    ] as const) {
      const { status } = await fetch(`${shop.url}/webhooks/seonchak`, {
        method: 'POST',
        headers: { ...headers, ...(type === '' ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body }),
      });
      t.equal(status, 400, `${type} ${body ?? 'without a body'}`);
    }
  }
});

t.test('the one command that starts it is in package.json', async (t) => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  t.equal(manifest.scripts['shop'], 'exec node examples/shop/shop.js');
});
