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
import { ISSUANCES_MAX, REVOKE_WAIT_MAX_MS } from '../domain/limits.js';

/** Whether the store may not have followed yet. */
export function isUnderWay({ revokedAtMs }: Revocation, nowMs: number): boolean {
  // On either side: a process whose clock is ahead dates its revocations into the future.
  return Math.abs(nowMs - revokedAtMs) <= REVOKE_WAIT_MAX_MS;
}

/** Those of the revocations that the store has not followed. One that has just begun is not counted as unfinished. */
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

/** Lets the store follow; the caller saves the terms, whose version has grown. @returns how many were finished here. */
export async function finishRevokes(
  ports: { readonly admission: Admission; readonly versions: Pick<Versions, 'publish'> },
  couponId: CouponId,
  half: readonly Issuance[],
): Promise<number> {
  let finished = 0;
  for (const some of chunksOf(half, ISSUANCES_MAX)) {
    const reply = await ports.admission.revokeMany(couponId, some);
    if (reply.status !== 'revoked' || reply.count === 0) continue;
    finished += reply.count;
    ports.versions.publish(couponId, reply.snapshot.version);
  }
  return finished;
}
