/** Checks recalls: afterwards every earlier issuance is used, confirmed or taken back, and what was used stays. */
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';
import type { RecallHistory, Violation } from './history.js';

const violation = (what: string): Violation => ({ promise: 'I12', what });

export function checkRecalls(facts: AcknowledgedIssuances): Violation[] {
  const { recall } = facts.history;
  return [
    ...recalledByRequest(facts, recall),
    ...(recall === undefined
      ? []
      : [...noneLeft(facts, recall), ...usedStays(facts, recall), ...ended(facts, recall)]),
  ];
}

/** What was issued before the last request of a recall was sent had its row when that request read the rows. */
function noneLeft(facts: AcknowledgedIssuances, { calls, used }: RecallHistory): Violation[] {
  const { final, losses, instantMs } = facts.history;
  const lastMs = Math.max(...calls.flatMap(({ isLast, fromMs }) => (isLast ? [fromMs] : [])));
  // An older copy of the store may bring back what a younger one had lost before the recall.
  if (losses.some(({ atMs }) => atMs >= lastMs)) return [];
  return final.rows.flatMap(({ issueNo, issuedAtMs }): Violation[] => {
    if (used.has(issueNo) || facts.trueMs(issuedAtMs) + instantMs >= lastMs) return [];
    return [violation(`number ${issueNo} is not used, and a recall at ${Math.round(lastMs)} has left it`)];
  });
}

function usedStays(facts: AcknowledgedIssuances, { redeemed }: RecallHistory): Violation[] {
  return [...redeemed].flatMap((issueNo): Violation[] =>
    facts.rowOf.has(issueNo) ? [] : [violation(`number ${issueNo} was redeemed and has no row`)],
  );
}

function recalledByRequest(facts: AcknowledgedIssuances, recall: RecallHistory | undefined): Violation[] {
  const { takenBack = [], instantMs } = facts.history;
  return takenBack.flatMap(({ issueNo, reason, endedMs }): Violation[] => {
    if (reason !== 'recalled') return [];
    const isAsked = recall?.calls.some(
      ({ fromMs, toMs }) => endedMs >= fromMs - instantMs && endedMs <= toMs + instantMs,
    );
    if (isAsked === true) return [];
    return [
      violation(`number ${issueNo} was recalled at ${Math.round(endedMs)}, and no seller asked for it`),
    ];
  });
}

function ended({ history }: AcknowledgedIssuances, { isPending, audited }: RecallHistory): Violation[] {
  const recalled = (history.takenBack ?? []).filter(({ reason }) => reason === 'recalled').length;
  return [
    ...(isPending ? [violation('a recall was never done, with no fault left')] : []),
    ...(recalled === audited
      ? []
      : [violation(`${recalled} were recalled, and ${audited} by the audit log`)]),
  ];
}
