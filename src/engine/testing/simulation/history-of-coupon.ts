/** Collects what happened to a coupon in one history, for the checker. */
import type { CouponId, CouponTerms } from '../../domain/coupon.js';
import { memberOf } from '../../domain/holder.js';
import { termsOf } from '../../ports/terms-change.js';
import { auditedAct } from '../checker/audited-act.js';
import type {
  ExcludedHolders,
  FinalState,
  History,
  HoldHistory,
  ObservedTerms,
  RecallHistory,
  TakenBackIssuance,
  UnitLimit,
} from '../checker/history.js';
import { ADMIT_DEADLINE_MS, CALL_DEADLINE_MS, FREEZE_MAX_MS, STORE_OFFSET_MS } from './scenario.js';
import type { Scenario } from './scenario.js';
import { DATABASE_OFFSET_MS } from './held-coupons.js';
import type { SimulatedEligibility } from './simulated-eligibility.js';
import type { SimulatedExclusion } from './simulated-exclusion.js';
import type { SimulatedMembers } from './simulated-members.js';
import type { SimulatedOrders } from './simulated-orders.js';
import { LATE_MAX_MS } from './simulated-network.js';
import type { SimulatedRecall } from './simulated-recall.js';
import type { SimulatedSellers } from './simulated-sellers.js';
import type { TermsInstalled } from './stored-coupon.js';
import type { SimulatedWorld } from './simulated-world.js';
import { mayFreeze } from './plan-faults.js';

/** What a download may wait in a mailbox, then the deadline of the last in its batch, and the error of the store's clock. */
const ADMIT_LATE_MS = 2 * ADMIT_DEADLINE_MS + CALL_DEADLINE_MS;
/** Lookups and a warm before the command, each up to its deadline, then the command itself. */
const SELLER_LATE_MS = LATE_MAX_MS + FREEZE_MAX_MS + 20 * CALL_DEADLINE_MS;

/** One coupon of a history, with its members and its seller. */
export interface SimulatedCoupon {
  readonly couponId: CouponId;
  readonly terms: CouponTerms;
  readonly limits: readonly UnitLimit[];
  readonly eligibility: SimulatedEligibility;
  readonly exclusion: SimulatedExclusion | undefined;
  readonly orders: SimulatedOrders | undefined;
  readonly members: SimulatedMembers;
  readonly sellers: SimulatedSellers;
  readonly recall: SimulatedRecall | undefined;
}

export function historyOf(
  { couponId, terms, limits, eligibility, exclusion, orders, members, sellers, recall }: SimulatedCoupon,
  world: SimulatedWorld,
  scenario: Scenario,
  healedMs: number,
): History {
  return {
    terms,
    limits,
    downloads: members.calls,
    sellerCalls: sellers.calls,
    rules: eligibility.rules,
    takenBack: takenBack(world, couponId, orders?.released ?? new Set()),
    recall: recall && recallOf(world, couponId, recall),
    holds: orders && holdsAndOrders(world, scenario, couponId, orders),
    excludes: exclusion && excludedHolders(world, exclusion.other),
    observed: world.store.installed.flatMap((one) => (one.couponId === couponId ? observedOf(one) : [])),
    losses: world.losses,
    healedMs,
    endMs: world.time.nowMs(),
    storeOffsetMs: STORE_OFFSET_MS,
    instantMs: 1,
    lateMs: SELLER_LATE_MS,
    // A frozen process has not even taken the download in.
    admitLateMs: ADMIT_LATE_MS + (mayFreeze(scenario) ? FREEZE_MAX_MS : 0),
    repeats: scenario.storeNetwork.duplicated > 0,
    final: finalState(world, couponId),
  };
}

function holdsAndOrders(
  world: SimulatedWorld,
  { holdMs = 0 }: Scenario,
  couponId: CouponId,
  { calls }: SimulatedOrders,
): HoldHistory {
  const { confirmed } = world.database.ledgerOf(couponId);
  return {
    ...{ holdMs, allOver: true, ordersOutliveRows: true },
    calls,
    confirmed: new Map([...confirmed].map(([issueNo, { orderId }]) => [issueNo, orderId])),
  };
}

function takenBack(
  { store, database }: SimulatedWorld,
  couponId: CouponId,
  released: ReadonlySet<number>,
): TakenBackIssuance[] {
  return [...database.ledgerOf(couponId).ended.values()].map((row) => {
    const returnedMs = store.returnedMs.get(`${couponId}/${row.issueNo}`);
    return {
      ...row,
      endedMs: row.revokedAtMs - DATABASE_OFFSET_MS,
      returnedMs: returnedMs === undefined ? undefined : returnedMs - STORE_OFFSET_MS,
      wasReleased: released.has(row.issueNo),
    };
  });
}

function recallOf(
  { database }: SimulatedWorld,
  couponId: CouponId,
  { calls, isPending }: SimulatedRecall,
): RecallHistory {
  const { confirmed } = database.ledgerOf(couponId);
  const counts = database.changes.auditLog.map(({ action, target, detail }) =>
    action === 'coupon_recalled' && target === `coupon ${couponId}` ? Number(detail['count']) : 0,
  );
  return {
    calls: calls.map(({ invokedMs, answeredMs, isLast }) => ({
      ...{ fromMs: invokedMs, toMs: answeredMs ?? invokedMs + SELLER_LATE_MS, isLast },
    })),
    used: new Set(confirmed.keys()),
    // The orders of confirmations are checked with the holds.
    redeemed: new Set(),
    isPending,
    audited: counts.reduce((sum, count) => sum + count, 0),
  };
}

function excludedHolders(world: SimulatedWorld, other: CouponId): ExcludedHolders {
  const { rows, revoked } = world.database.ledgerOf(other);
  const holders = [...[...rows.values()].map(({ holder }) => holder), ...revoked.values()];
  return {
    rows: [...rows.values()],
    ended: takenBack(world, other, new Set()),
    everHeldBy: new Set(holders.map(memberOf)),
  };
}

function observedOf({ atMs, terms }: TermsInstalled): ObservedTerms {
  const trueMs = atMs - STORE_OFFSET_MS;
  return { fromMs: trueMs, toMs: trueMs, terms };
}

function finalState({ store, database }: SimulatedWorld, couponId: CouponId): FinalState {
  const ledger = database.ledgerOf(couponId);
  const coupon = store.coupons.get(couponId);
  const record = database.coupons.get(couponId);
  if (record === undefined) throw new Error(`coupon ${couponId} was never registered`);
  return {
    catalogue: { terms: termsOf(record), unsettledChanges: database.changes.unsettledOf(couponId) },
    audit: database.changes.auditLog.flatMap(({ action, target, detail }) =>
      target === `coupon ${couponId}` ? (auditedAct(action, detail) ?? []) : [],
    ),
    rows: [...ledger.rows.values()],
    revoked: ledger.revoked,
    deadLetters: ledger.deadLetters,
    store: coupon && {
      terms: coupon.terms,
      lastIssueNo: coupon.lastIssueNo,
      winners: [...coupon.winners.values()],
      queued: coupon.queue,
      claimed: coupon.claims.flatMap((claim) => claim.issuances),
    },
  };
}
