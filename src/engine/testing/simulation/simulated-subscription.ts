/**
 * Simulates the subscription of one process to the news of the others, which may break and be made again.
 *
 * It keeps the promises of a real one (`persist/redis/news-pulse.ts`) without its beats, which would be a third of all events of a history: the
 * process relies on the last beat sent before the break, and the first beat after it ends the gap.
 */
import { BEAT_MS, NEWS_TRUSTED_MS } from '../../domain/limits.js';
import type { NewsReception } from '../../ports/versions.js';
import type { Random } from './random.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { VirtualTime } from './virtual-time.js';

/** A closed connection is noticed at once, one that swallows every message only by the beats that are missing. */
export type BreakOfNews = 'closed' | 'silent';

const WAY_MAX_MS = 2;

export class SimulatedSubscription implements NewsReception {
  untilMs = Number.POSITIVE_INFINITY;
  sinceMs = Number.NEGATIVE_INFINITY;
  /** Whether what is published now arrives. */
  receives = true;
  readonly #process: SimulatedProcess;
  readonly #time: VirtualTime;
  readonly #onGap = new Set<() => void>();
  /** The instant `sinceMs`, on the axis of the history. */
  #gapEndedMs = Number.NEGATIVE_INFINITY;
  #breaks = 0;

  constructor(process: SimulatedProcess, time: VirtualTime) {
    this.#process = process;
    this.#time = time;
  }

  /** Nothing that the process answers from memory now was read from the store before this instant of the history's axis. */
  get memorySinceMs(): number {
    return this.#process.monotonicMs() < this.untilMs ? this.#gapEndedMs : this.#time.nowMs();
  }

  listen(onGap: () => void): () => void {
    this.#onGap.add(onGap);
    return () => void this.#onGap.delete(onGap);
  }

  break(way: BreakOfNews, random: Random): void {
    this.#breaks += 1;
    this.receives = false;
    const lastBeatMs = this.#process.monotonicMs() - random.next() * BEAT_MS;
    const reliedOnUntilMs = way === 'closed' ? Number.NEGATIVE_INFINITY : lastBeatMs + NEWS_TRUSTED_MS;
    this.untilMs = Math.min(this.untilMs, reliedOnUntilMs);
  }

  /** News arrive again, and so does the next beat. */
  restore(random: Random): void {
    if (this.receives) return;
    this.receives = true;
    const breaks = this.#breaks;
    this.#process.after(random.next() * BEAT_MS, () => {
      const [sentAtMs, trueMs] = [this.#process.monotonicMs(), this.#time.nowMs()];
      this.#process.after(random.next() * WAY_MAX_MS, () => {
        if (this.#breaks === breaks) this.#endGap(sentAtMs, trueMs);
      });
    });
  }

  #endGap(sentAtMs: number, trueMs: number): void {
    this.sinceMs = sentAtMs;
    this.#gapEndedMs = trueMs;
    this.untilMs = Number.POSITIVE_INFINITY;
    for (const onGap of this.#onGap) onGap();
  }
}
