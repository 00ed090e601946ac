/** Counts the units of coupons by stage, for operators. */
import type { CouponId, CouponState } from '../domain/coupon.js';
import type { HoldLedger } from '../ports/hold-ledger.js';
import type { IssuanceLedger } from '../ports/issuance-ledger.js';
import type { IssuanceQueue } from '../ports/issuance-queue.js';
import type { CouponView } from './coupon-registry.js';

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
  /** Of the recorded ones, those whose hold is not confirmed. */
  readonly held: number;
  readonly deadLettered: number;
}

export interface CouponStatusPorts {
  /** `undefined` with the embedded back end. */
  readonly queue: Pick<IssuanceQueue, 'depths'> | undefined;
  readonly ledger: IssuanceLedger;
  readonly holdLedger: Pick<HoldLedger, 'counts'>;
}

/** In the order of the views. Read one after another, so during downloads the sum may differ from the quantity. */
export async function couponStatuses(
  { queue, ledger, holdLedger }: CouponStatusPorts,
  views: readonly CouponView[],
): Promise<CouponStatus[]> {
  if (views.length === 0) return [];
  const ids = views.map((view) => view.couponId);
  const [depths, counts] = await Promise.all([queue?.depths(ids) ?? [], ledger.counts(ids)]);
  const held = await Promise.all(
    views.map(async ({ couponId, redemption }) =>
      redemption?.holdSeconds === undefined ? 0 : (await holdLedger.counts(couponId)).held,
    ),
  );
  return views.map((view, place) => ({
    id: view.couponId,
    name: view.name,
    state: queue !== undefined && isOutOfService(view) ? 'not_ready' : view.state,
    quantity: view.quantity,
    issued: view.issued,
    remaining: view.remaining,
    queued: depths[place]?.queued ?? 0,
    claimed: depths[place]?.claimed ?? 0,
    recorded: counts[place]?.recorded ?? 0,
    held: held[place] ?? 0,
    deadLettered: counts[place]?.deadLettered ?? 0,
  }));
}

/**
 * Where a coupon was in service once, the database alone would seem consistent. The embedded server keeps its coupons
 * in its own memory, which a command beside it cannot read: there the database is the only source.
 */
function isOutOfService(view: CouponView): boolean {
  return !view.inService && view.epoch > 0;
}
