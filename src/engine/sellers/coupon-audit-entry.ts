/** Describes what an actor did to a coupon, for the audit log. */
import type { AuditAction, AuditActor, AuditEntry } from '../ports/audit-log.js';
import type { CouponId } from '../domain/coupon.js';

export interface CouponAction {
  readonly by: AuditActor;
  readonly action: AuditAction;
  readonly detail: object;
  readonly atMs: number;
}

export function entryAbout(couponId: CouponId, { by, action, detail, atMs }: CouponAction): AuditEntry {
  return { atMs, actor: by, action, target: `coupon ${couponId}`, detail: { ...detail } };
}
