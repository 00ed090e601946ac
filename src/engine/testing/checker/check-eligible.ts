/**
 * Checks I10: that no member was issued a unit whom the rule excluded, and that none was refused whom the rule admitted.
 *
 * An issuance counts wherever it left a trace: in an answer, a row, a revocation, a dead letter or the store.
 */
import type { HolderId } from '../../domain/coupon.js';
import { memberOf } from '../../domain/holder.js';
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';
import { isWithin } from './check-issuances.js';
import type { DownloadCall, Violation } from './history.js';
import { PossibleEligibility } from './possible-eligibility.js';

/** An issuance of which a revocation is left has no instant. */
interface Trace {
  readonly issueNo: number;
  readonly holder: HolderId;
  readonly issuedAtMs?: number;
}

/** The rule is judged before the coupon is: a member whom it excludes is not answered any of these. */
const BEHIND_THE_RULE: readonly string[] = ['not_open', 'paused', 'closed', 'sold_out'];

export function checkEligible(facts: AcknowledgedIssuances): Violation[] {
  const eligibility = new PossibleEligibility(facts.history);
  if (!eligibility.isLimited) return [];
  const { downloads } = facts.history;
  return [
    ...issuedAgainst(facts, eligibility),
    ...issuedToHolders(facts, eligibility),
    ...downloads.flatMap((call) => refusedInVain(call, eligibility)),
    ...downloads.flatMap((call) => answeredInItsPlace(call, eligibility)),
  ];
}

function tracesOf({ history, acknowledged }: AcknowledgedIssuances): Trace[] {
  const { rows, deadLetters, revoked, store } = history.final;
  const issuances: Trace[] = [...rows, ...acknowledged, ...deadLetters];
  if (store !== undefined) issuances.push(...store.winners, ...store.queued, ...store.claimed);
  for (const [issueNo, holder] of revoked) issuances.push({ issueNo, holder });
  const traces = new Map(
    issuances.map((trace) => [`${trace.issueNo} ${trace.holder} ${trace.issuedAtMs}`, trace]),
  );
  return [...traces.values()];
}

/** It needs a call that may have brought it, of a member whom some rule of that time admitted. */
function issuedAgainst(facts: AcknowledgedIssuances, eligibility: PossibleEligibility): Violation[] {
  return tracesOf(facts).flatMap((trace): Violation[] => {
    const { holder, issueNo, issuedAtMs } = trace;
    const admitted = (facts.callsOf.get(holder) ?? []).some((call) => {
      const untilMs = decidedByMs(call, trace, facts);
      if (issuedAtMs !== undefined && !isWithin(facts, issuedAtMs, call.invokedMs, untilMs)) return false;
      return eligibility.mayAdmit(call, call.invokedMs, Math.max(untilMs, call.answeredMs ?? untilMs));
    });
    if (admitted) return [];
    return [
      {
        promise: 'I10',
        what: `${holder} has number ${issueNo}, and no rule since a second before any of its calls admitted it`,
      },
    ];
  });
}

/** The other coupon is closed before the first of this is issued, so who ever held it then held it from before. */
function issuedToHolders(facts: AcknowledgedIssuances, { heldUntilMs }: PossibleEligibility): Violation[] {
  return tracesOf(facts).flatMap(({ holder, issueNo, issuedAtMs }): Violation[] => {
    const untilMs = heldUntilMs.get(memberOf(holder)) ?? -Infinity;
    // Without its instant, only a member who holds the other one to the end surely held it then.
    const atMs =
      issuedAtMs === undefined ? Number.MAX_VALUE : facts.trueMs(issuedAtMs) + facts.history.instantMs;
    if (atMs >= untilMs) return [];
    return [{ promise: 'I10', what: `${holder} has number ${issueNo} and held the coupon that excludes it` }];
  });
}

/** A call that was answered with the number was decided by then, however long its process was frozen. */
function decidedByMs(call: DownloadCall, { issueNo }: Trace, { history }: AcknowledgedIssuances): number {
  const { outcome, invokedMs, answeredMs } = call;
  const lateMs = invokedMs + history.admitLateMs;
  const wasAnswered = outcome !== undefined && 'issueNo' in outcome && outcome.issueNo === issueNo;
  return wasAnswered ? (answeredMs ?? lateMs) : lateMs;
}

function refusedInVain(call: DownloadCall, eligibility: PossibleEligibility): Violation[] {
  const { outcome, holder, invokedMs, answeredMs = invokedMs } = call;
  if (outcome?.outcome !== 'not_eligible') return [];
  if (eligibility.mayExclude(call, outcome.rule, invokedMs, answeredMs)) return [];
  const what = `${holder}, asking at ${Math.round(invokedMs)}, was refused by ${outcome.rule}, which admitted it`;
  return [{ promise: 'I10', what }];
}

function answeredInItsPlace(call: DownloadCall, eligibility: PossibleEligibility): Violation[] {
  const { outcome, holder, invokedMs, answeredMs = invokedMs } = call;
  if (outcome === undefined || !BEHIND_THE_RULE.includes(outcome.outcome)) return [];
  if (eligibility.mayAdmit(call, invokedMs, answeredMs)) return [];
  const what = `${holder}, asking at ${Math.round(invokedMs)}, was answered ${outcome.outcome} and is not eligible`;
  return [{ promise: 'I10', what }];
}
