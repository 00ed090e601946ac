/** What a winner sees: the number in line, when, and whether it is in the database. */
import type { Held } from '../api/client.js';
import { element, fill } from '../dom.js';
import type { ViewContext } from '../view.js';

/** Recording takes a fraction of a second; after this many looks something is slow and the member need not watch. */
const LOOKS_MAX = 20;
const LOOK_EVERY_MS = 1_000;

export interface Ticket {
  readonly root: HTMLElement;
  end(): void;
}

export function ticket(context: ViewContext, couponId: number, name: string, held: Held): Ticket {
  const { words, format } = context;
  const recorded = element('dd', {}, words.event.recordedNo);
  const number = format.whole(held.issueNo);
  const root = element(
    'section',
    { class: 'ticket', 'aria-label': words.event.yours, tabindex: '-1' },
    element(
      'div',
      { class: 'ticket-main' },
      element('p', { class: 'ticket-title' }, held.again ? words.event.alreadyYours : words.event.yours),
      element('p', { class: 'ticket-label' }, words.event.number),
      element('p', { class: 'ticket-number' }, number),
      element('p', { class: 'ticket-name' }, name),
      element('span', { class: 'stamp', 'aria-hidden': 'true' }, words.event.stamp),
    ),
    element(
      'div',
      { class: 'ticket-stub' },
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
  let looks = 0;
  async function look(): Promise<void> {
    looks++;
    const result = await context.api.issuance(couponId);
    if (result.ok && result.value.recorded) fill(recorded, words.event.recordedYes);
    else if (looks < LOOKS_MAX) timer = window.setTimeout(() => void look(), LOOK_EVERY_MS);
  }
  void look();
  return { root, end: () => window.clearTimeout(timer) };
}
