/**
 * Keeps token buckets for any number of callers in two typed arrays allocated once.
 *
 * A bucket is one number: the instant at which it will be full again (the "virtual scheduling" form of a leaky bucket,
 * ITU-T I.371). Buckets form sets of {@link WAYS}, found by a hash of the key under a secret seed, so a caller cannot
 * choose a collision. A new key replaces the bucket of its set that is nearest to full. Mostly that bucket is full, and
 * replacing a full bucket loses nothing.
 *
 * Rejected after measurement: libraries (docs/adr/0040). The check precedes every download and may cost one per cent of
 * a download.
 */
import { randomBytes } from 'node:crypto';

export interface BucketTerms {
  /** What a caller may do at once after an idle time. */
  readonly burst: number;
  /** Between two tokens that come back, milliseconds. */
  readonly refillMs: number;
}

/** Buckets kept of one kind: 3 MB. */
export const BUCKETS_MAX = 262_144;

const WAYS = 4;

/** Adding to a fractional instant and taking it away again leaves a little; without this a full bucket of one token would refuse now and then. */
const ROUNDING_MS = 0.001;

export class TokenBuckets {
  readonly #refillMs: number;
  /** A bucket that is full later than this from now is empty. */
  readonly #depthMs: number;
  readonly #setMask: number;
  readonly #tags: Uint32Array;
  readonly #fullAtMs: Float64Array;
  readonly #seed = randomBytes(4).readInt32LE();

  /** @param bucketsMax a power of two, at least {@link WAYS}. */
  constructor(terms: BucketTerms, bucketsMax = BUCKETS_MAX) {
    this.#refillMs = terms.refillMs;
    this.#depthMs = terms.burst * terms.refillMs;
    this.#setMask = bucketsMax / WAYS - 1;
    this.#tags = new Uint32Array(bucketsMax);
    // Zeros are not written: memory that no caller needs is never touched.
    this.#fullAtMs = new Float64Array(bucketsMax);
  }

  /**
   * Takes one token.
   *
   * @param nowMs of a monotonic clock, 0 or above.
   * @returns 0 when there was one, else the milliseconds until the next; then nothing was taken.
   */
  take(key: string, nowMs: number): number {
    const place = this.#placeOf(key);
    const fullAtMs = Math.max(this.#fullAtMs[place] ?? 0, nowMs) + this.#refillMs;
    const excessMs = fullAtMs - nowMs - this.#depthMs;
    if (excessMs > ROUNDING_MS) return excessMs;
    this.#fullAtMs[place] = fullAtMs;
    return 0;
  }

  /** Puts one token back: what it was taken for turned out to be no offence. */
  giveBack(key: string): void {
    const place = this.#placeOf(key);
    this.#fullAtMs[place] = (this.#fullAtMs[place] ?? 0) - this.#refillMs;
  }

  /** The key's bucket, in place of the fullest of its set when it has none. */
  #placeOf(key: string): number {
    // FNV-1a for the tag, a second stream for the set: 48 bits that decide whether two keys share a bucket.
    let tag = this.#seed;
    let set = ~this.#seed;
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at);
      tag = Math.imul(tag ^ code, 0x01000193);
      set = Math.imul(set ^ code, 0x5bd1e995);
    }
    set ^= set >>> 15;
    tag = (tag ^ (tag >>> 13)) >>> 0 || 1;
    const first = (set & this.#setMask) * WAYS;
    let fullest = first;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#tags[place] === tag) return place;
      if ((this.#fullAtMs[place] ?? 0) < (this.#fullAtMs[fullest] ?? 0)) fullest = place;
    }
    this.#tags[fullest] = tag;
    this.#fullAtMs[fullest] = 0;
    return fullest;
  }
}
