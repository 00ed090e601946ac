/** Shows when the displayed data may be old, and when it is fresh again. */
import { element, setText } from '../dom.js';
import type { ViewContext } from '../view.js';

/** Shorter breaks than this are not shown. */
const SAY_AFTER_MS = 1_500;

export interface ConnectionNote {
  readonly root: HTMLElement;
  show(status: 'live' | 'lost'): void;
  end(): void;
}

export function connectionNote(context: ViewContext): ConnectionNote {
  const text = element('span', {});
  const root = element(
    'div',
    { class: 'connection', role: 'status', hidden: true },
    element('span', { class: 'spinner spinner-small', 'aria-hidden': 'true' }),
    text,
  );
  let timer: number | undefined;
  return {
    root,
    show(status) {
      if (status === 'live') {
        window.clearTimeout(timer);
        timer = undefined;
        if (!root.hidden) context.notify(context.words.reconnected);
        root.hidden = true;
        setText(text, '');
      } else {
        timer ??= window.setTimeout(() => {
          root.hidden = false;
          setText(text, context.words.reconnecting);
        }, SAY_AFTER_MS);
      }
    },
    end() {
      window.clearTimeout(timer);
    },
  };
}
