/** Tests I9 in simulated histories, and that each planted bug is found. */
import t from 'tap';
import type { CouponId } from '../../domain/coupon.js';
import type { OrderId } from '../../domain/redemption.js';
import { simulateRedemptions } from './redemption-simulation.js';
import type { RedemptionsPlant } from './redemption-simulation.js';
import { SimulatedRedemptions } from './simulated-redemptions.js';
import type { RedemptionRow } from './simulated-redemptions.js';

const HISTORIES = 4_000;

/** A late duplicate of its request redeems once more. */
class CancelledOrderRedeems extends SimulatedRedemptions {
  protected override answerToKnown(earlier: RedemptionRow | undefined): string | undefined {
    return earlier?.cancelled === true ? undefined : super.answerToKnown(earlier);
  }
}

/** An order placed in time cannot be confirmed afterwards. */
class RepeatRefusedAfterExpiry extends SimulatedRedemptions {
  override redeem(couponId: CouponId, issueNo: number, orderId: OrderId): string {
    const isKnown = this.ordersOf(couponId, issueNo).has(orderId);
    return isKnown && this.isExpired() ? 'coupon_expired' : super.redeem(couponId, issueNo, orderId);
  }
}

/** The coupon is free again, and nothing shows which order was cancelled. */
class CancelWithoutHistory extends SimulatedRedemptions {
  protected override markCancelled(): void {
    // Nothing is written.
  }
}

/** A repeated cancel releases an issuance that another order has used since. */
class CancelTwice extends SimulatedRedemptions {
  override cancel(couponId: CouponId, issueNo: number, orderId: OrderId): string {
    const answer = super.cancel(couponId, issueNo, orderId);
    if (answer === 'cancelled' && this.onCancel === 'restore') this.setUsed(couponId, issueNo, undefined);
    return answer;
  }
}

/** A used issuance is revoked. */
class RevokeOfUsed extends SimulatedRedemptions {
  override revoke(couponId: CouponId, issueNo: number): string {
    this.setUsed(couponId, issueNo, undefined);
    return super.revoke(couponId, issueNo);
  }
}

const bugs: Readonly<Record<string, RedemptionsPlant>> = {
  'a cancelled order redeems again': CancelledOrderRedeems,
  'a repeat is refused after expiry': RepeatRefusedAfterExpiry,
  'used_at is cleared without history': CancelWithoutHistory,
  'a repeated cancel frees another order’s use': CancelTwice,
  'a used issuance is revoked': RevokeOfUsed,
};

t.test('a seed produces the same history every time', async (t) => {
  for (const seed of [1, 77, 4_711]) t.same(await simulateRedemptions(seed), await simulateRedemptions(seed));
});

t.test('every answer and the rows fit one order, whatever is lost, late or doubled', async (t) => {
  const answers = new Map<string, number>();
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const { kept, history } = await simulateRedemptions(seed);
    if (!kept) t.fail(`seed ${seed}`, { history });
    for (const { answer = 'lost' } of history.calls) answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  const wanted = ['absent', 'again', 'already_used', 'cancelled', 'coupon_expired', 'lost', 'not_redeemed'];
  const all = [...wanted, 'redeemed', 'redemption_cancelled', 'repeated', 'revoked', 'used'];
  t.same([...answers.keys()].sort(), all.sort(), 'every answer was met');
});

for (const [name, bug] of Object.entries(bugs)) {
  t.test(`caught: ${name}`, async (t) => {
    let caught: number | undefined;
    for (let seed = 1; seed <= HISTORIES && caught === undefined; seed += 1) {
      if (!(await simulateRedemptions(seed, bug)).kept) caught = seed;
    }
    t.ok(caught, `within ${HISTORIES} seeds`);
    t.comment(`seed ${caught}`);
  });
}
