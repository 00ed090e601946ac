/** Lists the coupons that a member holds, and uses them. */
import type { WalletItem } from '../api/coupon.js';
import { element, fill } from '../dom.js';
import { openDialog } from '../parts/dialog.js';
import { empty, failed, loading } from '../parts/states.js';
import { eventAddress, home, signInAddress } from '../route.js';
import { problemText } from '../view.js';
import type { View, ViewContext } from '../view.js';

const PAGE_ROWS = 12;

export function myCouponsView(context: ViewContext): View {
  const { words, api, session } = context;
  const list = element('ul', { class: 'issued-list' });
  const below = element('div', { class: 'below' });

  async function load(after: number): Promise<void> {
    // "Show more" disappears; keyboard focus on it moves to the first of the new rows.
    const hadFocus = below.contains(document.activeElement);
    const shown = list.childElementCount;
    fill(below, loading(context));
    const result = await api.myCoupons(after, PAGE_ROWS);
    if (!result.ok) {
      fill(
        below,
        failed(context, result.problem, () => void load(after)),
      );
      return;
    }
    const { items, next } = result.value;
    for (const issuance of items) list.append(row(context, issuance));
    if (hadFocus) list.children[shown]?.querySelector('a')?.focus();
    fill(
      below,
      next !== undefined &&
        element(
          'button',
          { type: 'button', class: 'button', on: { click: () => void load(next) } },
          words.more,
        ),
      list.childElementCount === 0 &&
        empty(
          words.mine.empty,
          words.mine.emptyText,
          element('a', { class: 'button', href: home }, words.mine.browse),
        ),
    );
  }

  if (session.current === undefined) context.go(signInAddress(context.address));
  else void load(0);
  return {
    title: words.mine.title,
    root: element(
      'div',
      { class: 'page' },
      element(
        'header',
        { class: 'page-head' },
        element(
          'div',
          {},
          element('h1', {}, words.mine.title),
          element('p', { class: 'lead' }, words.mine.lead),
        ),
      ),
      list,
      below,
    ),
  };
}

function row(context: ViewContext, issuance: WalletItem): HTMLElement {
  const { words, format, api } = context;
  const { couponId, expiresAtMs, discount } = issuance;
  const name = element('a', { href: eventAddress(couponId) }, issuance.name);
  const side = element('div', { class: 'mine-side' });
  const item = element(
    'li',
    { class: 'mine' },
    element(
      'div',
      { class: 'mine-number' },
      element('span', {}, words.mine.number(format.whole(issuance.issueNo))),
    ),
    element(
      'div',
      { class: 'mine-main' },
      element('h2', {}, name),
      element('p', { class: 'quiet' }, words.mine.issuedAt(format.exact(issuance.issuedAtMs))),
      expiresAtMs !== undefined &&
        element(
          'p',
          { class: 'quiet' },
          words.mine.validUntil(format.exact(expiresAtMs), daysLeft(expiresAtMs)),
        ),
      discount !== undefined && element('span', { class: 'discount' }, format.discount(discount)),
    ),
    side,
  );

  function showUse(usedAtMs: number | undefined, orderId: string | undefined): void {
    item.dataset['used'] = String(usedAtMs !== undefined);
    if (usedAtMs === undefined && issuance.state === 'expired') {
      fill(side, element('span', { class: 'stamp stamp-small' }, words.mine.expired));
    } else if (usedAtMs === undefined) {
      fill(
        side,
        element(
          'button',
          { type: 'button', class: 'button button-primary', on: { click: askToUse } },
          words.mine.use,
        ),
      );
    } else {
      fill(
        side,
        element('span', { class: 'stamp stamp-small' }, words.mine.used),
        element('p', { class: 'quiet' }, words.mine.usedAt(format.short(usedAtMs))),
        // An order id of our own is of no use to a member.
        orderId !== undefined &&
          !orderId.startsWith('use:') &&
          element('p', { class: 'quiet' }, words.mine.order(orderId)),
      );
    }
  }

  function askToUse(): void {
    openDialog(context, {
      title: words.mine.useTitle,
      text: words.mine.useText(name.textContent),
      submit: words.mine.use,
      focusAfter: () => name,
      async run() {
        const result = await api.use(couponId);
        if (!result.ok) return problemText(words, result.problem);
        showUse(result.value.usedAtMs, undefined);
        context.notify(words.mine.useDone);
        return undefined;
      },
    });
  }

  showUse(issuance.usedAtMs, issuance.orderId);
  return item;
}

/** Whole days until then, by the clock of this device: a hint, the server decides. */
function daysLeft(untilMs: number): number {
  return Math.max(0, Math.floor((untilMs - Date.now()) / 86_400_000));
}
