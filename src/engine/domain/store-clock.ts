/**
 * Estimates what the store's clock shows now, from one exchange with the store.
 *
 * The store read its clock at some instant between our sending and our receiving, so its time now lies between two
 * bounds that are one round trip apart. Our own wall clock plays no part: it may be off by an hour.
 */
export class StoreClock {
  /** Store time minus our monotonic time, at most. */
  #latestOffsetMs = Number.POSITIVE_INFINITY;

  /** Takes an exchange in; only the newest counts, so that neither drift nor a failover to another clock adds up. */
  observe(storeNowMs: number, sentAtMs: number): void {
    this.#latestOffsetMs = storeNowMs - sentAtMs;
  }

  /** The store's clock shows at most this at our monotonic instant; infinite before the first exchange. */
  latestMs(atMs: number): number {
    return atMs + this.#latestOffsetMs;
  }

  /** Our monotonic instant before which the store's clock cannot show `storeMs`. */
  notBeforeMs(storeMs: number): number {
    return storeMs - this.#latestOffsetMs;
  }
}
