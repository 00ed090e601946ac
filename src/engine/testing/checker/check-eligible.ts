/** Checks I10: that no member was issued a unit whom the rule excluded, and that none was refused whom the rule admitted. */
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';
import { isWithin } from './check-issuances.js';
import type { DownloadCall, RuleSpan, Violation } from './history.js';

/** A rule counts everywhere within this. */
const STALE_MS = 1_000;

export function checkEligible(facts: AcknowledgedIssuances): Violation[] {
  const { rules = [], downloads, admitLateMs } = facts.history;
  if (rules.length === 0) return [];
  return [
    ...issuedAgainst(facts, rules, admitLateMs),
    ...downloads.flatMap((call) => refusedInVain(call, rules)),
  ];
}

/** A row needs a call that may have brought it, of a member whom some rule of that time admitted. */
function issuedAgainst(
  facts: AcknowledgedIssuances,
  rules: readonly RuleSpan[],
  admitLateMs: number,
): Violation[] {
  const { rows } = facts.history.final;
  const seen = new Set<string>();
  return [...rows, ...facts.acknowledged].flatMap((issuance) => {
    const { holder, issueNo, issuedAtMs } = issuance;
    const key = `${issueNo} ${holder}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const admitted = (facts.callsOf.get(holder) ?? []).some((call) => {
      // A call that was answered with the number was decided by then, however long its process was frozen.
      const wasAnswered =
        call.outcome !== undefined && 'issueNo' in call.outcome && call.outcome.issueNo === issueNo;
      const lateMs = call.invokedMs + admitLateMs;
      const untilMs = wasAnswered ? (call.answeredMs ?? lateMs) : lateMs;
      if (!isWithin(facts, issuedAtMs, call.invokedMs, untilMs)) return false;
      return admits(rules, call, call.invokedMs - STALE_MS, Math.max(untilMs, call.answeredMs ?? untilMs));
    });
    const what = `${holder} has number ${issueNo}, and no rule since a second before any of its calls admitted it`;
    return admitted ? [] : [{ promise: 'I10' as const, what }];
  });
}

function refusedInVain(call: DownloadCall, rules: readonly RuleSpan[]): Violation[] {
  const { outcome, holder, invokedMs, answeredMs = invokedMs } = call;
  if (outcome?.outcome !== 'not_eligible' || outcome.rule !== 'claims') return [];
  const since = Math.round(invokedMs);
  const excluded = within(rules, invokedMs - STALE_MS, answeredMs).some((rule) => !admitsGrade(rule, call));
  if (excluded) return [];
  return [{ promise: 'I10', what: `${holder}, asking at ${since}, was refused and every rule admitted it` }];
}

function admits(rules: readonly RuleSpan[], call: DownloadCall, fromMs: number, toMs: number): boolean {
  return within(rules, fromMs, toMs).some((rule) => admitsGrade(rule, call));
}

function admitsGrade({ grades }: RuleSpan, { grade = '' }: DownloadCall): boolean {
  return grades?.includes(grade) ?? true;
}

/** The rules in force at some instant of this span. */
function within(rules: readonly RuleSpan[], fromMs: number, toMs: number): RuleSpan[] {
  return rules.filter(
    (rule, place) => rule.fromMs <= toMs && (rules[place + 1]?.fromMs ?? Infinity) >= fromMs,
  );
}
