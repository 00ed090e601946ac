/**
 * Notices that this process was frozen: a timer that is due every quarter of a second came a second late.
 *
 * After such a pause the copies in memory may be older than the second that a change has to be known in, and requests
 * that arrived meanwhile are handled before the next poll answers. Timers run before them, so the listener is called
 * first.
 */
import type { Clock, Scheduler } from '../../engine/domain/clock.js';

const TICK_MS = 250;
const PAUSE_DETECTED_MS = 750;

/** @returns stops watching. */
export function watchProcessPauses(
  {
    clock,
    scheduler,
  }: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly scheduler: Pick<Scheduler, 'every'> },
  onThaw: () => void,
): () => void {
  let tickedAtMs = clock.monotonicMs();
  return scheduler.every(TICK_MS, () => {
    const nowMs = clock.monotonicMs();
    const wasFrozen = nowMs - tickedAtMs > PAUSE_DETECTED_MS;
    tickedAtMs = nowMs;
    if (wasFrozen) onThaw();
  });
}
