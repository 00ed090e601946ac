/** Shows the event of a coupon: countdown, button and issued number. */
import type { Coupon, LiveUpdate } from '../api/coupon.js';
import type { Held } from '../api/client.js';
import { LiveStream } from '../api/live-stream.js';
import { element, fill, setText } from '../dom.js';
import { showState, stateBadge } from '../parts/badge.js';
import { connectionNote } from '../parts/connection.js';
import { countdown } from '../parts/countdown.js';
import { failed, loading, wholePage } from '../parts/states.js';
import { stockBar } from '../parts/stock-bar.js';
import { ServerClock } from '../server-clock.js';
import type { View, ViewContext } from '../view.js';
import { downloadButton } from './download-button.js';
import { issuedStub } from './issued-stub.js';

export function eventView(context: ViewContext, couponId: number): View {
  const root = element('div', { class: 'page page-event' }, loading(context));
  let shown: { end(): void } | undefined;
  let left = false;

  async function load(): Promise<void> {
    const result = await context.api.coupon(couponId);
    if (left) return;
    if (result.ok) {
      shown = showEvent(context, result.value, root);
    } else {
      const { problem } = result;
      const retry = problem.code === 'unknown_coupon' ? undefined : () => void load();
      fill(root, wholePage(failed(context, problem, retry)));
    }
  }
  void load();

  return {
    title: context.words.coupons.title,
    root,
    leave() {
      left = true;
      shown?.end();
    },
  };
}

function showEvent(context: ViewContext, coupon: Coupon, root: HTMLElement): { end(): void } {
  const { words, format, session, api } = context;
  document.title = `${coupon.name} · Seonchak`;
  const clock = new ServerClock();
  const badge = stateBadge(coupon.state, words);
  const connection = connectionNote(context);
  const headline = element('p', { class: 'event-headline' });
  const detail = element('p', { class: 'quiet' });
  const figure = element('span', { class: 'event-figure' });
  const bar = stockBar(words.detail.remaining);
  const total = element('p', { class: 'quiet' });
  const stock = element(
    'div',
    { class: 'event-stock' },
    element('p', { class: 'event-left' }, figure, ' ', element('span', {}, words.event.left)),
    bar.root,
    total,
  );
  const spoken = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const action = element('div', { class: 'event-action' });
  let latest: Pick<LiveUpdate, 'state' | 'quantity' | 'remaining' | 'opensAtMs'> = coupon;
  let held: { end(): void } | undefined;
  /** The countdown has reached zero: the button works at once and does not wait for the news of it. */
  let reached: number | undefined;

  const clockFace = countdown(context, clock, () => {
    reached = latest.opensAtMs;
    setText(spoken, words.event.openNow);
    show();
  });
  const button = downloadButton(context, coupon.id, hold, () => void readOwn());

  fill(
    root,
    connection.root,
    element(
      'article',
      { class: 'event' },
      element(
        'header',
        { class: 'event-head' },
        badge,
        coupon.discount !== undefined &&
          element('span', { class: 'discount' }, format.discount(coupon.discount)),
      ),
      element('h1', {}, coupon.name),
      element('div', { class: 'event-stage' }, headline, clockFace.root, stock, detail),
      action,
      spoken,
    ),
  );
  fill(
    action,
    session.current?.role === 'seller'
      ? element('p', { class: 'hint-box' }, words.event.sellersCannot)
      : button.root,
  );

  const live = new LiveStream(coupon.id, {
    onUpdate(update) {
      clock.observe(update.storeNowMs);
      latest = update;
      show();
    },
    onStatus: (status) => connection.show(status),
  });

  function show(): void {
    const isReached = latest.state === 'scheduled' && latest.opensAtMs === reached && reached !== undefined;
    const state = isReached ? 'open' : latest.state;
    showState(badge, state, words);
    const counting = state === 'scheduled' && latest.opensAtMs !== undefined;
    clockFace.root.hidden = !counting;
    if (counting && latest.opensAtMs !== undefined) clockFace.show(latest.opensAtMs);
    stock.hidden = state === 'scheduled' || state === 'closed';
    setText(figure, format.whole(latest.remaining));
    const of = words.remainingOf(format.whole(latest.remaining), format.whole(latest.quantity));
    bar.show(latest.remaining, latest.quantity, of);
    setText(total, words.event.of(format.whole(latest.quantity)));
    const [title, text] = sentences(context, state, latest.opensAtMs);
    setText(headline, title);
    headline.hidden = title === '';
    setText(detail, text);
    button.show(state === 'open', state === 'scheduled' ? words.event.waitForOpening : '');
    button.root.hidden = state === 'sold_out' || state === 'paused' || state === 'closed';
  }

  function hold(issuance: Held): void {
    held?.end();
    const shownStub = issuedStub(context, coupon.id, coupon.name, issuance);
    held = shownStub;
    // The button disappears, and keyboard focus on it must not be lost.
    const hadFocus = action.contains(document.activeElement);
    fill(action, shownStub.root);
    if (hadFocus) shownStub.root.focus({ preventScroll: true });
    // A region that was there before is spoken; one that comes with its text often is not.
    if (!issuance.again) setText(spoken, words.event.numberSpoken(format.whole(issuance.issueNo)));
    root.firstElementChild?.nextElementSibling?.setAttribute('data-held', 'true');
  }

  /** A member who comes back to the page sees the number again. */
  async function readOwn(): Promise<void> {
    if (session.current?.role !== 'member') return;
    const result = await api.issuance(coupon.id);
    if (result.ok && held === undefined) hold({ ...result.value, again: true });
  }

  show();
  void readOwn();
  return {
    end() {
      live.end();
      clockFace.end();
      connection.end();
      held?.end();
    },
  };
}

function sentences(
  { words, format }: ViewContext,
  state: Coupon['state'],
  opensAtMs: number | undefined,
): readonly [string, string] {
  switch (state) {
    case 'scheduled':
      return [
        words.event.opensIn,
        opensAtMs === undefined ? '' : words.event.opensAt(format.instant(opensAtMs)),
      ];
    case 'open':
      return ['', ''];
    case 'paused':
      return [words.event.paused, words.event.pausedText];
    case 'sold_out':
      return [words.event.soldOut, words.event.soldOutText];
    case 'closed':
      return [words.event.closed, words.event.closedText];
  }
}
