/**
 * Takes issuances back in two steps: the ledger decides and forbids their numbers, then the admission store returns the units.
 *
 * The ledger comes first, as in a revoke: once the store has removed the members they may win anew, and then no row may exist under an
 * old number. Before the ledger the coupon is marked pending: where the process dies between the steps, the reconciler finds the coupon.
 */
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import { TAKE_BACK_MAX } from '../domain/limits.js';
import type { Admission, NumberedHolder } from '../ports/admission.js';
import type { AuditEntry } from '../ports/audit-log.js';
import type { DueHolds, HoldLedger, TakeBackReason } from '../ports/hold-ledger.js';
import type { RecorderBell } from '../ports/issuance-queue.js';
import type { Versions } from '../ports/versions.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';

export interface TakeBackPorts {
  readonly admission: Pick<Admission, 'revokeMany'>;
  /** None where an issuance is recorded in the step that decides it. */
  readonly bell: Pick<RecorderBell, 'markPending'> | undefined;
  readonly holds: Pick<HoldLedger, 'revokeMany'>;
  readonly versions: Pick<Versions, 'publish'>;
  readonly warmer: Pick<CouponWarmer, 'saveTerms'>;
}

export interface TakeBackRequest {
  readonly couponId: CouponId;
  /** The catalogue's epoch, read before the issuances were. */
  readonly epoch: number;
  /** See {@link HoldLedger.revokeMany}. */
  readonly which: readonly NumberedHolder[] | DueHolds;
  readonly reason: TakeBackReason;
  readonly audit?: (taken: readonly NumberedHolder[]) => AuditEntry;
}

export interface Returned {
  /** Units that came back by this call. */
  readonly count: number;
  readonly snapshot: CouponSnapshot;
}

/** Second steps that failed and are tried again where a sweeper runs; elsewhere the reconciler of a recorder finds them. */
const LEFT_MAX = 1_000;

export class TakeBack {
  readonly #ports: TakeBackPorts;
  readonly #left: { readonly couponId: CouponId; readonly taken: readonly NumberedHolder[] }[] = [];

  constructor(ports: TakeBackPorts) {
    this.#ports = ports;
  }

  /** The first step. `stale`: the coupon was rebuilt since the epoch was read, and nothing changed. */
  async fromLedger({
    couponId,
    epoch,
    which,
    reason,
    audit,
  }: TakeBackRequest): Promise<readonly NumberedHolder[] | 'stale'> {
    const { bell, holds } = this.#ports;
    await bell?.markPending([couponId]);
    const reply = await holds.revokeMany(couponId, epoch, which, reason, audit);
    return reply === 'stale' ? reply : reply.taken;
  }

  /**
   * The second step, safe to repeat: the store removes these members. Where it fails, {@link finishLeft} tries again.
   *
   * @returns `not_ready` while the coupon is not in service, or where Redis may have lost the step since.
   */
  async returnToStock(couponId: CouponId, taken: readonly NumberedHolder[]): Promise<Returned | 'not_ready'> {
    try {
      const returned = await this.#returnToStock(couponId, taken);
      if (returned === 'not_ready') this.#leave(couponId, taken);
      return returned;
    } catch (fault) {
      this.#leave(couponId, taken);
      throw fault;
    }
  }

  /**
   * Tries the second steps again that have failed, each of them: one whose node of the store is down holds up no other. Safe beside the
   * reconciler, which finds them too.
   *
   * @throws the first fault, once all were tried.
   */
  async finishLeft(): Promise<void> {
    const faults: unknown[] = [];
    for (const { couponId, taken } of this.#left.splice(0))
      await this.returnToStock(couponId, taken).catch((fault: unknown) => faults.push(fault));
    if (faults.length > 0) throw faults[0];
  }

  async #returnToStock(
    couponId: CouponId,
    taken: readonly NumberedHolder[],
  ): Promise<Returned | 'not_ready'> {
    const { admission, versions, warmer } = this.#ports;
    let count = 0;
    for (let first = 0; ; first += TAKE_BACK_MAX) {
      const reply = await admission.revokeMany(couponId, taken.slice(first, first + TAKE_BACK_MAX));
      if (reply.status === 'not_ready') return reply.status;
      const { snapshot } = reply;
      if (reply.count > 0) versions.publish(couponId, snapshot.version);
      count += reply.count;
      // Also where nothing came back: the reply to an earlier attempt may be lost.
      if (!(await warmer.saveTerms(couponId, snapshot))) return 'not_ready';
      if (first + TAKE_BACK_MAX >= taken.length) return { count, snapshot };
    }
  }

  #leave(couponId: CouponId, taken: readonly NumberedHolder[]): void {
    if (this.#left.length < LEFT_MAX) this.#left.push({ couponId, taken });
  }
}
