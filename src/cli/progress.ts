/** Shows progress of long work: a bar on a terminal, else a line every two seconds. */
import { SingleBar } from 'cli-progress';
import type { CommandContext } from './command-context.js';

const PLAIN_LINE_EVERY_MS = 2_000;
/** Short, so that ten million of ten million and the time left fit beside it into 80 columns; the library cuts what does not fit. */
const BAR_COLUMNS = 10;

export interface Progress {
  advance(count: number): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  finish(): void;
}

/**
 * @param label what is being done, such as `warming`
 * @param unit what is counted, such as `coupons`
 */
export function startProgress(
  notes: CommandContext['notes'],
  label: string,
  unit: string,
  total: number,
): Progress {
  const onTerminal = notes.isTTY === true;
  const bar = new SingleBar({
    stream: notes,
    noTTYOutput: true,
    notTTYSchedule: PLAIN_LINE_EVERY_MS,
    // Nothing of the terminal is changed, so nothing has to be restored when the work is interrupted. The library's own
    // way (gracefulExit) catches SIGINT, and the work continues.
    linewrap: true,
    // In plain lines its farewell would be an empty one.
    clearOnComplete: !onTerminal,
    format: (_options, { value, progress }) => {
      const seconds = Math.max(1, performance.now() - startedAtMs) / 1_000;
      const rate = value / seconds;
      const filled = Math.round(Math.min(1, progress) * BAR_COLUMNS);
      const picture = onTerminal ? ` [${'='.repeat(filled).padEnd(BAR_COLUMNS)}]` : '';
      const done = `${value.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`;
      return `${label}${picture} ${done}, ${Math.round(rate).toLocaleString('en')}/s${timeLeft(total - value, rate)}`;
    },
  });
  const startedAtMs = performance.now();
  bar.start(total, 0);
  return {
    advance: (count) => bar.increment(count),
    // The bar draws itself anew below.
    note: (line) => void notes.write(onTerminal ? `\r\x1b[K${line}\n` : `${line}\n`),
    finish: () => bar.stop(),
  };
}

/** By the rate shown beside it. The library's own estimate uses only the last steps and jumps with every pause. */
function timeLeft(left: number, ratePerSecond: number): string {
  if (left <= 0 || ratePerSecond === 0) return '';
  const seconds = Math.ceil(left / ratePerSecond);
  return seconds < 120 ? `, ${seconds} s left` : `, ${Math.ceil(seconds / 60)} min left`;
}
