/** Formats the status of coupons as a table. */
import type { CouponId, CouponState } from '../engine/domain/coupon.js';
import { table } from './table.js';

export interface CouponStatus {
  readonly id: CouponId;
  readonly name: string;
  /** `not_ready`: it was in service once, and the store does not have it at the moment. */
  readonly state: CouponState | 'not_ready';
  readonly quantity: number;
  readonly issued: number;
  readonly remaining: number;
  readonly queued: number;
  readonly claimed: number;
  readonly recorded: number;
  readonly deadLettered: number;
}

export interface StatusReport {
  readonly coupons: readonly CouponStatus[];
  /** There are coupons beyond the limit. */
  readonly more: boolean;
}

export function statusTable({ coupons }: StatusReport): readonly string[] {
  return table(
    ['coupon', 'state', 'quantity', 'issued', 'remaining', 'queued', 'claimed', 'recorded', 'dead', 'name'],
    coupons.map((one) => [
      String(one.id),
      one.state,
      one.quantity,
      one.issued,
      one.remaining,
      one.queued,
      one.claimed,
      one.recorded,
      one.deadLettered,
      one.name,
    ]),
  );
}
