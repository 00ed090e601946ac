/** Computes the curve of a coupon: the remaining stock and the rate over time. */
import type { ApiClient } from '../api/client.js';
import type { Coupon, Issuance, LiveUpdate } from '../api/coupon.js';
import { curveOf } from './burn-down-curve.js';
import type { PastPoint } from './burn-down-curve.js';

/** Above this the older half is thinned out: a screen has fewer columns. */
const POINTS_MAX = 4_000;
/** Coupons up to this size are read whole; of larger ones that many single rows are read, evenly over the numbers. */
const ROWS_READ_WHOLE = 1_000;
const SAMPLES = 48;
const SAMPLES_AT_ONCE = 6;

export class BurnDownData {
  /** Seconds since the epoch, ascending: the chart's unit. */
  times: number[] = [];
  remaining: number[] = [];
  perSecond: number[] = [];
  /** The top of the scale: the largest quantity that was seen, so that the curve fits after it was lowered. */
  highest = 1;

  add({ storeNowMs, quantity, remaining, issuedPerSecond }: LiveUpdate): void {
    this.highest = Math.max(this.highest, quantity);
    const time = storeNowMs / 1_000;
    // After a break the server sends again what this page has seen.
    if (time <= (this.times.at(-1) ?? 0)) return;
    this.times.push(time);
    this.remaining.push(remaining);
    this.perSecond.push(issuedPerSecond);
    if (this.times.length > POINTS_MAX) this.#thinOut();
  }

  /** The time before the page was opened, put in front of what was seen. */
  prepend(past: readonly PastPoint[]): void {
    const before = past.filter(({ atMs }) => atMs / 1_000 < (this.times[0] ?? Infinity));
    this.highest = Math.max(this.highest, ...before.map((point) => point.remaining));
    this.times.unshift(...before.map(({ atMs }) => atMs / 1_000));
    this.remaining.unshift(...before.map((point) => point.remaining));
    this.perSecond.unshift(...before.map((point) => point.perSecond));
  }

  #thinOut(): void {
    const half = POINTS_MAX / 2;
    const keep = (_: number, place: number): boolean => place >= half || place % 2 === 0;
    this.times = this.times.filter(keep);
    this.remaining = this.remaining.filter(keep);
    this.perSecond = this.perSecond.filter(keep);
  }
}

/**
 * The curve until now, from when numbers were recorded. A few dozen rows are enough, however many there are: row n of
 * the line shows when n were issued. Revoked numbers leave gaps, so the counts are scaled to those that are left. What
 * remained depends on the quantity of that moment, which the seller may have changed.
 */
export async function readPast(api: ApiClient, coupon: Coupon): Promise<readonly PastPoint[]> {
  if (coupon.issued === 0) return [];
  const [rows, quantities] = await Promise.all([
    coupon.issued <= ROWS_READ_WHOLE ? readWhole(api, coupon) : readSamples(api, coupon),
    api.quantities(coupon.id),
  ]);
  return curveOf(coupon, rows, quantities.ok ? quantities.value : []);
}

async function readWhole(api: ApiClient, coupon: Coupon): Promise<readonly Issuance[]> {
  const page = await api.issuances(coupon.id, { after: 0, limit: ROWS_READ_WHOLE });
  return page.ok ? page.value.items : [];
}

async function readSamples(api: ApiClient, coupon: Coupon): Promise<readonly Issuance[]> {
  const places = Array.from({ length: SAMPLES }, (_, place) =>
    Math.floor((place * (coupon.issued - 1)) / (SAMPLES - 1)),
  );
  const rows: Issuance[] = [];
  for (let first = 0; first < places.length; first += SAMPLES_AT_ONCE) {
    const some = places.slice(first, first + SAMPLES_AT_ONCE);
    const pages = await Promise.all(some.map((after) => api.issuances(coupon.id, { after, limit: 1 })));
    for (const page of pages) if (page.ok) rows.push(...page.value.items);
  }
  return rows.sort((one, other) => one.issueNo - other.issueNo);
}
