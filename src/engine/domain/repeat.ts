/** Repeats tasks of this process. */
import type { Scheduler } from './clock.js';

/**
 * Repeats a task and never runs it twice at the same time: while a run takes longer than the interval, the ticks in
 * between are left out.
 *
 * @param task reports its own faults; it must not reject.
 * @returns ends the repetition; a run under way is completed.
 */
export function repeatWithoutOverlap(
  scheduler: Pick<Scheduler, 'every'>,
  everyMs: number,
  task: () => Promise<void>,
): () => void {
  let running = false;
  return scheduler.every(everyMs, () => {
    if (running) return;
    running = true;
    void task().finally(() => {
      running = false;
    });
  });
}
