/** Formats the status of coupons as a table. */
import type { CouponStatus } from '../engine/sellers/coupon-status.js';
import { table } from './table.js';

export interface StatusReport {
  readonly coupons: readonly CouponStatus[];
  /** There are coupons beyond the limit. */
  readonly more: boolean;
}

export function statusTable({ coupons }: StatusReport): readonly string[] {
  return table(
    [
      'coupon',
      'state',
      'quantity',
      'issued',
      'remaining',
      'queued',
      'claimed',
      'recorded',
      'held',
      'dead',
      'name',
    ],
    coupons.map((one) => [
      String(one.id),
      one.state,
      one.quantity,
      one.issued,
      one.remaining,
      one.queued,
      one.claimed,
      one.recorded,
      one.held,
      one.deadLettered,
      one.name,
    ]),
  );
}
