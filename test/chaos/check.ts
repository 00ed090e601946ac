/**
 * Judges one coupon by the rules of the simulator (`src/engine/testing/checker/history-checker.ts`).
 *
 * The answers to clients of real processes become a history, together with the final content of database and Redis.
 */
import type { CrowdRequest } from '../../src/demo/crowd.js';
import type { CouponTerms, Issuance } from '../../src/engine/domain/coupon.js';
import { memberOf } from '../../src/engine/domain/holder.js';
import type { DownloadOutcome, EligibilityRule } from '../../src/engine/domain/download.js';
import { checkHistory } from '../../src/engine/testing/checker/history-checker.js';
import type {
  ConfirmCall,
  DownloadCall,
  ExcludedHolders,
  HoldHistory,
  ListedMembers,
  ObservedTerms,
  RecallCall,
  RuleSpan,
  SellerCall,
  TakenBackIssuance,
} from '../../src/engine/testing/checker/history.js';
import { type Evidence, holderNamed } from './evidence.js';

export interface Verdict {
  /** One line each, beginning with the promise that was broken. Empty: all were kept. */
  readonly violations: readonly string[];
  /** Acknowledged as issued, and lost with the store: what the level of durability may cost. */
  readonly lost: number;
  readonly wonByLateCommand: number;
}

export interface CheckOptions {
  /** As the coupon was registered. */
  readonly terms: CouponTerms;
  readonly sellerCalls?: readonly SellerCall[];
  readonly observed?: readonly ObservedTerms[];
  /**
   * When the store lost what it had acknowledged, on the clients' clock. What was issued before such an instant may be missing and is counted;
   * without one every loss is a violation.
   */
  readonly lossesMs?: readonly number[];
  /** From here on every fault is over: later requests must have definite answers. Absent: never asserted. */
  readonly healedMs?: number;
  /** How many units a member may have; absent: one. */
  readonly perMember?: number;
  readonly holds?: {
    readonly holdSeconds: number;
    readonly calls: readonly ConfirmCall[];
    readonly released: ReadonlySet<number>;
    /** The test has waited until every hold was over. */
    readonly allOver: boolean;
  };
  readonly recall?: {
    readonly calls: readonly RecallCall[];
    readonly isPending: boolean;
    readonly redeemed: ReadonlySet<number>;
  };
  /** Absent: every member may have the coupon. */
  readonly eligibility?: EligibilityKnown;
  /** Members for whom the test itself wrote issuances into the stores, at the instant that these name. */
  readonly planted?: readonly string[];
}

/** Whom the coupon is for. */
export interface EligibilityKnown {
  readonly rules?: readonly RuleSpan[];
  /** Member → grade in its token. */
  readonly gradeOf?: ReadonlyMap<string, string>;
  readonly listed?: ListedMembers;
  readonly excludes?: ExcludedHolders;
}

/** The wall clock is slewed against the monotonic one while a run lasts. */
const CLOCKS_APART_MS = 50;
/** The deadline of a call, and how long a process or a server is frozen at most before it continues with one. */
const LATE_MS = 15_000;

export function check(requests: readonly CrowdRequest[], evidence: Evidence, options: CheckOptions): Verdict {
  const isPlanted = ({ holder }: Issuance): boolean => options.planted?.includes(memberOf(holder)) === true;
  const without = <One extends Issuance>(all: readonly One[]): One[] => all.filter((one) => !isPlanted(one));
  const { store } = evidence;
  const strange = new Set<string>();
  const { rules, listed, excludes, gradeOf } = options.eligibility ?? {};
  const { violations, lost, wonByLateCommand } = checkHistory({
    terms: options.terms,
    downloads: requests.map((request) => callOf(request, gradeOf, strange)),
    sellerCalls: options.sellerCalls ?? [],
    observed: options.observed ?? [],
    losses: (options.lossesMs ?? []).map((atMs) => ({ sinceMs: -Infinity, atMs })),
    healedMs: options.healedMs ?? Infinity,
    endMs: performance.now(),
    storeOffsetMs: Date.now() - performance.now(),
    instantMs: CLOCKS_APART_MS,
    lateMs: LATE_MS,
    admitLateMs: LATE_MS,
    repeats: false,
    ...(options.perMember === undefined
      ? {}
      : { limits: [{ fromMs: -Infinity, perMember: options.perMember }] }),
    ...{ listed, excludes },
    ...(rules === undefined ? {} : { rules }),
    takenBack: takenBackOf(requests, evidence, options.holds?.released),
    recall: options.recall && {
      ...options.recall,
      ...{ used: evidence.used, audited: evidence.recalledByAudit },
    },
    holds: holdsOf(evidence, options),
    planted: [...evidence.deadLetters, ...(store?.winners ?? [])].filter(isPlanted),
    final: {
      ...evidence,
      deadLetters: without(evidence.deadLetters),
      store: store === undefined ? undefined : { ...store, winners: without(store.winners) },
    },
  });
  return {
    violations: [
      ...violations.map(({ promise, what }) => `${promise} ${what}`),
      ...[...strange].map((outcome) => `I8 an answer that is no outcome: ${outcome}`),
      ...unrecordedWhenIdle(evidence),
    ],
    lost,
    wonByLateCommand,
  };
}

function holdsOf({ confirmed }: Evidence, { holds }: CheckOptions): HoldHistory | undefined {
  if (holds === undefined) return undefined;
  const { holdSeconds, calls, allOver } = holds;
  return { holdMs: holdSeconds * 1_000, allOver, calls, confirmed, ordersOutliveRows: false };
}

function takenBackOf(
  requests: readonly CrowdRequest[],
  { ended }: Evidence,
  released: ReadonlySet<number> | undefined,
): TakenBackIssuance[] {
  const issuedMs = new Map(
    requests.flatMap(({ issueNo, storeMs }) => (issueNo === undefined ? [] : [[issueNo, storeMs]])),
  );
  const offsetMs = Date.now() - performance.now();
  return ended.map((one) => ({
    ...one,
    issuedAtMs: issuedMs.get(one.issueNo) ?? -Infinity,
    endedMs: one.revokedAtMs - offsetMs,
    // No client can see it.
    returnedMs: undefined,
    wasReleased: released?.has(one.issueNo) === true,
  }));
}

/** I5 is promised when idle; issuances still queued or claimed then will never be recorded. */
function unrecordedWhenIdle({ store }: Evidence): string[] {
  if (store === undefined) return [];
  const waiting = store.queued.length + store.claimed.length;
  return waiting === 0 ? [] : [`I3 ${waiting} issuances are still not recorded`];
}

function callOf(
  request: CrowdRequest,
  gradeOf: EligibilityKnown['gradeOf'],
  strange: Set<string>,
): DownloadCall {
  const { invokedMs, answeredMs } = request;
  const outcome = outcomeOf(request, strange);
  const holder = holderNamed(request.memberId);
  return {
    ...{ holder, invokedMs, answeredMs, outcome },
    grade: gradeOf?.get(memberOf(holder)),
    cutOff: outcome === undefined,
  };
}

const ELIGIBILITY_RULES: readonly EligibilityRule[] = ['claims', 'audience', 'not_issued'];

function outcomeOf(
  { outcome, issueNo, storeMs, rule }: CrowdRequest,
  strange: Set<string>,
): DownloadOutcome | undefined {
  switch (outcome) {
    case 'lost':
      return undefined;
    case 'issued':
    case 'already_issued':
      if (issueNo !== undefined && storeMs !== undefined) return { outcome, issueNo, issuedAtMs: storeMs };
      break;
    case 'not_open':
      if (storeMs !== undefined) return { outcome, opensAtMs: storeMs, storeNowMs: storeMs };
      break;
    case 'not_eligible': {
      const excludedBy = ELIGIBILITY_RULES.find((known) => known === rule);
      if (excludedBy !== undefined) return { outcome, rule: excludedBy };
      break;
    }
    case 'unknown_coupon':
    case 'paused':
    case 'closed':
    case 'sold_out':
    case 'busy':
    case 'not_ready':
    case 'outcome_unknown':
      return { outcome };
    // A process that has a limit of requests for one member has attempted nothing.
    case 'rate_limited':
      return { outcome: 'busy' };
  }
  strange.add(outcome);
  return undefined;
}
