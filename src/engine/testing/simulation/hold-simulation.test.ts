/** I5, I6 and I12 of holds in simulated histories, and that each planted bug is found. */
import t from 'tap';
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type { OrderId } from '../../domain/redemption.js';
import type { NumberedHolder } from '../../ports/admission.js';
import type { ConfirmResult, TakeBackReason } from '../../ports/hold-ledger.js';
import { type HoldsPlant, noHoldsPlant, simulateHolds } from './hold-simulation.js';
import { SimulatedHolds } from './simulated-holds.js';
import { SimulatedStore } from './simulated-store.js';

const HISTORIES = 600;

/** A payment after the end is refused although the unit is still the member's. */
class ClockDecides extends SimulatedHolds {
  override confirm(couponId: CouponId, issueNo: number, orderId: OrderId): ConfirmResult {
    const row = this.rowAt(couponId, issueNo);
    const isOver = row !== undefined && this.nowMs() > row.issuedAtMs + this.holdMs;
    if (!isOver || this.confirmed.has(issueNo)) return super.confirm(couponId, issueNo, orderId);
    return { status: 'hold_expired', ended: { issueNo, holder: row.holder, reason: 'hold_expired' } };
  }
}

/** What was open when the sweep read it is taken, whatever has happened since. */
class TakesConfirmed extends SimulatedHolds {
  override revokeMany(
    couponId: CouponId,
    issuances: readonly NumberedHolder[],
    reason: TakeBackReason,
  ): { readonly taken: readonly Issuance[] } {
    for (const { issueNo } of issuances) this.confirmed.delete(issueNo);
    return super.revokeMany(couponId, issuances, reason);
  }
}

/** A repeat by the order that has confirmed is refused. */
class RepeatRefused extends SimulatedHolds {
  override confirm(couponId: CouponId, issueNo: number, orderId: OrderId): ConfirmResult {
    const result = super.confirm(couponId, issueNo, orderId);
    return result.status === 'repeated' ? { status: 'confirmed_by_other_order' } : result;
  }
}

class VersionPerUnit extends SimulatedStore {
  protected override versionsFor(units: number): number {
    return units;
  }
}

const bugs: Readonly<Record<string, Partial<HoldsPlant>>> = {
  'the clock decides instead of the row': { Holds: ClockDecides },
  'a confirmation since the sweep read is taken back': { Holds: TakesConfirmed },
  'the repeat of an order is refused': { Holds: RepeatRefused },
  'the store before the ledger': {
    ports: (ports) => ({
      ...ports,
      holds: {
        async revokeMany(couponId, epoch, issuances, reason, audit) {
          await ports.admission.revokeMany(couponId, issuances);
          return ports.holds.revokeMany(couponId, epoch, issuances, reason, audit);
        },
      },
    }),
  },
  'a version for each unit': { Store: VersionPerUnit },
  'the cursor passes over rows that come late': {
    frontier: (database, couponId, after) => Math.max(after, database.highestIssueNo(couponId)),
  },
  'a take-back that a crash cut in two stays so': { reconciles: false },
};

t.test('a seed produces the same history every time', async (t) => {
  for (const seed of [1, 77, 4_711]) t.same(await simulateHolds(seed), await simulateHolds(seed));
});

t.test('of confirmation and expiry exactly one happens, and every unit is in one place', async (t) => {
  const answers = new Map<string, number>();
  const sums = { issued: 0, expired: 0 };
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const { calls, issued, expired, violations } = await simulateHolds(seed);
    if (violations.length > 0) t.fail(`seed ${seed}`, { violations });
    for (const { answer = 'lost' } of calls) answers.set(answer, (answers.get(answer) ?? 0) + 1);
    sums.issued += issued;
    sums.expired += expired;
  }
  const wanted = ['absent', 'confirmed', 'confirmed_by_other_order', 'hold_expired', 'lost', 'repeated'];
  t.same([...answers.keys()].sort(), wanted, 'every answer was met');
  t.ok(sums.expired > sums.issued / 10, 'a part of the holds ran out');
  t.comment({ ...Object.fromEntries(answers), ...sums });
});

for (const [name, bug] of Object.entries(bugs)) {
  t.test(`caught: ${name}`, async (t) => {
    let caught: number | undefined;
    for (let seed = 1; seed <= HISTORIES && caught === undefined; seed += 1) {
      const { violations } = await simulateHolds(seed, { ...noHoldsPlant, ...bug });
      if (violations.length > 0) caught = seed;
    }
    t.ok(caught, `within ${HISTORIES} seeds`);
    t.comment(`seed ${caught}`);
  });
}
