/** Counts down to an instant of the store's clock. */
import { element, setText } from '../dom.js';
import { countdownParts } from '../format.js';
import type { ServerClock } from '../server-clock.js';
import type { ViewContext } from '../view.js';

const TICK_MS = 100;
/** Said aloud when this much is left; every second would drown everything else. */
const SPOKEN_AT_SECONDS = new Set([600, 300, 60, 30, 10]);

export interface Countdown {
  readonly root: HTMLElement;
  show(untilMs: number): void;
  end(): void;
}

/** @param onZero called once for each instant that is reached. */
export function countdown(context: ViewContext, clock: ServerClock, onZero: () => void): Countdown {
  const { labels } = context.words.time;
  const faces = (['days', 'hours', 'minutes', 'seconds'] as const).map((part) => {
    const figure = element('span', { class: 'countdown-figure' }, '00');
    const face = element('div', { class: 'countdown-part' }, figure, element('span', {}, labels[part]));
    return { part, figure, face };
  });
  const spoken = element('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const root = element(
    'div',
    { class: 'countdown' },
    element(
      'div',
      { class: 'countdown-parts', role: 'timer', 'aria-label': context.words.event.opensIn },
      ...faces.map(({ face }) => face),
    ),
    spoken,
  );
  let untilMs: number | undefined;
  let lastSpoken = -1;

  function tick(): void {
    if (untilMs === undefined) return;
    const leftMs = untilMs - clock.nowMs();
    const parts = countdownParts(leftMs);
    for (const { part, figure, face } of faces) {
      setText(figure, String(parts[part]).padStart(2, '0'));
      if (part === 'days') face.hidden = parts.days === 0;
    }
    const leftSeconds = Math.ceil(leftMs / 1_000);
    if (leftSeconds !== lastSpoken && SPOKEN_AT_SECONDS.has(leftSeconds)) {
      setText(spoken, context.words.event.opensInSpoken(context.format.clock(leftMs)));
    }
    lastSpoken = leftSeconds;
    root.dataset['near'] = String(leftMs <= 10_000);
    if (leftMs > 0) return;
    untilMs = undefined;
    onZero();
  }
  const timer = window.setInterval(tick, TICK_MS);
  return {
    root,
    show(instantMs) {
      untilMs = instantMs;
      tick();
    },
    end() {
      window.clearInterval(timer);
    },
  };
}
