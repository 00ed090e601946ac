/** The example shop beside a real server, in a browser, and with either of the two killed in the middle of everything. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { createSeonchakClient } from '@seonchak/client';
import t from 'tap';
import { signedHeaders } from '../src/webhooks/signature.js';
import { startBrowser } from './clients/browser.js';
import { emptyFolder } from './clients/seonchak-command.js';
import { signToken } from './clients/tokens.js';
import { startChildServer } from './servers/child-server.js';
import type { ChildServer } from './servers/child-server.js';
import { freePort } from './servers/free-port.js';
import { startSeonchak, TEST_SECRET } from './servers/seonchak.js';

const root = fileURLToPath(new URL('../', import.meta.url));
/** A delivery that met a dead shop is repeated after 5 s and then after 30 s. */
const WAIT_MS = 120_000;

const folder = await emptyFolder();
t.teardown(() => folder.remove());
const seonchak = await startSeonchak({ DATA_DIR: join(folder.path, 'data'), WEBHOOK_ALLOW_PRIVATE: '1' });
t.teardown(() => seonchak.stop());
const shopPort = await freePort();
const shopUrl = `http://127.0.0.1:${shopPort}`;
const shopDatabase = join(folder.path, 'shop.db');

/** The shop receives webhooks where it has a URL, and follows the events otherwise. */
function openShop(port: number, database: string, url?: string): Promise<ChildServer> {
  return startChildServer(process.execPath, ['examples/shop/shop.js'], /is open on/, {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      SEONCHAK_URL: seonchak.origin,
      JWT_SECRET: TEST_SECRET,
      SHOP_PORT: String(port),
      SHOP_DB: database,
      ...(url === undefined ? {} : { SHOP_URL: url }),
    },
  });
}
const openReceiver = () => openShop(shopPort, shopDatabase, shopUrl);

let shop = await openReceiver();
t.teardown(() => (shop.isAlive() ? shop.kill('SIGTERM') : undefined));

interface Winner {
  readonly issue_no: number;
  readonly member: string;
  readonly order_id: string | null;
}

function shopRows<Row>(query: string, path = shopDatabase): Row[] {
  const database = new Database(path, { readonly: true });
  try {
    database.exec('pragma busy_timeout = 10000');
    return database.prepare(query).all() as Row[];
  } finally {
    database.close();
  }
}

const winners = (path?: string) =>
  shopRows<Winner>('select issue_no, member, order_id from winner order by issue_no', path);
const openOrders = () => shopRows("select id from orders where state in ('placing', 'cancelling')").length;

/** What the service has, by its seller. */
async function issued(): Promise<Winner[]> {
  const token = await signToken('example-shop', 'seller');
  const seller = createSeonchakClient({ baseUrl: seonchak.origin, token });
  const { data } = await seller.GET('/v1/coupons/{id}/issuances', {
    params: { path: { id: 1 }, query: { limit: 1_000 } },
  });
  return Promise.all(
    (data?.items ?? []).map(async ({ issueNo, memberId }) => {
      const wallet = await seller.GET('/v1/members/{memberId}/coupons', { params: { path: { memberId } } });
      return { issue_no: issueNo, member: memberId, order_id: wallet.data?.items[0]?.orderId ?? null };
    }),
  );
}

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endsAtMs = Date.now() + WAIT_MS;
  while (Date.now() < endsAtMs) {
    if (await holds()) return;
    await pause(100);
  }
  throw new Error(`${what}: not within ${WAIT_MS / 1_000} s`);
}

async function equalTables(path?: string): Promise<boolean> {
  return JSON.stringify(winners(path)) === JSON.stringify(await issued());
}

t.test('a member signs in, gets the coupon, orders with it and cancels, in a browser', async (t) => {
  const browser = await startBrowser();
  t.teardown(() => browser.close());
  const page = await browser.person();
  await page.goto(shopUrl);
  await page.getByLabel('Name').fill('anna');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Get the coupon' }).click();
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
  await eventually('the shop has the winner and its order', () => equalTables());
  t.match(winners(), [{ issue_no: 1, member: 'anna', order_id: /^order-/ }]);
});

t.test('whichever part is killed, no order is lost and the tables are equal', async (t) => {
  /** A form that is sent until the shop answers. Placing an order twice is a person's doing: the second one is refused. */
  const send = async (path: string, cookie: string, body = ''): Promise<Response> => {
    const endsAtMs = Date.now() + WAIT_MS;
    for (;;) {
      try {
        return await fetch(`${shopUrl}${path}`, {
          method: 'POST',
          redirect: 'manual',
          headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
          body,
        });
      } catch (error) {
        if (Date.now() > endsAtMs) throw error;
        await pause(100);
      }
    }
  };
  const buy = async (member: string, cancels: boolean): Promise<void> => {
    const signedIn = await send('/sign-in', '', `member=${member}`);
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    // A restart on a busy machine may outlast the patience of one press.
    let said: string | null;
    do said = (await send('/download', cookie)).headers.get('location');
    while (said?.endsWith('said=unknown') === true);
    await send('/orders', cookie);
    if (!cancels) return;
    const page = await fetch(shopUrl, { headers: { cookie } })
      .then((answer) => answer.text())
      .catch(() => '');
    const action = /action="(\/orders\/[^"]+\/cancel)"/.exec(page)?.[1];
    if (action !== undefined) await send(action, cookie);
  };
  const buying = Promise.all(
    Array.from({ length: 16 }, (_, place) => buy(`buyer-${place}`, place % 3 === 0)),
  );
  await pause(150);
  await shop.kill('SIGKILL');
  shop = await openReceiver();
  await seonchak.kill('SIGKILL');
  await pause(300);
  await seonchak.restart();
  await buying;
  await shop.kill('SIGKILL');
  shop = await openReceiver();

  await eventually('no order is open', () => openOrders() === 0);
  await eventually('the tables are equal', () => equalTables());
  t.equal(winners().length, 10, 'the coupon is sold out');
  const live = winners().flatMap(({ order_id: order }) => order ?? []);
  const placed = shopRows<{ id: string }>("select id from orders where state = 'placed'");
  t.same(
    live.sort(),
    placed.map(({ id }) => id).sort(),
    'each placed order has its redemption, and no other has one',
  );
});

t.test(
  'a shop that is not reachable follows the events from the beginning, and finds the same coupon',
  async (t) => {
    const path = join(folder.path, 'follower.db');
    const follower = await openShop(await freePort(), path);
    t.teardown(() => follower.kill('SIGTERM'));
    await eventually('the tables are equal', () => equalTables(path));
  },
);

t.test('a replay does not bring back a winner that was revoked', async (t) => {
  const [{ value: secret } = { value: '' }] = shopRows<{ value: string }>(
    "select value from setting where name = 'webhook-secret'",
  );
  const receive = async (id: string, type: string): Promise<void> => {
    const event = { id: `event-${id}`, type, issueNo: 1_000, memberId: 'zoe' };
    const body = JSON.stringify({ couponId: 1, events: [event] });
    const headers = {
      'content-type': 'application/json',
      ...signedHeaders([secret], { id, body }, Date.now()),
    };
    const { status } = await fetch(`${shopUrl}/webhooks/seonchak`, { method: 'POST', headers, body });
    t.equal(status, 204);
  };
  const isWinner = (): boolean => winners().some(({ issue_no: issueNo }) => issueNo === 1_000);
  await receive('msg-1', 'issuance.recorded');
  t.ok(isWinner());
  await receive('msg-2', 'issuance.revoked');
  t.notOk(isWinner());
  await receive('rpl-1', 'issuance.recorded');
  t.notOk(isWinner());
});

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
      const { status } = await fetch(`${shopUrl}/webhooks/seonchak`, {
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
