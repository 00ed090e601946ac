/** Keeps the newest state, the rate and the recent history of one watched coupon. */
import type { CouponId, CouponSnapshot, CouponState, CouponTerms } from '../domain/coupon.js';
import { couponState } from '../domain/coupon.js';
import { LIVE_HISTORY_UPDATES, LIVE_RATE_WINDOW_MS, LIVE_REFRESH_MS } from '../domain/limits.js';

/** What a watcher receives. */
export interface LiveUpdate {
  readonly couponId: CouponId;
  readonly state: CouponState;
  readonly quantity: number;
  /** Live issuances. */
  readonly issued: number;
  readonly remaining: number;
  /** Numbers given over the last second, revoked ones included; one decimal. */
  readonly issuedPerSecond: number;
  readonly opensAtMs: number | undefined;
  readonly closesAtMs: number | undefined;
  /** The store's clock. It identifies an update of one coupon, whichever process made the update. */
  readonly storeNowMs: number;
}

/** What an update is made of: a snapshot has all of it; for a coupon missing from the store the catalogue has. */
export interface LiveReading extends Omit<CouponTerms, 'paused' | 'closed'> {
  readonly state: CouponState;
  readonly issued: number;
  readonly lastIssueNo: number;
  readonly storeNowMs: number;
}

export function readingOf(snapshot: CouponSnapshot): LiveReading {
  return { ...snapshot, state: couponState(snapshot, snapshot.issued, snapshot.storeNowMs) };
}

interface RateSample {
  readonly storeNowMs: number;
  readonly lastIssueNo: number;
}

export class LiveTopic {
  readonly couponId: CouponId;
  watchers = 0;
  /** When the last watcher left, by our monotonic clock. */
  idleSinceMs: number;
  #latest: LiveUpdate;
  #published: LiveUpdate;
  #publishedAtMs: number;
  readonly #history: LiveUpdate[] = [];
  #samples: RateSample[] = [];

  constructor(couponId: CouponId, reading: LiveReading, nowMs: number) {
    this.couponId = couponId;
    this.idleSinceMs = nowMs;
    this.#latest = this.#published = this.#updateOf(reading);
    this.#publishedAtMs = nowMs;
    this.#remember(this.#published);
  }

  /** No older than the last read of the store. */
  get latest(): LiveUpdate {
    return this.#latest;
  }

  refreshIsDue(nowMs: number): boolean {
    return nowMs - this.#publishedAtMs >= LIVE_REFRESH_MS;
  }

  /**
   * Takes in a reading of the store. Returns the update to publish, or `undefined` when nothing is new and no refresh
   * is due.
   */
  take(reading: LiveReading, nowMs: number): LiveUpdate | undefined {
    const update = this.#updateOf(reading);
    this.#latest = update;
    if (sameButTime(update, this.#published) && !this.refreshIsDue(nowMs)) return undefined;
    this.#published = update;
    this.#publishedAtMs = nowMs;
    this.#remember(update);
    return update;
  }

  /** Updates published after that instant of the store's clock, as far as they are kept, oldest first. */
  publishedAfter(storeMs: number): readonly LiveUpdate[] {
    return this.#history.filter((update) => update.storeNowMs > storeMs);
  }

  #updateOf(reading: LiveReading): LiveUpdate {
    const { state, quantity, issued, opensAtMs, closesAtMs, storeNowMs } = reading;
    const remaining = Math.max(0, quantity - issued);
    const issuedPerSecond = this.#rate(reading);
    const { couponId } = this;
    return {
      couponId,
      state,
      quantity,
      issued,
      remaining,
      issuedPerSecond,
      opensAtMs,
      closesAtMs,
      storeNowMs,
    };
  }

  #rate(sample: RateSample): number {
    const last = this.#samples.at(-1);
    // A store that was rebuilt, or whose clock was set back, begins anew.
    if (
      last !== undefined &&
      (sample.lastIssueNo < last.lastIssueNo || sample.storeNowMs < last.storeNowMs)
    ) {
      this.#samples = [];
    }
    this.#samples.push({ storeNowMs: sample.storeNowMs, lastIssueNo: sample.lastIssueNo });
    const windowStartMs = sample.storeNowMs - LIVE_RATE_WINDOW_MS;
    while ((this.#samples[1]?.storeNowMs ?? Infinity) <= windowStartMs) this.#samples.shift();
    const [first = sample] = this.#samples;
    const elapsedMs = sample.storeNowMs - first.storeNowMs;
    if (elapsedMs <= 0) return 0;
    return Math.round(((sample.lastIssueNo - first.lastIssueNo) * 10_000) / elapsedMs) / 10;
  }

  #remember(update: LiveUpdate): void {
    this.#history.push(update);
    if (this.#history.length > LIVE_HISTORY_UPDATES) this.#history.shift();
  }
}

function sameButTime(one: LiveUpdate, other: LiveUpdate): boolean {
  return (
    one.state === other.state &&
    one.quantity === other.quantity &&
    one.issued === other.issued &&
    one.issuedPerSecond === other.issuedPerSecond &&
    one.opensAtMs === other.opensAtMs &&
    one.closesAtMs === other.closesAtMs
  );
}
