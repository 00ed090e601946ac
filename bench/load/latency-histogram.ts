/**
 * Records latencies in a small histogram that can be merged over processes and rounds.
 *
 * Rejected: Node's own recordable histogram, which cannot leave its process, while a median over rounds needs all of
 * them together. Values below 64 µs are exact; above, 32 steps per doubling keep the error below 3.2 %.
 */

const EXACT_BELOW = 64;
const STEPS_PER_DOUBLING = 32;
/** 2^32 µs is over an hour: nothing here waits that long. */
const DOUBLINGS_MAX = 26;
const PLACES = EXACT_BELOW + STEPS_PER_DOUBLING * DOUBLINGS_MAX;

export class LatencyHistogram {
  readonly counts: Float64Array;

  /** @param counts of another one, as it came from another process. */
  constructor(counts?: Float64Array) {
    this.counts = counts === undefined ? new Float64Array(PLACES) : Float64Array.from(counts);
  }

  get size(): number {
    let size = 0;
    for (const count of this.counts) size += count;
    return size;
  }

  record(us: number): void {
    const place = placeOf(us);
    this.counts[place] = (this.counts[place] ?? 0) + 1;
  }

  add(other: LatencyHistogram): void {
    other.counts.forEach((count, place) => {
      this.counts[place] = (this.counts[place] ?? 0) + count;
    });
  }

  /** The smallest value that `percent` of the records do not exceed, µs; `undefined` while there are none. */
  percentileUs(percent: number): number | undefined {
    const size = this.size;
    if (size === 0) return undefined;
    const wanted = Math.max(1, Math.ceil((size * percent) / 100));
    let seen = 0;
    for (const [place, count] of this.counts.entries()) {
      seen += count;
      if (seen >= wanted) return upperEdgeOf(place);
    }
    return upperEdgeOf(PLACES - 1);
  }
}

function placeOf(us: number): number {
  const whole = Math.max(0, Math.round(us));
  if (whole < EXACT_BELOW) return whole;
  const doubling = 31 - Math.clz32(whole) - 6;
  const step = (whole >>> (doubling + 1)) - STEPS_PER_DOUBLING;
  return Math.min(PLACES - 1, EXACT_BELOW + doubling * STEPS_PER_DOUBLING + step);
}

function upperEdgeOf(place: number): number {
  if (place < EXACT_BELOW) return place;
  const doubling = Math.floor((place - EXACT_BELOW) / STEPS_PER_DOUBLING);
  const step = (place - EXACT_BELOW) % STEPS_PER_DOUBLING;
  return (STEPS_PER_DOUBLING + step + 1) * 2 ** (doubling + 1) - 1;
}
