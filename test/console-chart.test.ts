/** Tests what the burn-down chart draws in a real browser: earlier points after a reload, and times of the chosen language. */
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { openConsole } from './system/console-under-test.js';

/** The chart is a picture, so the test records what the page draws: every text, and the last thick line. */
const RECORD_DRAWING = `
  globalThis.drawn = { texts: new Set(), line: [] };
  const points = new WeakMap();
  for (const name of ['moveTo', 'lineTo']) {
    const draw = Path2D.prototype[name];
    Path2D.prototype[name] = function (x, y) {
      points.set(this, [...(points.get(this) ?? []), [x, y]]);
      return draw.call(this, x, y);
    };
  }
  const { fillText, stroke } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    drawn.texts.add(text);
    return fillText.call(this, text, ...rest);
  };
  CanvasRenderingContext2D.prototype.stroke = function (path, ...rest) {
    if (path !== undefined && this.lineWidth === 2 * devicePixelRatio) drawn.line = points.get(path) ?? [];
    return path === undefined ? stroke.call(this) : stroke.call(this, path, ...rest);
  };
`;

const { server, browser, client } = await openConsole(t);

const token = await signToken('seller-1', 'seller');
// Finns write 14.05.09 and 3 650; the console has no Finnish, and is in English then.
const page = await signedIn(browser, 'seller-1', 'seller', { locale: 'fi-FI' });
await page.addInitScript({ content: RECORD_DRAWING });

async function soldOut(name: string, quantity: number): Promise<number> {
  const body = { name, quantity };
  const couponId = Number((await client.call('/v1/coupons', { method: 'POST', token, body })).body['id']);
  for (let member = 1; member <= quantity; member += 1) {
    const memberToken = await signToken(`member-${member}`, 'member');
    await client.call(`/v1/coupons/${couponId}/download`, { method: 'POST', token: memberToken });
  }
  return couponId;
}

/** Polls what the chart has drawn. The policy of the pages forbids `waitForFunction`, which evaluates text. */
async function drawn<T = number>(
  what: string,
  isThere: (seen: readonly T[]) => boolean,
): Promise<readonly T[]> {
  const deadlineMs = Date.now() + 20_000;
  for (;;) {
    const seen = await page.evaluate<readonly T[]>(what);
    if (isThere(seen)) return seen;
    if (Date.now() > deadlineMs) throw new Error(`drawn so far: ${JSON.stringify(seen)}`);
    await setTimeout(100);
  }
}

t.test('after a top-up and a reload the curve begins at the quantity of its time', async (t) => {
  const couponId = await soldOut('Topped up', 3);
  await page.goto(`${server.origin}/#/sell/${couponId}`);
  await page.getByRole('button', { name: 'Top up' }).click();
  await page.getByLabel('How many more').fill('7');
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByText('The quantity is 10 now.').waitFor();
  await page.reload();
  // From 3 down to 0, and up to 7: the lowest point is neither the first nor the last.
  const heights = await drawn('drawn.line.map(([, y]) => -y)', (line) => {
    const least = Math.min(...line);
    return least < Math.min(line[0] ?? 0, line.at(-1) ?? 0);
  });
  const least = Math.min(...heights);
  const first = (heights[0] ?? 0) - least;
  const last = (heights.at(-1) ?? 0) - least;
  t.ok(Math.abs(first / last - 3 / 7) < 0.05, `${first} of ${last} px are 3 of 7 units`);
});

t.test('times and numbers follow the chosen language, and not the browser', async (t) => {
  await page.goto(`${server.origin}/#/sell/${await soldOut('Drawn', 1)}`);
  const isTime = (text: string) => /^\d\d.\d\d.\d\d$/.test(text);
  const texts = await drawn<string>('[...drawn.texts]', (all) => all.some(isTime));
  const times = texts.filter(isTime);
  t.same(
    times.filter((text) => !/^\d\d:\d\d:\d\d$/.test(text)),
    [],
  );

  await page.goto(`${server.origin}/#/sell/new`);
  await page.getByLabel('Name').fill('Far too long');
  await page.getByLabel('Quantity').fill('5');
  await page.getByText('Days after issue').click();
  await page.getByRole('textbox', { name: 'Days after issue' }).fill('99999');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByText('3,650').waitFor();
});

t.test('nothing on any page broke the content security policy or threw', (t) => {
  t.same(browser.complaints, []);
  t.end();
});
