/** Shows a winner the number, the time and whether the row is in the database. */
import type { Held } from '../api/client.js';
import { element, fill } from '../dom.js';
import type { ViewContext } from '../view.js';

/** Recording takes a fraction of a second; after this many polls recording is slow, and the member need not wait. */
const POLLS_MAX = 20;
const POLL_EVERY_MS = 1_000;

export interface IssuedStub {
  readonly root: HTMLElement;
  end(): void;
}

export function issuedStub(context: ViewContext, couponId: number, name: string, held: Held): IssuedStub {
  const { words, format } = context;
  const recorded = element('dd', {}, words.event.recordedNo);
  const number = format.whole(held.issueNo);
  const root = element(
    'section',
    { class: 'issued-stub', 'aria-label': words.event.yours, tabindex: '-1' },
    element(
      'div',
      { class: 'issued-main' },
      element('p', { class: 'issued-title' }, held.again ? words.event.alreadyYours : words.event.yours),
      element('p', { class: 'issued-label' }, words.event.number),
      element('p', { class: 'issued-number' }, number),
      element('p', { class: 'issued-name' }, name),
      element('span', { class: 'stamp', 'aria-hidden': 'true' }, words.event.stamp),
    ),
    element(
      'div',
      { class: 'issued-tearoff' },
      element(
        'dl',
        {},
        element(
          'div',
          {},
          element('dt', {}, words.event.issuedAt),
          element('dd', {}, format.exact(held.issuedAtMs)),
        ),
        element('div', {}, element('dt', {}, words.event.recorded), recorded),
      ),
      element('a', { class: 'button', href: '#/me' }, words.event.toMine),
    ),
  );

  let timer: number | undefined;
  let polls = 0;
  async function poll(): Promise<void> {
    polls++;
    const result = await context.api.issuance(couponId);
    if (result.ok && result.value.recorded) fill(recorded, words.event.recordedYes);
    else if (polls < POLLS_MAX) timer = window.setTimeout(() => void poll(), POLL_EVERY_MS);
  }
  void poll();
  return { root, end: () => window.clearTimeout(timer) };
}
