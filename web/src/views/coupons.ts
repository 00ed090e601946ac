/** Lists all coupons for every visitor. */
import { couponStates } from '../api/coupon.js';
import type { Coupon, CouponState } from '../api/coupon.js';
import { element, fill } from '../dom.js';
import { stateBadge } from '../parts/badge.js';
import { choice } from '../parts/field.js';
import { empty, failed, loading } from '../parts/states.js';
import { stockBar } from '../parts/stock-bar.js';
import { eventAddress } from '../route.js';
import type { View, ViewContext } from '../view.js';

const PAGE_ROWS = 24;

export function couponsView(context: ViewContext): View {
  const { words, api } = context;
  const list = element('ul', { class: 'cards' });
  const below = element('div', { class: 'below' });
  let state: CouponState | undefined;
  /** Answers to a filter that has been left must not be shown under the next one. */
  let asking = 0;

  const filter = choice({
    label: words.coupons.filter,
    name: 'state',
    value: 'all',
    style: 'segments',
    choices: [
      { value: 'all', label: words.coupons.all },
      ...couponStates.map((value) => ({ value, label: words.state[value] })),
    ],
    onChange: (value) => {
      state = couponStates.find((known) => known === value);
      fill(list);
      void load(0);
    },
  });

  async function load(after: number): Promise<void> {
    const question = ++asking;
    // "Show more" disappears; keyboard focus on it moves to the first of the new rows.
    const hadFocus = below.contains(document.activeElement);
    const shown = list.childElementCount;
    fill(below, loading(context));
    const result = await api.coupons(state === undefined ? {} : { state }, after, PAGE_ROWS);
    if (question !== asking) return;
    if (!result.ok) {
      fill(
        below,
        failed(context, result.problem, () => void load(after)),
      );
      return;
    }
    const { items, next } = result.value;
    for (const coupon of items) list.append(card(context, coupon));
    if (hadFocus) list.children[shown]?.querySelector('a')?.focus();
    const more =
      next !== undefined &&
      element(
        'button',
        { type: 'button', class: 'button', on: { click: () => void load(next) } },
        words.more,
      );
    const none =
      next === undefined &&
      list.childElementCount === 0 &&
      empty(words.coupons.empty, words.coupons.emptyText);
    fill(below, more, none);
  }

  void load(0);
  return {
    title: words.coupons.title,
    root: element(
      'div',
      { class: 'page' },
      element(
        'header',
        { class: 'page-head' },
        element(
          'div',
          {},
          element('h1', {}, words.coupons.title),
          element('p', { class: 'lead' }, words.coupons.lead),
        ),
      ),
      filter.root,
      list,
      below,
    ),
  };
}

function card(context: ViewContext, coupon: Coupon): HTMLElement {
  const { words, format } = context;
  const { remaining, quantity, discount } = coupon;
  const left = words.remainingOf(format.whole(remaining), format.whole(quantity));
  const bar = stockBar(words.detail.remaining);
  bar.show(remaining, quantity, left);
  return element(
    'li',
    {},
    element(
      'a',
      { class: 'card', href: eventAddress(coupon.id) },
      element(
        'div',
        { class: 'card-top' },
        stateBadge(coupon.state, words),
        discount !== undefined && element('span', { class: 'discount' }, format.discount(discount)),
      ),
      element('h2', {}, coupon.name),
      element('p', { class: 'quiet' }, windowText(context, coupon)),
      element('div', { class: 'card-stock' }, bar.root, element('p', { class: 'figure-line' }, left)),
    ),
  );
}

function windowText({ words, format }: ViewContext, coupon: Coupon): string {
  const { opensAtMs, closesAtMs, state } = coupon;
  if (state === 'scheduled' && opensAtMs !== undefined) return words.coupons.opens(format.short(opensAtMs));
  return closesAtMs === undefined ? words.coupons.always : words.coupons.closes(format.short(closesAtMs));
}
