/** Checks every page of the console with axe (WCAG 2.2 AA), in one theme and one language. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { Test } from 'tap';
import { violationsOn } from '../clients/axe.js';
import { runSeonchak } from '../clients/seonchak-command.js';
import { signedIn, signedInWith } from '../clients/signed-in.js';
import { signToken } from '../clients/tokens.js';
import { TEST_SECRET } from '../servers/seonchak.js';
import { openConsole } from './console-under-test.js';
import { stopsOn } from './console-stops.js';
import type { Stop } from './console-stops.js';

/** Theme, language and screen. */
export type Appearance = Pick<BrowserContextOptions, 'colorScheme' | 'locale' | 'viewport'>;

type Person = NonNullable<Stop['as']>;
const people: Readonly<
  Record<Exclude<Person, 'administrator'>, readonly [subject: string, role: 'member' | 'seller']>
> = {
  member: ['member-1', 'member'],
  'another member': ['member-2', 'member'],
  'a holding member': ['member-3', 'member'],
  seller: ['seller-1', 'seller'],
  'another seller': ['seller-2', 'seller'],
};

/** Starts a server with a coupon in every state, and visits each stop of console-stops.ts. */
export async function checkEveryPage(t: Test, appearance: Appearance): Promise<void> {
  const { storeSettings, server, browser, client, sellerToken, register } = await openConsole(t, {
    MEMBER_CLAIMS: 'grade',
  });
  const memberToken = await signToken('member-1', 'member');

  async function send(path: string, token: string, body?: Record<string, unknown>): Promise<void> {
    const answer = await client.call(path, {
      method: 'POST',
      token,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status > 201) throw new Error(`${path}: ${answer.status}`);
  }

  const name = '치킨 50 % 할인 🍗 '.repeat(13).trim();
  const open = await register({ name, quantity: 1_000_000_000, discount: { type: 'percent', value: 50 } });
  const scheduled = await register({ name: 'Later', quantity: 5, opensAt: '2099-01-01T00:00:00Z' });
  const soldOut = await register({ name: 'The only one', quantity: 1 });
  const paused = await register({ name: 'Paused', quantity: 5 });
  const closed = await register({ name: 'Closed', quantity: 5 });
  const held = await register({ name: 'Held', quantity: 5, holdSeconds: 3_600 });
  await send(`/v1/coupons/${held}/download`, await signToken('member-3', 'member'));
  await send('/v1/keys', sellerToken, { name: 'Checkout', scopes: ['read', 'redeem'] });
  await send('/v1/webhooks', sellerToken, { url: 'https://shop.example/hook', kinds: ['issuance.recorded'] });
  for (const id of [open, soldOut]) await send(`/v1/coupons/${id}/download`, memberToken);
  await send(`/v1/coupons/${paused}/pause`, sellerToken);
  await send(`/v1/coupons/${closed}/close`, sellerToken);
  const limited = await register({
    ...{ name: 'For some', quantity: 5, holdSeconds: 600, perMember: 2 },
    eligibility: { claims: { grade: ['gold', 'vip'] }, audience: true, notIssued: [closed] },
  });
  await client.call(`/v1/coupons/${limited}/audience`, {
    ...{ method: 'POST', token: sellerToken },
    body: { add: ['m-1', 'm-2'] },
  });

  const PASSWORD = 'correct horse battery';
  await client.call('/v1/accounts', {
    method: 'POST',
    body: { email: 'helper@shop.test', password: PASSWORD, role: 'member' },
  });
  await runSeonchak(
    ['account', 'create', '--email', 'admin@shop.test', '--role', 'admin', '--password-stdin'],
    { ...storeSettings, JWT_SECRET: TEST_SECRET },
    PASSWORD,
  );
  const session = await client.call('/v1/sessions', {
    method: 'POST',
    body: { email: 'admin@shop.test', password: PASSWORD },
  });
  const adminToken = String(session.body['accessToken']);

  const stops = stopsOn({ open, scheduled, soldOut, paused, closed, held, limited, sellerToken, send });

  /** Signed in before the first page is there. */
  function personOn(as: Person | undefined): Promise<Page> {
    if (as === undefined) return browser.person(appearance);
    if (as === 'administrator') return signedInWith(browser, adminToken, appearance);
    return signedIn(browser, ...people[as], appearance);
  }

  const pages = new Map<Person | undefined, Page>();
  for (const { title, address: stop, as, reach } of stops) {
    const address = `${server.origin}/${stop}`;
    const known = pages.get(as);
    const page = known ?? (await personOn(as));
    pages.set(as, page);
    if (known === undefined) await page.goto(address);
    else await showAnew(page, server.origin, address);
    await reach(page);
    t.same(await violationsOn(page), [], title);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    t.ok(Number(overflow) <= 0, `${title}: nothing is wider than the screen`);
  }
}

/**
 * By way of a page that is none: the stop's own is then built anew, whatever the stop before has left. Loading the console again would cost
 * axe its compiled code, a quarter of the processor time of a file.
 */
async function showAnew(page: Page, origin: string, address: string): Promise<void> {
  for (const next of [`${origin}/#/between-stops`, address]) {
    await page.evaluate(`for (const part of document.querySelector('main').children) part.dataset.left = ''`);
    await page.goto(next);
    // Else what a stop waits for may be found on the page before it.
    await page.locator('[data-left]').first().waitFor({ state: 'detached' });
  }
}
