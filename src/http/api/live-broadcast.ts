/**
 * Sends each update of a coupon to all of its watchers at a bounded rate.
 *
 * A write costs about as much as answering a download. Writing to all watchers at once would block the event loop, and
 * every download, for tens of milliseconds five times a second. So due watchers form a line, and every SLICE_EVERY_MS a
 * slice of that line is served, which bounds the share of the process that watching takes. Up to 1,000 watchers get
 * every update; beyond that each gets fewer updates, always the newest.
 */
import type { Scheduler } from '../../engine/domain/clock.js';
import type { CouponId } from '../../engine/domain/coupon.js';
import type { LiveUpdate } from '../../engine/live/live-topic.js';
import { eventText } from './live-watcher.js';
import type { LiveWatcher } from './live-watcher.js';

export const SLICE_EVERY_MS = 10;

/** 5,000 writes a second at most, a slice in half a millisecond (docs/adr/0030). */
export const SLICE_WRITES_MAX = 50;

export class LiveBroadcast {
  readonly #scheduler: Pick<Scheduler, 'every'>;
  readonly #watchers = new Map<CouponId, Set<LiveWatcher>>();
  /** In the order in which they became due; who is in already keeps its place. */
  readonly #due = new Set<LiveWatcher>();
  /** The newest event of each watched coupon, formatted once. */
  readonly #texts = new Map<CouponId, string>();
  #count = 0;
  #stopSlices: (() => void) | undefined;

  constructor(scheduler: Pick<Scheduler, 'every'>) {
    this.#scheduler = scheduler;
  }

  get size(): number {
    return this.#count;
  }

  add(watcher: LiveWatcher): void {
    const { couponId } = watcher.topic;
    const watchers = this.#watchers.get(couponId);
    if (watchers === undefined) this.#watchers.set(couponId, new Set([watcher]));
    else watchers.add(watcher);
    this.#count++;
  }

  remove(watcher: LiveWatcher): void {
    const { couponId } = watcher.topic;
    const watchers = this.#watchers.get(couponId);
    if (watchers?.delete(watcher) !== true) return;
    this.#count--;
    this.#due.delete(watcher);
    if (watchers.size > 0) return;
    this.#watchers.delete(couponId);
    this.#texts.delete(couponId);
  }

  publish(update: LiveUpdate): void {
    const watchers = this.#watchers.get(update.couponId);
    if (watchers === undefined) return;
    this.#texts.set(update.couponId, eventText(update));
    for (const watcher of watchers) this.#due.add(watcher);
    this.#serve();
  }

  /** A watcher who had missed something can take the newest now. */
  catchUp(watcher: LiveWatcher): void {
    this.#due.add(watcher);
    this.#serve();
  }

  /** Ends every stream. */
  close(): void {
    for (const watchers of this.#watchers.values()) {
      for (const watcher of watchers) watcher.end();
    }
    this.#watchers.clear();
    this.#texts.clear();
    this.#due.clear();
    this.#count = 0;
    this.#pauseSlices();
  }

  #serve(): void {
    this.#stopSlices ??= this.#scheduler.every(SLICE_EVERY_MS, () => this.#writeSlice());
  }

  #pauseSlices(): void {
    this.#stopSlices?.();
    this.#stopSlices = undefined;
  }

  #writeSlice(): void {
    let writes = 0;
    for (const watcher of this.#due) {
      if (writes === SLICE_WRITES_MAX) return;
      writes++;
      this.#due.delete(watcher);
      const text = this.#texts.get(watcher.topic.couponId);
      if (text !== undefined) watcher.send(text);
    }
    this.#pauseSlices();
  }
}
