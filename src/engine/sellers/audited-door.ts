/** Formats a change of a door rule for the audit log. */
import type { DoorChange } from '../domain/door-rule.js';
import { auditedEligibility } from '../domain/eligibility.js';
import type { AuditAction } from '../ports/audit-log.js';

/** Who may have a coupon is an action of its own, so that an operator finds it. */
export function auditedAction(door: DoorChange | undefined): AuditAction {
  return door?.eligibility === undefined ? 'coupon_amended' : 'eligibility_changed';
}

export function auditedDoor(door: DoorChange): object {
  return door.eligibility === undefined
    ? door
    : { ...door, eligibility: auditedEligibility(door.eligibility) };
}
