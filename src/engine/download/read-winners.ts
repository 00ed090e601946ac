/**
 * Reads what a sealed actor answers from: all winners of a version, and the snapshot that proves that they are all.
 *
 * The version alone does not prove it: before the opening instant a version refuses, after it the same version issues, and a rebuilt store may
 * come back under the same version. Within one version and epoch winners are only added, so as many as the store counts are all.
 */
import type { Admission, WinnersView } from '../ports/admission.js';
import type { Clock } from '../domain/clock.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';

export interface WinnersRead {
  readonly winners: WinnersView;
  readonly snapshot: CouponSnapshot;
  /** Our monotonic clock before the snapshot was asked for. */
  readonly sentAtMs: number;
}

/**
 * @param limit how many winners there may be.
 * @returns `unsealable`: too many, or the store cannot list them; `changed`: the coupon has another version by now, or
 *   winners are missing.
 */
export async function readWinners(
  { admission, clock }: { readonly admission: Admission; readonly clock: Clock },
  couponId: CouponId,
  { version, epoch }: Pick<CouponSnapshot, 'version' | 'epoch'>,
  limit: number,
): Promise<WinnersRead | 'unsealable' | 'changed'> {
  const winners = await admission.winners(couponId, version, limit);
  const sentAtMs = clock.monotonicMs();
  const [snapshot] = await admission.snapshots([couponId]);
  if (snapshot?.version !== version || snapshot.epoch !== epoch) return 'changed';
  if (winners === undefined) return 'unsealable';
  return winners.size === snapshot.issued ? { winners, snapshot, sentAtMs } : 'changed';
}
