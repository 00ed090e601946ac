/** Shows short notices at the edge of the screen; they disappear automatically and are read out by screen readers. */
import { element } from '../dom.js';

const SHOWN_MS = 5_000;
const NOTICES_MAX = 3;

export interface Notices {
  readonly root: HTMLElement;
  add(text: string, kind: 'good' | 'bad'): void;
}

export function notices(): Notices {
  const root = element('div', { class: 'notices', 'aria-live': 'polite' });
  return {
    root,
    add(text, kind) {
      const notice = element('p', { class: `notice notice-${kind}` }, text);
      root.append(notice);
      while (root.childElementCount > NOTICES_MAX) root.firstElementChild?.remove();
      window.setTimeout(() => notice.remove(), SHOWN_MS);
    },
  };
}
