/** Counts down to an instant of the store's clock. */
import { useRef } from 'preact/hooks';
import { useConsole } from '../context.js';
import { countdownParts } from '../format.js';
import { useInterval, useRedraw } from '../hooks.js';
import type { ServerClock } from '../server-clock.js';

const TICK_MS = 100;
/** Said aloud when this much is left; every second would drown everything else. */
const SPOKEN_AT_SECONDS = new Set([600, 300, 60, 30, 10]);

interface CountdownOptions {
  readonly untilMs: number;
  readonly clock: ServerClock;
  /** Called once for each instant that is reached. */
  readonly onZero: () => void;
}

export function Countdown({ untilMs, clock, onZero }: CountdownOptions) {
  const { words, format } = useConsole();
  const redraw = useRedraw();
  const reached = useRef<number | undefined>(undefined);
  const spoken = useRef('');
  const leftMs = untilMs - clock.nowMs();
  const parts = countdownParts(leftMs);
  const leftSeconds = Math.ceil(leftMs / 1_000);
  if (SPOKEN_AT_SECONDS.has(leftSeconds)) spoken.current = words.event.opensInSpoken(format.clock(leftMs));

  useInterval(() => {
    if (untilMs - clock.nowMs() <= 0 && reached.current !== untilMs) {
      reached.current = untilMs;
      onZero();
    }
    redraw();
  }, TICK_MS);

  return (
    <div class="countdown" data-near={String(leftMs <= 10_000)}>
      <div class="countdown-parts" role="timer" aria-label={words.event.opensIn}>
        {(['days', 'hours', 'minutes', 'seconds'] as const).map((part) => (
          <div class="countdown-part" key={part} hidden={part === 'days' && parts.days === 0}>
            <span class="countdown-figure">{String(parts[part]).padStart(2, '0')}</span>
            <span>{words.time.labels[part]}</span>
          </div>
        ))}
      </div>
      <p class="visually-hidden" aria-live="polite">
        {spoken.current}
      </p>
    </div>
  );
}
