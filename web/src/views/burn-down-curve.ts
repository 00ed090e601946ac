/** Computes the curve of a coupon before its page was opened. */
import type { Coupon, Issuance, QuantitySince } from '../api/coupon.js';

/** Members of one batch share an instant; a speed needs some time to pass. */
const SPEED_OVER_MS = 500;

export interface PastPoint {
  readonly atMs: number;
  readonly remaining: number;
  readonly perSecond: number;
}

/** @param rows some of the recorded issuances, ascending. @param quantities since when the quantity was what, ascending. */
export function curveOf(
  coupon: Pick<Coupon, 'issued' | 'quantity' | 'remaining'>,
  rows: readonly Pick<Issuance, 'issueNo' | 'issuedAtMs'>[],
  quantities: readonly QuantitySince[],
): readonly PastPoint[] {
  const last = rows.at(-1);
  const first = rows[0];
  if (last === undefined || first === undefined) return [];
  const quantityAt = (atMs: number): number =>
    quantities.findLast((one) => one.atMs <= atMs)?.quantity ?? quantities[0]?.quantity ?? coupon.quantity;
  const startMs = first.issuedAtMs - 1;
  const points: PastPoint[] = [{ atMs: startMs, remaining: quantityAt(startMs), perSecond: 0 }];
  const changes = quantities.filter(({ atMs }) => atMs > startMs);
  let before = { atMs: first.issuedAtMs, count: 0 };
  let stretch: Omit<PastPoint, 'perSecond'>[] = [];
  let counted = 0;
  for (const row of rows) {
    for (
      let change = changes[0];
      change !== undefined && change.atMs <= row.issuedAtMs;
      change = changes[0]
    ) {
      stretch.push({ atMs: change.atMs, remaining: Math.max(0, change.quantity - counted) });
      changes.shift();
    }
    counted = Math.round((row.issueNo / last.issueNo) * coupon.issued);
    stretch.push({ atMs: row.issuedAtMs, remaining: Math.max(0, quantityAt(row.issuedAtMs) - counted) });
    const elapsedMs = row.issuedAtMs - before.atMs;
    if (elapsedMs < SPEED_OVER_MS && row !== last) continue;
    const perSecond = Math.round(((counted - before.count) * 1_000) / Math.max(elapsedMs, SPEED_OVER_MS));
    points.push(...stretch.map((point) => ({ ...point, perSecond })));
    before = { atMs: row.issuedAtMs, count: counted };
    stretch = [];
  }
  const after = changes.map(({ atMs, quantity }) => ({
    atMs,
    remaining: Math.max(0, quantity - counted),
    perSecond: 0,
  }));
  const pauseMs = last.issuedAtMs + 1_000;
  const pause = { atMs: pauseMs, remaining: Math.max(0, quantityAt(pauseMs) - counted), perSecond: 0 };
  return [...points, pause, ...after].sort((one, other) => one.atMs - other.atMs);
}
