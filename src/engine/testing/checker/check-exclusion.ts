/** Checks the part of I10 about coupons that exclude each other: no member was issued one while it held the other. */
import { memberOf } from '../../domain/holder.js';
import type { MemberId } from '../../domain/coupon.js';
import type { AcknowledgedIssuances } from './acknowledged-issuances.js';
import type { ExcludedHolders, Violation } from './history.js';

export function checkExclusion(facts: AcknowledgedIssuances): Violation[] {
  const { excludes } = facts.history;
  return excludes === undefined
    ? []
    : [...issuedToHolders(facts, excludes), ...refusedInVain(facts, excludes)];
}

/** The other coupon is closed before the first of this is issued, so who ever held it then held it from before. */
function issuedToHolders(facts: AcknowledgedIssuances, { rows, ended }: ExcludedHolders): Violation[] {
  const heldUntilMs = new Map<MemberId, number>();
  const hold = (memberId: MemberId, untilMs: number): void => {
    heldUntilMs.set(memberId, Math.max(untilMs, heldUntilMs.get(memberId) ?? -Infinity));
  };
  for (const { holder } of rows) hold(memberOf(holder), Infinity);
  for (const { holder, endedMs } of ended) hold(memberOf(holder), endedMs);
  return [...facts.history.final.rows, ...facts.acknowledged].flatMap((issuance): Violation[] => {
    const { holder, issueNo, issuedAtMs } = issuance;
    const untilMs = heldUntilMs.get(memberOf(holder)) ?? -Infinity;
    if (facts.trueMs(issuedAtMs) + facts.history.instantMs >= untilMs) return [];
    return [{ promise: 'I10', what: `${holder} has number ${issueNo} and held the coupon that excludes it` }];
  });
}

/** A refusal needs a number of the other coupon that was the member's at some time. */
function refusedInVain({ history }: AcknowledgedIssuances, { everHeldBy }: ExcludedHolders): Violation[] {
  return history.downloads.flatMap(({ outcome, holder, invokedMs }): Violation[] => {
    if (outcome?.outcome !== 'not_eligible' || outcome.rule !== 'not_issued') return [];
    if (everHeldBy.has(memberOf(holder))) return [];
    const what = `${holder}, asking at ${Math.round(invokedMs)}, was refused as a holder of a coupon it never held`;
    return [{ promise: 'I10', what }];
  });
}
