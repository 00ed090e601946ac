/** Counts redemptions and cancels by how they ended, for `GET /metrics`. */
import type { CancelResult, RedeemResult } from '../../engine/ports/redemption-ledger.js';

type Counted = Exclude<RedeemResult['status'] | CancelResult['status'], 'absent'> | 'not_issued';

export class RedemptionCounts {
  readonly counts: Record<Counted, number> = {
    redeemed: 0,
    repeated: 0,
    cancelled: 0,
    redemption_cancelled: 0,
    already_used: 0,
    redeem_at_shop: 0,
    coupon_expired: 0,
    not_confirmed: 0,
    not_redeemed: 0,
    not_issued: 0,
  };

  count(outcome: Counted): void {
    this.counts[outcome] += 1;
  }
}
