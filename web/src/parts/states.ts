/** Shows placeholders for content that is loading, empty or unavailable. */
import type { Problem } from '../api/problem.js';
import { element } from '../dom.js';
import type { Child } from '../dom.js';
import { home } from '../route.js';
import { problemText } from '../view.js';
import type { ViewContext } from '../view.js';

export function loading(context: ViewContext): HTMLElement {
  return element(
    'div',
    { class: 'state state-loading', role: 'status' },
    element('div', { class: 'spinner', 'aria-hidden': 'true' }),
    element('p', {}, context.words.loading),
  );
}

export function empty(title: string, text: string, ...actions: readonly Child[]): HTMLElement {
  return element(
    'div',
    { class: 'state' },
    element('p', { class: 'state-title' }, title),
    element('p', {}, text),
    ...actions,
  );
}

/** For a page that shows nothing else: its text becomes its heading. */
export function wholePage(state: HTMLElement): HTMLElement {
  const title = state.querySelector('.state-title');
  title?.replaceWith(element('h1', { class: 'state-title' }, title.textContent));
  return state;
}

/** @param retry left out where trying again cannot help: then there is a way to what can be seen. */
export function failed(context: ViewContext, problem: Problem, retry?: () => void): HTMLElement {
  return element(
    'div',
    { class: 'state state-failed', role: 'alert' },
    element('p', { class: 'state-title' }, context.words.loadFailed),
    element('p', {}, problemText(context.words, problem)),
    retry === undefined
      ? element('a', { class: 'button', href: home }, context.words.notFound.home)
      : element('button', { type: 'button', class: 'button', on: { click: retry } }, context.words.tryAgain),
  );
}
