/** Plants bugs of holds; see planted-bugs.ts. */
import type { CouponId } from '../../domain/coupon.js';
import { TRANSACTION_HOLDS_MAX } from '../../domain/limits.js';
import type { OrderId } from '../../domain/redemption.js';
import type { TakeBackPorts } from '../../holds/take-back.js';
import type { NumberedHolder } from '../../ports/admission.js';
import type { AuditActor, AuditEntry } from '../../ports/audit-log.js';
import type {
  ConfirmResult,
  DueHolds,
  HoldLedger,
  TakeBackReason,
  TakenBack,
} from '../../ports/hold-ledger.js';
import type { IssuanceQueue } from '../../ports/issuance-queue.js';
import type { IssuanceName } from '../../ports/redemption-ledger.js';
import type { Planting, SettledReader } from './planting.js';
import type { SimulatedDatabase } from './simulated-database.js';
import { SimulatedHolds } from './simulated-holds.js';
import { SimulatedStore } from './simulated-store.js';

/** A payment after the end is refused although the unit is still the member's. */
class ClockDecides extends SimulatedHolds {
  override confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): ConfirmResult {
    const state = this.stateOf(issuance);
    const row = state.status === 'held' ? this.rowAt(issuance.couponId, state.issueNo) : undefined;
    const endMs = (row?.issuedAtMs ?? Infinity) + (this.holdMsOf(issuance.couponId) ?? 0);
    if (state.status !== 'held' || this.nowMs() <= endMs) return super.confirm(issuance, orderId, actor);
    const { issueNo, holder } = state;
    return { status: 'hold_expired', ended: { issueNo, holder, reason: 'hold_expired' } };
  }
}

/** What was open when it was read is taken, whatever has happened since. */
class TakesConfirmed extends SimulatedHolds {
  readonly #reason: TakeBackReason;

  constructor(database: SimulatedDatabase, nowMs: () => number, reason: TakeBackReason) {
    super(database, nowMs);
    this.#reason = reason;
  }

  override revokeMany(
    couponId: CouponId,
    epoch: number,
    which: readonly NumberedHolder[] | DueHolds,
    reason: TakeBackReason,
    audit?: (taken: readonly NumberedHolder[]) => AuditEntry,
  ): TakenBack | 'stale' {
    const { confirmed } = this.ledgerOf(couponId);
    if (reason === this.#reason) {
      for (const { issueNo } of this.namedBy(couponId, which)) confirmed.delete(issueNo);
    }
    return super.revokeMany(couponId, epoch, which, reason, audit);
  }
}

/** A repeat by the order that has confirmed is refused. */
class RepeatRefused extends SimulatedHolds {
  override confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): ConfirmResult {
    const result = super.confirm(issuance, orderId, actor);
    return result.status === 'repeated' ? { status: 'confirmed_by_other_order' } : result;
  }
}

class VersionPerUnit extends SimulatedStore {
  protected override versionsFor(units: number): number {
    return units;
  }
}

function storeBeforeLedger(ports: TakeBackPorts & { readonly holds: HoldLedger }): TakeBackPorts {
  return {
    ...ports,
    holds: {
      async revokeMany(couponId, epoch, which, reason, audit) {
        const due = 'issuedUpToMs' in which ? which : undefined;
        const { rows } = await ports.holds.openRows(
          couponId,
          (due?.firstNo ?? Infinity) - 1,
          TRANSACTION_HOLDS_MAX,
        );
        const open = rows.filter(
          ({ issueNo, issuedAtMs }) =>
            due !== undefined && issueNo <= due.lastNo && issuedAtMs <= due.issuedUpToMs,
        );
        await ports.admission.revokeMany(couponId, 'issuedUpToMs' in which ? open : which);
        return ports.holds.revokeMany(couponId, epoch, which, reason, audit);
      },
    },
  };
}

/** The cursor passes over rows that come late. */
function settledUpToTheHighest(settled: SettledReader, database: SimulatedDatabase): SettledReader {
  return {
    async read(couponId, afterIssueNo, limit) {
      const { more } = await settled.read(couponId, afterIssueNo, limit);
      return { frontier: Math.max(afterIssueNo, database.highestIssueNo(couponId)), more };
    },
  };
}

/** A recall is done while recorders hold claims. */
function claimsNotCounted(queue: IssuanceQueue): IssuanceQueue {
  return {
    claimRound: (round, answer) => queue.claimRound(round, answer),
    ackRound: (claims, answer) => queue.ackRound(claims, answer),
    releaseRound: (claims, answer) => queue.releaseRound(claims, answer),
    shardOf: (couponId) => queue.shardOf(couponId),
    withBacklog: (couponIds) => queue.withBacklog(couponIds),
    depths: async (couponIds) =>
      (await queue.depths(couponIds)).map((depth) => depth && { ...depth, claimed: 0 }),
  };
}

/** A crash between the two steps, or a store that is out of reach for the second one, leaves the unit where it is. */
function secondStepOnceAndNeverAgain({ admission, ...ports }: TakeBackPorts): TakeBackPorts {
  const tried = new Set<string>();
  return {
    ...ports,
    admission: {
      revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]) {
        const fresh = issuances.filter(({ issueNo }) => !tried.has(`${couponId}/${issueNo}`));
        for (const { issueNo } of issuances) tried.add(`${couponId}/${issueNo}`);
        return admission.revokeMany(couponId, fresh);
      },
    },
  };
}

export const holdBugs: Readonly<Record<string, Partial<Planting>>> = {
  'the clock decides instead of the row': { holds: (database, nowMs) => new ClockDecides(database, nowMs) },
  'a confirmation since the sweep read is taken back': {
    holds: (database, nowMs) => new TakesConfirmed(database, nowMs, 'hold_expired'),
  },
  'the repeat of an order is refused': { holds: (database, nowMs) => new RepeatRefused(database, nowMs) },
  'the store before the ledger': { takeBack: storeBeforeLedger },
  'a version for each unit': { store: (nowMs) => new VersionPerUnit(nowMs) },
  'the cursor passes over rows that come late': { settled: settledUpToTheHighest },
  'a take-back that a crash cut in two stays so': {
    takeBack: secondStepOnceAndNeverAgain,
    reconciles: false,
  },
};

export const recallBugs: Readonly<Record<string, Partial<Planting>>> = {
  'a recall skips what is claimed': { queue: claimsNotCounted },
  'a recall takes what is confirmed': {
    holds: (database, nowMs) => new TakesConfirmed(database, nowMs, 'recalled'),
  },
};
