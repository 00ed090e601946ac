/** Lists a seller's own coupons, newest first. */
import type { Coupon } from '../api/coupon.js';
import type { Problem } from '../api/problem.js';
import { element, fill, refill } from '../dom.js';
import { stateBadge } from '../parts/badge.js';
import { empty, failed, loading } from '../parts/states.js';
import { stockBar } from '../parts/stock-bar.js';
import { detailAddress, signInAddress } from '../route.js';
import type { View, ViewContext } from '../view.js';

const PAGE_ROWS = 500;
/** The API lists by age, so newest first means reading all; a seller with more finds the rest by address. */
const COUPONS_MAX = 2_000;
const REFRESH_MS = 3_000;

export function sellView(context: ViewContext): View {
  const { words, session } = context;
  const content = element('div', {}, loading(context));
  let timer: number | undefined;
  let left = false;
  let shown = '';

  async function refresh(): Promise<void> {
    const coupons = await ownCoupons(context);
    if (left) return;
    if (Array.isArray(coupons)) show(coupons);
    else if (content.querySelector('table') === null) {
      fill(
        content,
        failed(context, coupons, () => void refresh()),
      );
    }
    timer = window.setTimeout(() => void refresh(), REFRESH_MS);
  }

  function show(coupons: readonly Coupon[]): void {
    const text = JSON.stringify(coupons);
    if (text === shown) return;
    shown = text;
    refill(content, ...table(context, coupons));
  }

  const isSeller = session.current?.role === 'seller';
  if (isSeller) void refresh();
  else fill(content, sellersOnly(context));
  return {
    title: words.sell.title,
    root: element(
      'div',
      { class: 'page' },
      element(
        'header',
        { class: 'page-head' },
        element(
          'div',
          {},
          element('h1', {}, words.sell.title),
          element('p', { class: 'lead' }, words.sell.lead),
        ),
        isSeller && element('a', { class: 'button button-primary', href: '#/sell/new' }, words.sell.register),
      ),
      content,
    ),
    leave() {
      left = true;
      window.clearTimeout(timer);
    },
  };
}

export function sellersOnly(context: ViewContext): HTMLElement {
  const { words } = context;
  const signIn = element(
    'a',
    { class: 'button', href: signInAddress(context.address) },
    words.account.signIn,
  );
  return empty(words.sell.sellersOnly, words.sell.sellersOnlyText, signIn);
}

async function ownCoupons(context: ViewContext): Promise<Coupon[] | Problem> {
  const sellerId = context.session.current?.id ?? '';
  const coupons: Coupon[] = [];
  for (let after = 0; coupons.length < COUPONS_MAX;) {
    const result = await context.api.coupons({ sellerId }, after, PAGE_ROWS);
    if (!result.ok) return result.problem;
    coupons.push(...result.value.items);
    if (result.value.next === undefined) break;
    after = result.value.next;
  }
  return coupons.reverse();
}

function table(context: ViewContext, coupons: readonly Coupon[]): HTMLElement[] {
  const { words, format } = context;
  if (coupons.length === 0) {
    const register = element(
      'a',
      { class: 'button button-primary', href: '#/sell/new' },
      words.sell.register,
    );
    return [empty(words.sell.empty, words.sell.emptyText, register)];
  }
  const head = [words.sell.name, words.sell.stateHeading, words.sell.remaining, words.sell.window];
  const body = element('tbody', {}, ...coupons.map((coupon) => row(context, coupon)));
  const rows = element(
    'div',
    { class: 'table-place' },
    element(
      'table',
      { class: 'table table-coupons' },
      element('thead', {}, element('tr', {}, ...head.map((text) => element('th', { scope: 'col' }, text)))),
      body,
    ),
  );
  return coupons.length < COUPONS_MAX
    ? [rows]
    : [rows, element('p', { class: 'quiet' }, words.sell.tooMany(format.whole(COUPONS_MAX)))];
}

function row(context: ViewContext, coupon: Coupon): HTMLElement {
  const { words, format } = context;
  const { remaining, quantity, opensAtMs, closesAtMs } = coupon;
  const left = words.remainingOf(format.whole(remaining), format.whole(quantity));
  const bar = stockBar(words.sell.remaining);
  bar.show(remaining, quantity, left);
  const from = opensAtMs === undefined ? words.noLimitStart : format.short(opensAtMs);
  const to = closesAtMs === undefined ? words.noLimitEnd : format.short(closesAtMs);
  return element(
    'tr',
    {},
    element(
      'td',
      { class: 'cell-name' },
      element('a', { href: detailAddress(coupon.id) }, coupon.name),
      coupon.discount !== undefined && element('span', { class: 'quiet' }, format.discount(coupon.discount)),
    ),
    element('td', {}, stateBadge(coupon.state, words)),
    element(
      'td',
      { class: 'cell-stock' },
      element('span', { class: 'figure-line' }, format.whole(remaining), ' / ', format.whole(quantity)),
      bar.root,
    ),
    element('td', { class: 'quiet' }, `${from} – ${to}`),
  );
}
