/** Lists the holders of a coupon by number, with revocation and export. */
import type { Coupon, Issuance } from '../api/coupon.js';
import { element, fill, refill } from '../dom.js';
import { openDialog } from '../parts/dialog.js';
import { empty, failed, loading } from '../parts/states.js';
import { problemText } from '../view.js';
import type { ViewContext } from '../view.js';

const PAGE_ROWS = 20;

export interface IssuanceTable {
  readonly root: HTMLElement;
  /** Reads again while the page shown is not full: there may be more by now. */
  grew(): void;
}

export function issuanceTable(
  context: ViewContext,
  coupon: Pick<Coupon, 'id' | 'name'>,
  onChanged: () => void,
): IssuanceTable {
  const { words, api, format } = context;
  const body = element('tbody');
  const place = element('div', { class: 'table-place' });
  const below = element('div', { class: 'below' });
  const foot = element('div', { class: 'table-foot' });
  let after = 0;
  let rows = 0;
  let asking = false;
  /** A page asked for while an answer was on its way, which may be older than what has changed since. */
  let wanted: number | undefined;

  const table = element(
    'table',
    { class: 'table table-issuances' },
    element('caption', { class: 'visually-hidden' }, words.detail.issuances),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col', class: 'cell-number' }, words.detail.number),
        element('th', { scope: 'col' }, words.detail.member),
        element('th', { scope: 'col' }, words.detail.issuedAt),
        element('th', { scope: 'col' }, words.detail.usedAt),
        element('th', { scope: 'col' }, element('span', { class: 'visually-hidden' }, words.detail.actions)),
      ),
    ),
    body,
  );

  async function load(from: number): Promise<void> {
    if (asking) {
      wanted = from;
      return;
    }
    asking = true;
    await showPage(from);
    asking = false;
    const next = wanted;
    wanted = undefined;
    if (next !== undefined) await load(next);
  }

  async function showPage(from: number): Promise<void> {
    if (rows === 0) fill(below, loading(context));
    const result = await api.issuances(coupon.id, from, PAGE_ROWS);
    if (!result.ok) {
      fill(
        below,
        failed(context, result.problem, () => void load(from)),
      );
      return;
    }
    after = from;
    const { items, next } = result.value;
    rows = items.length;
    refill(body, ...items.map(row));
    if (rows === 0 && from === 0) {
      fill(place);
      fill(below, empty(words.detail.issuancesEmpty, words.detail.issuancesEmptyText));
    } else {
      if (!table.isConnected) fill(place, table);
      fill(below);
    }
    showFoot(items, next);
  }

  function showFoot(items: readonly Issuance[], next: number | undefined): void {
    const [first] = items;
    const last = items.at(-1);
    const button = (text: string, from: number | undefined): HTMLElement =>
      element(
        'button',
        {
          type: 'button',
          class: 'button button-small',
          disabled: from === undefined,
          on: { click: () => void load(from ?? 0) },
        },
        text,
      );
    refill(
      foot,
      button(words.detail.first, after === 0 ? undefined : 0),
      first !== undefined &&
        last !== undefined &&
        element(
          'span',
          { class: 'quiet' },
          words.detail.rows(format.whole(first.issueNo), format.whole(last.issueNo)),
        ),
      button(words.detail.next, next),
    );
    foot.hidden = after === 0 && next === undefined;
  }

  function row(issuance: Issuance): HTMLElement {
    const number = format.whole(issuance.issueNo);
    const revoke =
      issuance.usedAtMs === undefined &&
      element(
        'button',
        {
          type: 'button',
          class: 'button button-small button-quiet-danger',
          'aria-label': words.detail.revokeOne(number),
          on: { click: () => askToRevoke(issuance) },
        },
        words.detail.revoke,
      );
    const cancel =
      issuance.usedAtMs !== undefined &&
      element(
        'button',
        {
          type: 'button',
          class: 'button button-small button-quiet-danger',
          'aria-label': words.detail.cancelUseOne(number),
          on: { click: () => void askToCancel(issuance) },
        },
        words.detail.cancelUse,
      );
    return element(
      'tr',
      { 'data-issue-no': issuance.issueNo },
      element('td', { class: 'cell-number' }, number),
      element('td', { class: 'cell-code' }, issuance.memberId),
      element(
        'td',
        { class: 'cell-time', 'data-label': words.detail.issuedAt },
        format.exact(issuance.issuedAtMs),
      ),
      element(
        'td',
        { class: 'cell-time', 'data-label': words.detail.usedAt },
        issuance.usedAtMs === undefined ? words.none : format.exact(issuance.usedAtMs),
      ),
      element('td', { class: 'cell-action' }, revoke, cancel),
    );
  }

  /** The order is read when it is wanted: the list does not carry orders. */
  async function askToCancel({ issueNo, memberId }: Issuance): Promise<void> {
    const history = await api.redemptions(coupon.id, issueNo);
    if (!history.ok) {
      context.notify(problemText(words, history.problem), 'bad');
      return;
    }
    const live = history.value.find(({ cancelledAtMs }) => cancelledAtMs === undefined);
    if (live === undefined) {
      context.notify(words.detail.cancelUseNone, 'bad');
      return;
    }
    const number = format.whole(issueNo);
    openDialog(context, {
      title: words.detail.cancelUseTitle(number),
      text: words.detail.cancelUseText(memberId, live.orderId),
      submit: words.detail.cancelUse,
      danger: true,
      focusAfter: () => body.querySelector('button'),
      async run() {
        const result = await api.cancelRedemption(coupon.id, issueNo, live.orderId);
        if (!result.ok) return problemText(words, result.problem);
        context.notify(words.detail.done.cancelUse(number));
        await load(after);
        onChanged();
        return undefined;
      },
    });
  }

  function askToRevoke(issuance: Issuance): void {
    const number = format.whole(issuance.issueNo);
    openDialog(context, {
      title: words.detail.revokeTitle(number),
      text: words.detail.revokeText(issuance.memberId),
      submit: words.detail.revoke,
      danger: true,
      focusAfter: () => body.querySelector('button'),
      async run() {
        const result = await api.revoke(coupon.id, issuance.issueNo);
        if (!result.ok) return problemText(words, result.problem);
        context.notify(words.detail.done.revoke(number));
        await load(after);
        onChanged();
        return undefined;
      },
    });
  }

  const exporting = element(
    'button',
    { type: 'button', class: 'button button-small', on: { click: () => void exportAll() } },
    words.detail.export,
  );

  async function exportAll(): Promise<void> {
    if (exporting.getAttribute('aria-busy') === 'true') return;
    exporting.setAttribute('aria-busy', 'true');
    fill(exporting, words.detail.exporting);
    const result = await api.exportCsv(coupon.id);
    exporting.removeAttribute('aria-busy');
    fill(exporting, words.detail.export);
    if (result.ok) saveAs(result.value, `coupon-${coupon.id}-issuances.csv`);
    else context.notify(problemText(words, result.problem), 'bad');
  }

  void load(0);
  return {
    root: element(
      'section',
      { class: 'panel' },
      element(
        'div',
        { class: 'panel-head' },
        element('h2', {}, words.detail.issuances),
        element(
          'div',
          { class: 'panel-actions' },
          element(
            'button',
            { type: 'button', class: 'button button-small', on: { click: () => void load(after) } },
            words.detail.refresh,
          ),
          exporting,
        ),
      ),
      place,
      below,
      foot,
    ),
    grew() {
      if (rows < PAGE_ROWS) void load(after);
    },
  };
}

function saveAs(content: Blob, fileName: string): void {
  const address = URL.createObjectURL(content);
  const link = element('a', { href: address, download: fileName });
  link.click();
  // The browser reads it after this turn.
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
