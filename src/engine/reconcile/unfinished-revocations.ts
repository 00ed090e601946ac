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
import { REVOKE_WAIT_MAX_MS } from '../domain/limits.js';

/** Those of the revocations that the store has not followed. One that has just begun is not counted as unfinished. */
export async function unfinishedRevocations(
  admitted: Pick<AdmittedIssuances, 'held'>,
  couponId: CouponId,
  revocations: readonly Revocation[],
  nowMs: number,
): Promise<Issuance[]> {
  const settled = revocations.filter(({ revokedAtMs }) => revokedAtMs < nowMs - REVOKE_WAIT_MAX_MS);
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
  for (const { issueNo, holder } of half) {
    const reply = await ports.admission.revoke(couponId, issueNo, holder);
    if (reply.status !== 'revoked') continue;
    finished += 1;
    ports.versions.publish(couponId, reply.snapshot.version);
  }
  return finished;
}
