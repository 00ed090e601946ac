/** Shows one coupon to its seller: figures, actions and holders. */
import type { Coupon, LiveUpdate } from '../api/coupon.js';
import { LiveStream } from '../api/live-stream.js';
import { element, fill, setText } from '../dom.js';
import { showState, stateBadge } from '../parts/badge.js';
import { connectionNote } from '../parts/connection.js';
import { empty, failed, loading, wholePage } from '../parts/states.js';
import { eventAddress } from '../route.js';
import { ServerClock } from '../server-clock.js';
import type { View, ViewContext } from '../view.js';
import { readPast } from './burn-down-data.js';
import { burnDown } from './burn-down.js';
import { couponActions } from './coupon-actions.js';
import { figures } from './figures.js';
import { issuanceTable } from './issuance-table.js';
import { sellersOnly } from './sell.js';

/** Stats come from three stores, so they are read less often than the live view changes. */
const STATS_BUSY_MS = 1_000;
const STATS_QUIET_MS = 5_000;

export function detailView(context: ViewContext, couponId: number): View {
  const { words, session } = context;
  const root = element('div', { class: 'page page-detail' });
  let shown: { end(): void } | undefined;
  let left = false;

  async function load(): Promise<void> {
    fill(root, loading(context));
    const result = await context.api.coupon(couponId);
    if (left) return;
    if (!result.ok) {
      const { problem } = result;
      const retry = problem.code === 'unknown_coupon' ? undefined : () => void load();
      fill(root, wholePage(failed(context, problem, retry)));
    } else if (result.value.sellerId !== session.current?.id) {
      const link = element('a', { class: 'button', href: eventAddress(couponId) }, words.detail.eventPage);
      fill(root, wholePage(empty(words.detail.notYours, result.value.name, link)));
    } else {
      shown = showDetail(context, result.value, root);
    }
  }

  if (session.current?.role === 'seller') void load();
  else fill(root, wholePage(sellersOnly(context)));
  return {
    title: words.sell.title,
    root,
    leave() {
      left = true;
      shown?.end();
    },
  };
}

function showDetail(context: ViewContext, registered: Coupon, root: HTMLElement): { end(): void } {
  const { api } = context;
  let coupon = registered;
  document.title = `${coupon.name} · Seonchak`;
  const clock = new ServerClock();
  const head = detailHead(context, registered);
  const connection = connectionNote(context);
  const numbers = figures(context);
  const chart = burnDown(context, () => clock.nowMs());
  const actions = couponActions(
    context,
    () => coupon,
    (changed) => {
      coupon = changed;
      head.show(changed, clock.nowMs());
      actions.show(changed.state);
      void readStats();
    },
  );
  const holders = issuanceTable(context, coupon, () => void readStats());
  fill(root, connection.root, head.root, actions.root, numbers.root, chart.root, holders.root);
  actions.show(coupon.state);
  head.show(coupon, clock.nowMs());

  let statsTimer: number | undefined;
  let ended = false;
  let moving = true;
  async function readStats(): Promise<void> {
    window.clearTimeout(statsTimer);
    const issuedBefore = coupon.issued;
    const result = await api.stats(coupon.id);
    if (ended) return;
    if (result.ok) {
      numbers.showStats(result.value);
      moving = result.value.queued + result.value.claimed > 0 || coupon.issued !== issuedBefore;
    }
    statsTimer = window.setTimeout(() => void readStats(), moving ? STATS_BUSY_MS : STATS_QUIET_MS);
  }

  function take(update: LiveUpdate): void {
    clock.observe(update.storeNowMs);
    const grew = update.issued !== coupon.issued;
    const { state, quantity, issued, remaining, opensAtMs, closesAtMs } = update;
    coupon = { ...coupon, state, quantity, issued, remaining, opensAtMs, closesAtMs };
    head.show(coupon, clock.nowMs());
    actions.show(state);
    numbers.showLive(update);
    chart.add(update);
    if (!grew) return;
    if (!moving) {
      moving = true;
      void readStats();
    }
    holders.grew();
  }

  const live = new LiveStream(coupon.id, { onUpdate: take, onStatus: (status) => connection.show(status) });
  const ticking = window.setInterval(() => head.show(coupon, clock.nowMs()), 1_000);
  void readStats();
  void readPast(api, registered).then((past) => {
    if (!ended) chart.prepend(past);
  });
  return {
    end() {
      ended = true;
      live.end();
      connection.end();
      chart.end();
      window.clearTimeout(statsTimer);
      window.clearInterval(ticking);
    },
  };
}

function detailHead(context: ViewContext, registered: Coupon) {
  const { words, format } = context;
  const badge = stateBadge(registered.state, words);
  const name = element('h1', {}, registered.name);
  const window_ = element('p', { class: 'quiet' });
  const link = new URL(eventAddress(registered.id), location.href).href;

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      context.notify(words.detail.copied);
    } catch {
      // Not allowed here (plain http on another machine): the address itself can be copied by hand.
      context.notify(link);
    }
  }

  return {
    root: element(
      'header',
      { class: 'detail-head' },
      element(
        'div',
        {},
        element(
          'p',
          { class: 'detail-badges' },
          badge,
          registered.discount !== undefined &&
            element('span', { class: 'discount' }, format.discount(registered.discount)),
        ),
        name,
        window_,
      ),
      element(
        'div',
        { class: 'panel-actions' },
        element(
          'button',
          { type: 'button', class: 'button button-small', on: { click: () => void copy() } },
          words.detail.copyLink,
        ),
        element(
          'a',
          { class: 'button button-small', href: eventAddress(registered.id) },
          words.detail.eventPage,
        ),
      ),
    ),
    show(coupon: Coupon, nowMs: number): void {
      showState(badge, coupon.state, words);
      setText(name, coupon.name);
      const { opensAtMs, closesAtMs } = coupon;
      const from = opensAtMs === undefined ? words.noLimitStart : format.short(opensAtMs);
      const to = closesAtMs === undefined ? words.noLimitEnd : format.short(closesAtMs);
      const opens =
        coupon.state === 'scheduled' && opensAtMs !== undefined
          ? ` · ${words.detail.opensIn(format.clock(opensAtMs - nowMs))}`
          : '';
      setText(window_, `${from} – ${to}${opens}`);
    },
  };
}
