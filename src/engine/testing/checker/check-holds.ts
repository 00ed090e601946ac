/** Checks I12 and the part of I6 about holds: of confirmation and expiry one happens, and what was not confirmed comes back to stock. */
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';
import type { ConfirmCall, HoldHistory, TakenBackIssuance, Violation } from './history.js';

const violation = (what: string): Violation => ({ promise: 'I12', what });

export function checkHolds(facts: AcknowledgedIssuances): Violation[] {
  const { holds, takenBack = [] } = facts.history;
  if (holds === undefined) return [];
  return [
    ...holds.calls.flatMap((call) => answerTrue(call, holds, facts)),
    ...endedInTime(holds, facts),
    ...eitherOr(holds, takenBack),
    ...allEnded(holds, facts),
  ];
}

function answerTrue(
  { issueNo, orderId, answer, byNumber }: ConfirmCall,
  holds: HoldHistory,
  facts: AcknowledgedIssuances,
) {
  const { rowOf, revokeAskedMs } = facts;
  const { takenBack = [] } = facts.history;
  const order = holds.confirmed.get(issueNo);
  const hasEnded = takenBack.some((ended) => ended.issueNo === issueNo);
  switch (answer) {
    case 'confirmed':
    case 'repeated': {
      const knowsOrder = rowOf.has(issueNo) || holds.ordersOutliveRows;
      // Only the seller revokes what was confirmed.
      const isThere = rowOf.has(issueNo) || (revokeAskedMs.has(issueNo) && !hasEnded);
      if (isThere && (order === orderId || !knowsOrder)) return [];
      const fate = hasEnded ? 'its hold was taken back' : `its row has order ${order ?? 'none'}`;
      return [violation(`number ${issueNo} was confirmed for ${orderId} and is not theirs: ${fate}`)];
    }
    case 'hold_expired':
      if (hasEnded && !rowOf.has(issueNo)) return [];
      return [violation(`number ${issueNo} was refused as ended, and it was not taken back`)];
    case 'confirmed_by_other_order':
      if (!byNumber || (order !== undefined && order !== orderId)) return [];
      return [violation(`number ${issueNo} was refused to ${orderId}, and no other order has it`)];
    case 'absent':
    case undefined:
      return [];
    case 'no_hold':
    case 'redeem_at_shop':
      return [violation(`a confirmation of number ${issueNo} was answered ${answer}`)];
  }
}

/** A hold runs out after its time and not before, unless it is released. Recalls are judged by check-recalls.ts. */
function endedInTime({ holdMs }: HoldHistory, facts: AcknowledgedIssuances): Violation[] {
  const { takenBack = [], instantMs } = facts.history;
  return takenBack.flatMap(({ issueNo, issuedAtMs, endedMs, reason, wasReleased }) => {
    if (reason === 'recalled' || (reason === 'hold_released' && wasReleased)) return [];
    if (reason === 'hold_expired' && endedMs >= facts.trueMs(issuedAtMs) + holdMs - instantMs) return [];
    return [violation(`number ${issueNo} was taken back at ${Math.round(endedMs)}, before its time`)];
  });
}

function eitherOr({ confirmed }: HoldHistory, takenBack: readonly TakenBackIssuance[]): Violation[] {
  return takenBack.flatMap(({ issueNo }) =>
    confirmed.has(issueNo) ? [violation(`number ${issueNo} was confirmed and taken back`)] : [],
  );
}

function allEnded({ confirmed, allOver }: HoldHistory, { history }: AcknowledgedIssuances): Violation[] {
  if (!allOver) return [];
  return history.final.rows.flatMap(({ issueNo }): Violation[] =>
    confirmed.has(issueNo) ? [] : [{ promise: 'I6', what: `number ${issueNo} is held long after its end` }],
  );
}
