/** Lists the pages of the console that are judged, who sees each, and how to reach it. */
import type { Page } from 'playwright-core';

/** Coupons in every state, by their numbers, and how to change them while a page is open. */
export interface Stage {
  readonly open: number;
  readonly scheduled: number;
  readonly soldOut: number;
  readonly paused: number;
  readonly closed: number;
  readonly held: number;
  readonly limited: number;
  readonly sellerToken: string;
  readonly send: (path: string, token: string) => Promise<void>;
}

export interface Stop {
  readonly title: string;
  readonly address: string;
  readonly as?:
    'member' | 'seller' | 'another seller' | 'another member' | 'a holding member' | 'administrator';
  /** Repeats the steps until the page to judge is there. */
  readonly reach: (page: Page) => Promise<void>;
}

const seen = (selector: string) => (page: Page) => page.locator(selector).first().waitFor();
const requested = (selector: string, then: string) => async (page: Page) => {
  await page.locator(selector).first().click();
  await page.locator(then).first().waitFor();
};

export const stopsOn = ({
  open,
  scheduled,
  soldOut,
  paused,
  closed,
  held,
  limited,
  sellerToken,
  send,
}: Stage): readonly Stop[] => [
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
  {
    title: 'a held ticket',
    address: `#/coupons/${held}`,
    as: 'a holding member',
    reach: seen('.hold-part .button'),
  },
  {
    title: 'a held coupon in the wallet',
    address: '#/me',
    as: 'a holding member',
    reach: seen('.mine .badge'),
  },
  {
    title: 'a refused member',
    address: `#/coupons/${limited}`,
    as: 'another member',
    reach: requested('.download', '.download-note:not(:empty)'),
  },
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
    reach: requested('.mine-actions > .button:not(.button-primary)', 'dialog'),
  },
  {
    title: 'a coupon to show',
    address: '#/me',
    as: 'member',
    reach: requested('.mine .button-primary', '.qr'),
  },
  {
    title: 'what a member without coupons holds',
    address: '#/me',
    as: 'another member',
    reach: seen('.state-title'),
  },
  { title: 'signing in', address: '#/sign-in', reach: requested('form button', '[aria-invalid]') },
  { title: 'signing in with a token', address: '#/sign-in', reach: requested('summary', 'details input') },
  { title: 'signing up', address: '#/sign-up', reach: requested('form .button-primary', '[aria-invalid]') },
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
    reach: requested('form .button-primary', '[aria-invalid]'),
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
    reach: requested('.actions .button-primary', 'dialog'),
  },
  {
    title: 'closing',
    address: `#/sell/${open}`,
    as: 'seller',
    reach: requested('.actions .button-quiet-danger', 'dialog'),
  },
  {
    title: 'revoking',
    address: `#/sell/${open}`,
    as: 'seller',
    reach: requested('[data-issue-no] button', 'dialog'),
  },
  {
    title: 'who may have a coupon',
    address: `#/sell/${limited}/rules`,
    as: 'seller',
    reach: async (page) => {
      await page.locator('summary').click();
      await page.locator('.audience-members li').first().waitFor();
    },
  },
  {
    title: 'changing who may have a coupon',
    address: `#/sell/${limited}/rules`,
    as: 'seller',
    reach: requested('.panel-head .button', 'dialog .claim-row'),
  },
  {
    title: 'who may have a closed coupon',
    address: `#/sell/${closed}/rules`,
    as: 'seller',
    reach: seen('dl'),
  },
  { title: 'holds', address: `#/sell/${held}/holds`, as: 'seller', reach: seen('.table-stacked .button') },
  {
    title: 'confirming a hold',
    address: `#/sell/${held}/holds`,
    as: 'seller',
    reach: requested('.table-stacked .button', 'dialog'),
  },
  {
    title: 'a coupon without holds',
    address: `#/sell/${open}/holds`,
    as: 'seller',
    reach: seen('.state-title'),
  },
  {
    title: 'revoking several',
    address: `#/sell/${open}`,
    as: 'seller',
    reach: async (page) => {
      await page.locator('[data-issue-no] input').first().check();
      await page.locator('.selection .button-danger').click();
      await page.locator('dialog').waitFor();
    },
  },
  {
    title: 'redemptions',
    address: `#/sell/${open}/redemptions`,
    as: 'seller',
    reach: seen('.panel .state-title, .cell-orders'),
  },
  {
    title: 'one’s own account',
    address: '#/account',
    as: 'member',
    reach: seen('.page-account h1'),
  },
  { title: 'a forgotten password', address: '#/forgot', reach: seen('form .button') },
  { title: 'who redeems at the till', address: 'till', reach: seen('form .button') },
  {
    title: 'a till',
    address: 'till',
    as: 'seller',
    reach: seen('.till-code'),
  },
  {
    title: 'a coupon at the till',
    address: 'till',
    as: 'seller',
    reach: async (page) => {
      await page.locator('.till-code input').fill(`${open}-1`);
      await page.locator('.till-code input').press('Enter');
      await page.locator('.checked').waitFor();
    },
  },
  { title: 'keys', address: '#/sell/keys', as: 'seller', reach: seen('.table-stacked .button') },
  {
    title: 'creating a key',
    address: '#/sell/keys',
    as: 'another seller',
    reach: requested('.page-head .button-primary', 'dialog'),
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
    reach: requested('.page-head .button-primary', 'dialog'),
  },
  {
    title: 'health, for an administrator',
    address: '#/admin',
    as: 'administrator',
    reach: seen('.health-card'),
  },
  {
    title: 'the coupons of every seller',
    address: '#/admin/coupons',
    as: 'administrator',
    reach: seen('.table-stacked a'),
  },
  {
    title: 'a comparison',
    address: `#/admin/coupons/${open}`,
    as: 'administrator',
    reach: requested('.panel-actions .button-primary', '.verdict-line'),
  },
  {
    title: 'changing the role of an account',
    address: '#/admin/accounts',
    as: 'administrator',
    reach: requested('.row-actions .button', 'dialog'),
  },
  {
    title: 'the audit log',
    address: '#/admin/audit',
    as: 'administrator',
    reach: requested('summary', 'dl'),
  },
  {
    title: 'the audit log, for a seller',
    address: '#/admin/audit',
    as: 'seller',
    reach: seen('.state-title'),
  },
  { title: 'an unknown address', address: '#/nowhere', reach: seen('.state-title') },
  { title: 'the reference of the API', address: 'reference', reach: seen('#problems') },
  { title: 'the page a problem leads to', address: 'docs/errors#sold_out', reach: seen('h1') },
];
