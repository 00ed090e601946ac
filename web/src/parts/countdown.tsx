/** Counts down to an instant of the store's clock. */
import { useRef } from 'preact/hooks';
import { useConsole } from '../context.js';
import { countdownParts } from '../format.js';
import { useInterval, useRedraw } from '../hooks.js';
import type { ServerClock } from '../server-clock.js';

const TICK_MS = 100;
/** Read out when this much is left; every second would drown everything else. */
const SPOKEN_AT_SECONDS = new Set([600, 300, 60, 30, 10]);

interface CountdownOptions {
  readonly untilMs: number;
  readonly clock: Pick<ServerClock, 'nowMs'>;
  readonly label: string;
  /** Hours are left out where there are none. */
  readonly brief?: boolean;
  /** What a screen reader reads out now and then. */
  readonly spokenText: (left: string) => string;
  /** Called once for each instant that is reached. */
  readonly onZero: () => void;
}

export function Countdown({ untilMs, clock, label, brief, spokenText, onZero }: CountdownOptions) {
  const { words, format } = useConsole();
  const redraw = useRedraw();
  const reached = useRef<number | undefined>(undefined);
  const spoken = useRef('');
  const leftMs = untilMs - clock.nowMs();
  const parts = countdownParts(leftMs);
  const leftSeconds = Math.ceil(leftMs / 1_000);
  if (SPOKEN_AT_SECONDS.has(leftSeconds)) spoken.current = spokenText(format.clock(leftMs));

  useInterval(() => {
    if (untilMs - clock.nowMs() <= 0 && reached.current !== untilMs) {
      reached.current = untilMs;
      onZero();
    }
    redraw();
  }, TICK_MS);

  const isLeftOut = (part: string): boolean =>
    parts.days === 0 && (part === 'days' || (part === 'hours' && brief === true && parts.hours === 0));
  return (
    <div class="countdown" data-near={String(leftMs <= 10_000)}>
      <div class="countdown-parts" role="timer" aria-label={label}>
        {(['days', 'hours', 'minutes', 'seconds'] as const).map((part) => (
          <div class="countdown-part" key={part} hidden={isLeftOut(part)}>
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
