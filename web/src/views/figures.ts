/** Shows the figures of a coupon, with its units by stage. */
import type { CouponStats, LiveUpdate } from '../api/coupon.js';
import { element, setText } from '../dom.js';
import { stockBar } from '../parts/stock-bar.js';
import type { ViewContext } from '../view.js';

/** Times of issuances, as far back as recording may lag behind and still be shown exactly. */
const ISSUED_KEPT = 600;

const parts = ['remaining', 'queued', 'claimed', 'recorded', 'deadLettered'] as const;

export interface Figures {
  readonly root: HTMLElement;
  showLive(update: LiveUpdate): void;
  showStats(stats: CouponStats): void;
}

export function figures(context: ViewContext): Figures {
  const { words, format } = context;
  const remaining = tile(words.detail.remaining, 'tile-wide');
  const issued = tile(words.detail.issued);
  const perSecond = tile(words.detail.speed);
  const waiting = tile(words.detail.waiting);
  const bar = stockBar(words.detail.remaining);
  remaining.root.append(bar.root);
  const balance = balanceBar(context);
  const history: { readonly atMs: number; readonly issued: number }[] = [];

  /** How long ago the oldest issuance that is still unrecorded was made. */
  function lagMs(unrecorded: number): number {
    const newest = history.at(-1);
    if (newest === undefined) return 0;
    const recordedThen = newest.issued - unrecorded;
    const oldest = history.find((entry) => entry.issued > recordedThen);
    return oldest === undefined ? 0 : newest.atMs - oldest.atMs;
  }

  return {
    root: element(
      'div',
      { class: 'figures' },
      element('div', { class: 'tiles' }, remaining.root, issued.root, perSecond.root, waiting.root),
      balance.root,
    ),
    showLive(update) {
      history.push({ atMs: update.storeNowMs, issued: update.issued });
      if (history.length > ISSUED_KEPT) history.shift();
      const left = words.remainingOf(format.whole(update.remaining), format.whole(update.quantity));
      remaining.show(format.whole(update.remaining), left);
      bar.show(update.remaining, update.quantity, left);
      const share = update.quantity === 0 ? 0 : (100 * update.issued) / update.quantity;
      issued.show(format.whole(update.issued), `${format.rate(share)}%`);
      perSecond.show(format.rate(update.issuedPerSecond), '');
    },
    showStats(stats) {
      const unrecorded = stats.queued + stats.claimed;
      const lag = lagMs(unrecorded);
      waiting.show(
        format.whole(unrecorded),
        unrecorded === 0 ? words.detail.noLag : lag === 0 ? '' : words.detail.lag(format.duration(lag)),
      );
      balance.show(stats);
    },
  };
}

interface Tile {
  readonly root: HTMLElement;
  show(value: string, note: string): void;
}

function tile(label: string, kind = ''): Tile {
  const value = element('p', { class: 'tile-value' }, '–');
  const note = element('p', { class: 'tile-note' });
  return {
    root: element('div', { class: `tile ${kind}` }, element('h2', {}, label), value, note),
    show(text, noteText) {
      setText(value, text);
      setText(note, noteText);
    },
  };
}

/** quantity = remaining + queued + claimed + recorded + set aside: the whole bar is the quantity. */
function balanceBar(context: ViewContext) {
  const { words, format } = context;
  const segments = parts.map((part) => {
    const segment = element('div', { class: 'balance-segment', 'data-part': part });
    const count = element('strong', {}, '–');
    const entry = element(
      'li',
      { 'data-part': part },
      element('span', {}, words.detail.balanceParts[part]),
      count,
    );
    return { part, segment, count, entry };
  });
  const hint = element('p', { class: 'hint-box hint-bad', hidden: true }, words.detail.deadLetteredHint);
  return {
    root: element(
      'section',
      { class: 'panel balance' },
      element('h2', {}, words.detail.balance),
      element(
        'div',
        { class: 'balance-bar', 'aria-hidden': 'true' },
        ...segments.map(({ segment }) => segment),
      ),
      element('ul', { class: 'balance-list' }, ...segments.map(({ entry }) => entry)),
      hint,
    ),
    show(stats: CouponStats): void {
      const total = Math.max(1, ...[parts.reduce((sum, part) => sum + stats[part], 0)]);
      for (const { part, segment, count } of segments) {
        segment.style.setProperty('--share', String(stats[part] / total));
        setText(count, format.whole(stats[part]));
      }
      hint.hidden = stats.deadLettered === 0;
    },
  };
}
