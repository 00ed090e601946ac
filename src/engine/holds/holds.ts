/** Confirms holds, releases them, and recalls unused issuances, for the front end. */
import type { Clock } from '../domain/clock.js';
import { couponState, type CouponId } from '../domain/coupon.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import { STEP_ISSUANCES_MAX } from '../domain/limits.js';
import { holderFields } from '../domain/holder.js';
import type { OrderId } from '../domain/redemption.js';
import type { Admission, NumberedHolder } from '../ports/admission.js';
import type { AuditActor, AuditEntry } from '../ports/audit-log.js';
import type { CouponCatalogue, CouponRecord } from '../ports/coupon-catalogue.js';
import type { ConfirmResult, HoldLedger } from '../ports/hold-ledger.js';
import type { IssuanceName } from '../ports/redemption-ledger.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { TakeBack } from './take-back.js';

export interface HoldsPorts {
  readonly takeBack: TakeBack;
  readonly admission: Pick<Admission, 'snapshots'>;
  readonly catalogue: Pick<CouponCatalogue, 'find'>;
  readonly holds: HoldLedger;
  readonly warmer: Pick<CouponWarmer, 'prepare'>;
  readonly clock: Clock;
}

export type ReleaseResult =
  | ({
      readonly status: 'released';
      readonly remaining: number;
      /** The hold had ended before. */
      readonly hadEnded: boolean;
    } & NumberedHolder)
  | { readonly status: 'unknown_coupon' | 'no_hold' | 'absent' | 'confirmed' | 'not_ready' };

export type RecallResult =
  | {
      readonly status: 'recalled';
      /** Taken back by this call. */
      readonly count: number;
      /** Where the next call continues; `undefined`: every recorded issuance was read. */
      readonly next: number | undefined;
      readonly remaining: number;
    }
  /** Units that come back would be issued again at once. */
  | { readonly status: 'not_stopped' }
  | { readonly status: 'unknown_coupon' | 'not_ready' };

/** Attempts of one command whose coupon is rebuilt, or whose hold changes, meanwhile. */
const TRIES_MAX = 3;

/** @throws StoreUnavailableError: nothing was changed. StoreOutcomeUnknownError: repeat it, which every method allows. */
export class Holds {
  readonly #ports: HoldsPorts;

  constructor(ports: HoldsPorts) {
    this.#ports = ports;
  }

  confirm(issuance: IssuanceName, orderId: OrderId, actor: AuditActor): Promise<ConfirmResult> {
    return this.#ports.holds.confirm(issuance, orderId, actor);
  }

  /** Releases a hold before it runs out. A hold that has ended already has the same result. */
  async release(issuance: IssuanceName, by: AuditActor): Promise<ReleaseResult> {
    const { couponId } = issuance;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const record = await this.#recordOf(couponId);
      if (record === undefined) return { status: 'unknown_coupon' };
      const state = await this.#ports.holds.stateOf(issuance);
      if (state.status !== 'held' && state.status !== 'ended') return { status: state.status };
      const { issueNo, holder } = state;
      if (state.status === 'held') {
        const audit = (): AuditEntry =>
          this.#entry(by, 'hold_released', couponId, { issueNo, ...holderFields(holder) });
        const taken = await this.#ports.takeBack.fromLedger({
          ...{ couponId, epoch: record.epoch, which: [state], reason: 'hold_released', audit },
        });
        if (taken === 'stale' || taken.length === 0) continue;
      }
      const remaining = await this.#returned(couponId, [state]);
      return { status: 'released', issueNo, holder, remaining, hadEnded: state.status === 'ended' };
    }
    return { status: 'not_ready' };
  }

  /**
   * Takes back what is neither used nor confirmed of a coupon that is paused or closed, up to 1,000 numbers in one call.
   *
   * @param afterIssueNo 0, or the `next` of the previous call.
   */
  async recall(couponId: CouponId, afterIssueNo: number, by: AuditActor): Promise<RecallResult> {
    const { admission, holds, warmer } = this.#ports;
    const record = await this.#recordOf(couponId);
    if (record === undefined) return { status: 'unknown_coupon' };
    await warmer.prepare(couponId);
    const [snapshot] = await admission.snapshots([couponId]);
    if (snapshot === undefined) return { status: 'not_ready' };
    // Paused before its opening, its state is `scheduled`.
    const isClosed = couponState(snapshot, snapshot.issued, snapshot.storeNowMs) === 'closed';
    if (!snapshot.paused && !isClosed) return { status: 'not_stopped' };
    const head = await holds.openHead(couponId, afterIssueNo, STEP_ISSUANCES_MAX, 0);
    const audit = (taken: readonly NumberedHolder[]): AuditEntry =>
      this.#entry(by, 'coupon_recalled', couponId, {
        count: taken.length,
        firstIssueNo: taken[0]?.issueNo,
        lastIssueNo: taken.at(-1)?.issueNo,
      });
    const taken = await this.#ports.takeBack.fromLedger({
      ...{ couponId, epoch: record.epoch },
      which: head === undefined ? [] : { ...head, issuedUpToMs: Number.MAX_SAFE_INTEGER },
      reason: 'recalled',
      audit,
    });
    if (taken === 'stale') return { status: 'not_ready' };
    const remaining = await this.#returned(couponId, taken);
    const next = head?.count === STEP_ISSUANCES_MAX ? head.lastNo : undefined;
    return { status: 'recalled', count: taken.length, next, remaining };
  }

  /** The second step of a take-back, after which no fault may be taken for "nothing was attempted". @returns the units in stock. */
  async #returned(couponId: CouponId, taken: readonly NumberedHolder[]): Promise<number> {
    try {
      let reply = await this.#ports.takeBack.returnToStock(couponId, taken);
      if (reply === 'not_ready') {
        await this.#ports.warmer.prepare(couponId);
        reply = await this.#ports.takeBack.returnToStock(couponId, taken);
      }
      if (reply === 'not_ready')
        throw new StoreUnavailableError('The coupon is being verified or rebuilt. Try again in a moment.');
      return reply.snapshot.quantity - reply.snapshot.issued;
    } catch (fault) {
      if (!(fault instanceof StoreUnavailableError)) throw fault;
      const text =
        'The issuances are taken back in the database, but Redis may not be updated yet. Send the same request again.';
      throw new StoreOutcomeUnknownError(text, { cause: fault });
    }
  }

  async #recordOf(couponId: CouponId): Promise<CouponRecord | undefined> {
    const [record] = await this.#ports.catalogue.find([couponId]);
    return record;
  }

  #entry(
    actor: AuditActor,
    action: 'hold_released' | 'coupon_recalled',
    couponId: CouponId,
    detail: object,
  ): AuditEntry {
    const atMs = this.#ports.clock.nowMs();
    return { atMs, actor, action, target: `coupon ${couponId}`, detail: { ...detail } };
  }
}
