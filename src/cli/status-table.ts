/** Formats the status of coupons as a table. */
import type { Eligibility } from '../engine/domain/eligibility.js';
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
      'each',
      'hold',
      'for',
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
      one.perMember,
      one.holdSeconds === null ? '-' : `${one.holdSeconds}s`,
      ruleText(one.eligibility),
      one.name,
    ]),
  );
}

/** Short, because the name follows: `--json` has the whole rule. */
function ruleText(rule: Eligibility | null): string {
  if (rule === null) return 'all';
  const parts = Object.keys(rule.claims ?? {});
  if (rule.audience === true) parts.push('list');
  if (rule.notIssued !== undefined) parts.push(`not:${rule.notIssued.join('+')}`);
  return parts.join(',');
}
