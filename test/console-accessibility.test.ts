/** Every page of the console in both themes and both languages, judged by axe: no violation of WCAG 2.2 AA that a program can find. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import t from 'tap';
import { violationsOn } from './clients/axe.js';
import { startBrowser } from './clients/browser.js';
import { HttpClient } from './clients/http-client.js';
import { signedIn } from './clients/signed-in.js';
import { signToken } from './clients/tokens.js';
import { startSeonchak } from './servers/seonchak.js';
import { startEmbedded } from './system/embedded-back-end.js';

const PHONE = { width: 390, height: 844 };

const backEnd = await startEmbedded();
t.teardown(() => backEnd.stop());
const server = await startSeonchak(backEnd.settings);
t.teardown(() => server.stop());
const browser = await startBrowser();
t.teardown(() => browser.close());
const client = new HttpClient(server.origin, 4);
t.teardown(() => client.close());

const sellerToken = await signToken('seller-1', 'seller');
const memberToken = await signToken('member-1', 'member');

async function make(path: string, body: Record<string, unknown>): Promise<number> {
  const answer = await client.call(path, { method: 'POST', token: sellerToken, body });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status}`);
  return Number(answer.body['id']);
}

function register(terms: Record<string, unknown>): Promise<number> {
  return make('/v1/coupons', terms);
}

async function send(path: string, token: string): Promise<void> {
  const answer = await client.call(path, { method: 'POST', token });
  if (answer.status > 201) throw new Error(`${path}: ${answer.status}`);
}

const name = '치킨 50 % 할인 🍗 '.repeat(13).trim();
const open = await register({ name, quantity: 1_000_000_000, discount: { type: 'percent', value: 50 } });
const scheduled = await register({ name: 'Later', quantity: 5, opensAt: '2099-01-01T00:00:00Z' });
const soldOut = await register({ name: 'The only one', quantity: 1 });
const paused = await register({ name: 'Paused', quantity: 5 });
const closed = await register({ name: 'Closed', quantity: 5 });
await make('/v1/keys', { name: 'Checkout', scopes: ['read', 'redeem'] });
await make('/v1/webhooks', { url: 'https://shop.example/hook', kinds: ['issuance.recorded'] });
for (const id of [open, soldOut]) await send(`/v1/coupons/${id}/download`, memberToken);
await send(`/v1/coupons/${paused}/pause`, sellerToken);
await send(`/v1/coupons/${closed}/close`, sellerToken);

interface Stop {
  readonly title: string;
  readonly address: string;
  readonly as?: 'member' | 'seller' | 'another seller' | 'another member';
  /** Goes on until what is to be judged is there. */
  readonly reach: (page: Page) => Promise<void>;
}

const seen = (selector: string) => (page: Page) => page.locator(selector).first().waitFor();
const pressed = (selector: string, then: string) => async (page: Page) => {
  await page.locator(selector).first().click();
  await page.locator(then).first().waitFor();
};

const stops: readonly Stop[] = [
  { title: 'the list of coupons', address: '#/', reach: seen('.card') },
  {
    title: 'the list where a filter leaves nothing',
    address: '#/',
    reach: async (page) => {
      await page.locator('.card').first().waitFor();
      await send(`/v1/coupons/${paused}/resume`, sellerToken);
      await page.locator('.choice-face').nth(3).click();
      await page.locator('.state-title').waitFor();
      await send(`/v1/coupons/${paused}/pause`, sellerToken);
    },
  },
  { title: 'an event before signing in', address: `#/coupons/${open}`, reach: seen('.event-figure') },
  {
    title: 'an event before it opens',
    address: `#/coupons/${scheduled}`,
    as: 'member',
    reach: seen('.download[aria-disabled="true"]'),
  },
  { title: 'an open event', address: `#/coupons/${open}`, as: 'another member', reach: seen('.download') },
  { title: 'an event, for a seller', address: `#/coupons/${open}`, as: 'seller', reach: seen('.hint-box') },
  { title: 'a ticket', address: `#/coupons/${open}`, as: 'member', reach: seen('.issued-number') },
  {
    title: 'a sold-out event',
    address: `#/coupons/${soldOut}`,
    as: 'another member',
    reach: seen('.event-headline'),
  },
  {
    title: 'a paused event',
    address: `#/coupons/${paused}`,
    as: 'another member',
    reach: seen('.event-headline'),
  },
  {
    title: 'a closed event',
    address: `#/coupons/${closed}`,
    as: 'another member',
    reach: seen('.event-headline'),
  },
  { title: 'a coupon that is not there', address: '#/coupons/999', reach: seen('.state-failed') },
  { title: 'what a member holds', address: '#/me', as: 'member', reach: seen('.mine') },
  {
    title: 'the question before using it',
    address: '#/me',
    as: 'member',
    reach: pressed('.mine button', 'dialog'),
  },
  {
    title: 'what a member without coupons holds',
    address: '#/me',
    as: 'another member',
    reach: seen('.state-title'),
  },
  { title: 'signing in', address: '#/sign-in', reach: pressed('form button', '[aria-invalid]') },
  { title: 'signing in with a token', address: '#/sign-in', reach: pressed('summary', 'details input') },
  { title: 'signing up', address: '#/sign-up', reach: pressed('form .button-primary', '[aria-invalid]') },
  { title: 'the sales of a seller', address: '#/sell', as: 'seller', reach: seen('.table-coupons a') },
  {
    title: 'the sales of a new seller',
    address: '#/sell',
    as: 'another seller',
    reach: seen('.state-title'),
  },
  { title: 'the sales, for a member', address: '#/sell', as: 'member', reach: seen('.state-title') },
  {
    title: 'registering, for a member',
    address: '#/sell/new',
    as: 'member',
    reach: seen('.state-title'),
  },
  {
    title: 'registering',
    address: '#/sell/new',
    as: 'seller',
    reach: pressed('form .button-primary', '[aria-invalid]'),
  },
  {
    title: 'a coupon, for its seller',
    address: `#/sell/${open}`,
    as: 'seller',
    reach: async (page) => {
      await page.locator('[data-issue-no]').waitFor();
      await page.locator('.chart canvas').waitFor();
    },
  },
  {
    title: 'a coupon without issuances',
    address: `#/sell/${closed}`,
    as: 'seller',
    reach: seen('.panel .state-title'),
  },
  {
    title: 'a coupon of another seller',
    address: `#/sell/${open}`,
    as: 'another seller',
    reach: seen('.state-title'),
  },
  {
    title: 'adding units',
    address: `#/sell/${soldOut}`,
    as: 'seller',
    reach: pressed('.actions .button-primary', 'dialog'),
  },
  {
    title: 'closing',
    address: `#/sell/${open}`,
    as: 'seller',
    reach: pressed('.actions .button-quiet-danger', 'dialog'),
  },
  {
    title: 'revoking',
    address: `#/sell/${open}`,
    as: 'seller',
    reach: pressed('[data-issue-no] button', 'dialog'),
  },
  {
    title: 'one’s own account',
    address: '#/account',
    as: 'member',
    reach: seen('.page-account h1'),
  },
  { title: 'a forgotten password', address: '#/forgot', reach: seen('form .button') },
  { title: 'keys', address: '#/sell/keys', as: 'seller', reach: seen('.table-stacked .button') },
  {
    title: 'creating a key',
    address: '#/sell/keys',
    as: 'another seller',
    reach: pressed('.page-head .button-primary', 'dialog'),
  },
  {
    title: 'webhooks',
    address: '#/sell/webhooks',
    as: 'seller',
    reach: seen('.webhook .button'),
  },
  {
    title: 'adding a webhook',
    address: '#/sell/webhooks',
    as: 'another seller',
    reach: pressed('.page-head .button-primary', 'dialog'),
  },
  { title: 'an unknown address', address: '#/nowhere', reach: seen('.state-title') },
  { title: 'the reference of the API', address: 'reference', reach: seen('#problems') },
  { title: 'the page a problem leads to', address: 'docs/errors#sold_out', reach: seen('h1') },
];

const looks = [
  {
    title: 'light, English, on a desk',
    colorScheme: 'light',
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
  },
  { title: 'dark, Korean, on a phone', colorScheme: 'dark', locale: 'ko-KR', viewport: PHONE },
] as const;

type Person = NonNullable<Stop['as']>;
const people: Readonly<Record<Person, readonly [subject: string, role: 'member' | 'seller']>> = {
  member: ['member-1', 'member'],
  'another member': ['member-2', 'member'],
  seller: ['seller-1', 'seller'],
  'another seller': ['seller-2', 'seller'],
};

/** Signed in before the first page is there. */
function personOn(options: BrowserContextOptions, as: Person | undefined): Promise<Page> {
  const look = { ...options, reducedMotion: 'reduce' } as const;
  return as === undefined ? browser.person(look) : signedIn(browser, ...people[as], look);
}

for (const { title: look, ...options } of looks) {
  t.test(look, async (t) => {
    const pages = new Map<Person | undefined, Page>();
    for (const { title, address, as, reach } of stops) {
      const page = pages.get(as) ?? (await personOn(options, as));
      pages.set(as, page);
      // By way of an empty page: only then is everything built anew, whatever the stop before has left.
      await page.goto('about:blank');
      await page.goto(`${server.origin}/${address}`);
      await reach(page);
      t.same(await violationsOn(page), [], title);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      t.ok(Number(overflow) <= 0, `${title}: nothing is wider than the screen`);
    }
  });
}
