/**
 * Creates histograms of latencies that merge over processes and rounds, and moves them between processes.
 *
 * A record costs the generator 0.09 µs more than an array of our own did, of some 11 µs for an answer; its error is 1 % instead of 3.
 * Rejected: Node's own recordable histogram, which cannot leave its process, while a median over rounds needs all of them together.
 */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** Over an hour: nothing here waits that long. */
const LATENCY_MAX_US = 2 ** 32;

export class Latencies {
  readonly #histogram: Histogram;

  private constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  static empty(): Latencies {
    return new Latencies(
      build({ bitBucketSize: 32, highestTrackableValue: LATENCY_MAX_US, numberOfSignificantValueDigits: 2 }),
    );
  }

  /** @param encoded as another process encoded it */
  static decode(encoded: string): Latencies {
    return new Latencies(decodeFromCompressedBase64(encoded));
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  get size(): number {
    return this.#histogram.totalCount;
  }

  record(us: number): void {
    this.#histogram.recordValue(Math.min(LATENCY_MAX_US, Math.max(0, Math.round(us))));
  }

  add(other: Latencies): void {
    this.#histogram.add(other.#histogram);
  }

  /** The smallest value that `percent` of the records do not exceed, µs; 0 while there are none. */
  percentileUs(percent: number): number {
    return this.#histogram.getValueAtPercentile(percent);
  }
}
