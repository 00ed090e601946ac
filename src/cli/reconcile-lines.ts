/** Formats the findings and repairs of `seonchak reconcile` as lines for people. */
import type { CouponId } from '../engine/domain/coupon.js';
import { holderFields, parseHolder } from '../engine/domain/holder.js';
import type { CouponReconciliation, Findings } from '../engine/reconcile/comparison.js';
import type { CouponRepair } from '../engine/reconcile/repair-coupon.js';

/** Examples named in one line. */
const EXAMPLES_MAX = 10;

export function findingLines(found: CouponReconciliation): string[] {
  const holder = (issuance: { readonly issueNo: number; readonly holder: string }): string =>
    `${issuance.issueNo} of ${holderName(issuance.holder)}`;
  const lines = [
    ...some(found.unrecorded, 'admitted and not recorded', holder),
    ...some(found.orphanedRows, 'recorded, but Redis has no such winner', holder),
    ...some(found.duplicateNumbers, 'numbers held by two members', String),
    ...some(found.unfinishedRevocations, 'revoked in the database, but still a winner in Redis', holder),
    ...some(found.revokedRows, 'rows under a revoked number', String),
    ...some(found.gaps, 'numbers issued, but held by no member', String),
    ...some(found.deadLetters, 'in dead_letter', (letter) => `${holder(letter)} (${letter.reason})`),
    ...(found.stuckClaims > 0 ? [`${found.stuckClaims} expired claims that no recorder has taken over`] : []),
    ...(found.excess > 0 ? [`${found.excess} rows above the quantity of ${found.quantity}`] : []),
    ...(found.storeBehindLedger ? ['the database has higher numbers than Redis has issued'] : []),
    ...(found.catalogueBehindStore ? ['the database has older terms than Redis'] : []),
    ...(found.outOfService ? ['out of service: missing from Redis, or being recovered'] : []),
  ];
  return lines.map((line) => `coupon ${found.couponId}: ${line}`);
}

export function repairLine(couponId: CouponId, repair: CouponRepair): string {
  const done = [
    ...(repair.requeued > 0 ? [`${repair.requeued} queued again`] : []),
    ...(repair.revokesFinished > 0 ? [`${repair.revokesFinished} revokes finished`] : []),
    ...(repair.rebuilt ? ['rebuilt under a new epoch'] : []),
    ...(repair.termsSaved ? ['terms saved'] : []),
    ...(repair.markedPending ? ['marked as having issuances to record'] : []),
  ];
  return `coupon ${couponId}: repaired: ${done.length === 0 ? 'nothing; needs a manual decision' : done.join(', ')}`;
}

/** Names a holder, also that of a dead letter, which may be any text. */
function holderName(text: string): string {
  const holder = parseHolder(text);
  if (holder === undefined) return text;
  const { memberId, unit } = holderFields(holder);
  return unit === undefined ? memberId : `${memberId} (unit ${unit})`;
}

function some<Item>(findings: Findings<Item>, what: string, show: (item: Item) => string): string[] {
  if (findings.count === 0) return [];
  const shown = findings.first.slice(0, EXAMPLES_MAX).map(show);
  const more = findings.count > shown.length ? ', …' : '';
  return [`${findings.count} ${what}: ${shown.join(', ')}${more}`];
}
