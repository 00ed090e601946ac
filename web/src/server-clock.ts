/**
 * Estimates the store's clock from its messages.
 *
 * A message can only be late, so (time in the message − time of arrival) is at most the true difference, and the
 * largest of the recent ones is the closest to it. This device's own clock plays no part; phones are off by minutes.
 */
const OBSERVATIONS_KEPT = 24;

export class ServerClock {
  #differences: number[] = [];

  constructor() {
    // The monotonic clock of some devices stops while they sleep.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#differences = this.#differences.slice(-1);
    });
  }

  observe(storeNowMs: number): void {
    this.#differences.push(storeNowMs - performance.now());
    if (this.#differences.length > OBSERVATIONS_KEPT) this.#differences.shift();
  }

  /** This device's own time until the first message has come. */
  nowMs(): number {
    return this.#differences.length === 0 ? Date.now() : performance.now() + Math.max(...this.#differences);
  }
}
