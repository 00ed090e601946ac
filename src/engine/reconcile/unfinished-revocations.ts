/**
 * Finds and finishes revokes whose process died between its two steps.
 *
 * The revocation is in the database, but Redis still lists the member as a winner. Used by `seonchak reconcile` and by
 * the reconcile loop.
 */
import type { Admission } from '../ports/admission.js';
import type { AdmittedIssuances } from '../ports/admitted-issuances.js';
import type { Versions } from '../ports/versions.js';
import type { CouponId, Issuance } from '../domain/coupon.js';
import type { Revocation } from '../ports/ledger-audit.js';
import { chunksOf } from '../domain/chunks.js';
import { STEP_ISSUANCES_MAX, REVOKE_WAIT_MAX_MS } from '../domain/limits.js';

/** Whether the revocation may still be on its way to the store. */
export function isUnderWay({ revokedAtMs }: Revocation, nowMs: number): boolean {
  // On either side: a process whose clock is ahead dates its revocations into the future.
  return Math.abs(nowMs - revokedAtMs) <= REVOKE_WAIT_MAX_MS;
}

/** The revocations that are not applied to the store. One that has just begun is not counted as unfinished. */
export async function unfinishedRevocations(
  admitted: Pick<AdmittedIssuances, 'held'>,
  couponId: CouponId,
  revocations: readonly Revocation[],
  nowMs: number,
): Promise<Issuance[]> {
  const settled = revocations.filter((revocation) => !isUnderWay(revocation, nowMs));
  const held = await admitted.held(
    couponId,
    settled.map(({ holder }) => holder),
  );
  return held.filter(
    (issuance, place): issuance is Issuance =>
      issuance !== undefined && issuance.issueNo === settled[place]?.issueNo,
  );
}

/** Applies revocations to the store; the caller saves the terms, whose version has grown. @returns how many were finished here. */
export async function finishRevokes(
  ports: { readonly admission: Admission; readonly versions: Pick<Versions, 'publish'> },
  couponId: CouponId,
  half: readonly Issuance[],
): Promise<number> {
  let finished = 0;
  for (const some of chunksOf(half, STEP_ISSUANCES_MAX)) {
    const reply = await ports.admission.revokeMany(couponId, some);
    if (reply.status !== 'revoked' || reply.count === 0) continue;
    finished += reply.count;
    ports.versions.publish(couponId, reply.snapshot.version);
  }
  return finished;
}
