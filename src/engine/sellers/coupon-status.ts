/** Counts the units of coupons by stage, for operators. */
import type { CouponId, CouponState } from '../domain/coupon.js';
import type { Eligibility } from '../domain/eligibility.js';
import type { IssuanceLedger, LedgerCounts } from '../ports/issuance-ledger.js';
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
  /** Recorded issuances whose hold is not confirmed. */
  readonly held: number;
  readonly deadLettered: number;
  /** How many units a member may have. */
  readonly perMember: number;
  /** `null`: issuances are not held. */
  readonly holdSeconds: number | null;
  /** `null`: every member may have the coupon. */
  readonly eligibility: Eligibility | null;
}

export interface CouponStatusPorts {
  /** `undefined` with the embedded back end. */
  readonly queue: Pick<IssuanceQueue, 'depths'> | undefined;
  readonly ledger: IssuanceLedger;
}

/** In the order of the views. Read one after another, so during downloads the sum may differ from the quantity. */
export async function couponStatuses(
  { queue, ledger }: CouponStatusPorts,
  views: readonly CouponView[],
): Promise<CouponStatus[]> {
  if (views.length === 0) return [];
  const ids = views.map((view) => view.couponId);
  const [depths, counts] = await Promise.all([queue?.depths(ids) ?? [], ledger.counts(ids)]);
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
    held: heldIn(view, counts[place]),
    deadLettered: counts[place]?.deadLettered ?? 0,
    perMember: view.door?.perMember ?? 1,
    holdSeconds: view.redemption?.holdSeconds ?? null,
    eligibility: view.door?.eligibility ?? null,
  }));
}

function heldIn({ redemption }: CouponView, counts: LedgerCounts | undefined): number {
  if (redemption?.holdSeconds === undefined || counts === undefined) return 0;
  return counts.recorded - counts.confirmed;
}

/**
 * Where a coupon was in service once, the database alone would seem consistent. The embedded server keeps its coupons
 * in its own memory, which a command beside it cannot read: there the database is the only source.
 */
function isOutOfService(view: CouponView): boolean {
  return !view.inService && view.epoch > 0;
}
