/** Reads what a seller did from an entry of the audit log. */
import type { AuditAction } from '../../ports/audit-log.js';
import type { AuditedAct } from './history.js';

/** `undefined` for entries that are no change of terms and no revoke. */
export function auditedAct(
  action: AuditAction,
  detail: Readonly<Record<string, unknown>>,
): AuditedAct | undefined {
  if (action === 'issuance_revoked') return { kind: 'revoke', issueNo: Number(detail['issueNo']) };
  if (action !== 'coupon_amended' && action !== 'eligibility_changed') return undefined;
  if (detail['addUnits'] !== undefined) return { kind: 'top_up', by: Number(detail['addUnits']) };
  return { kind: 'amend', change: detail };
}
