/** Confirms holds, releases them, and recalls unused issuances, for the front end. */
import type { Clock } from '../domain/clock.js';
import { couponState, type CouponId, type CouponSnapshot } from '../domain/coupon.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import { STEP_ISSUANCES_MAX } from '../domain/limits.js';
import { holderFields } from '../domain/holder.js';
import type { OrderId } from '../domain/redemption.js';
import type { Admission, NumberedHolder } from '../ports/admission.js';
import type { AuditActor, AuditEntry } from '../ports/audit-log.js';
import type { CouponCatalogue, CouponRecord } from '../ports/coupon-catalogue.js';
import type { ConfirmResult, DueHolds, HoldLedger, OpenHead } from '../ports/hold-ledger.js';
import type { IssuanceQueue } from '../ports/issuance-queue.js';
import type { IssuanceName } from '../ports/redemption-ledger.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { TakeBack } from './take-back.js';

export interface HoldsPorts {
  readonly takeBack: TakeBack;
  readonly admission: Pick<Admission, 'snapshots'>;
  readonly catalogue: Pick<CouponCatalogue, 'find'>;
  readonly holds: HoldLedger;
  readonly warmer: Pick<CouponWarmer, 'prepare'>;
  /** None where an issuance is recorded in the step that decides it. */
  readonly queue: Pick<IssuanceQueue, 'depths'> | undefined;
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
      /** Rows that are neither used nor confirmed, now; `undefined` while `next` is there. */
      readonly unused: number | undefined;
      /** Issuances whose rows were on their way, or came after they were passed: a recall from the beginning finds them. */
      readonly unrecorded: number;
    }
  /** Units that come back would be issued again at once. */
  | { readonly status: 'not_stopped' }
  | { readonly status: 'unknown_coupon' | 'not_ready' };

export interface UnusedCounts {
  /** Rows that are neither used nor confirmed. */
  readonly unused: number;
  readonly unrecorded: number;
}

/** Attempts of one command whose coupon is rebuilt, or whose hold changes, meanwhile. */
const TRIES_MAX = 3;

/** @throws StoreUnavailableError: nothing was changed. StoreOutcomeUnknownError: repeat it, which every method allows. */
export class Holds {
  readonly #ports: HoldsPorts;
  readonly #recallMax: number;

  /** @param recallMax most numbers that one request recalls. */
  constructor(ports: HoldsPorts, recallMax = STEP_ISSUANCES_MAX) {
    this.#ports = ports;
    this.#recallMax = recallMax;
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
   * Numbers whose rows may still come are counted before any row is read: where there is none, the rows of this call are all that will be.
   * Counted afterwards, a row recorded in between was neither counted nor read, and stayed.
   *
   * An earlier call whose second step failed has left winners without rows. So what was recalled before is returned to stock again with
   * the numbers of this call, and no such winner is left where the last call is answered.
   *
   * @param afterIssueNo 0, or the `next` of the previous call.
   */
  async recall(couponId: CouponId, afterIssueNo: number, by: AuditActor): Promise<RecallResult> {
    const { holds } = this.#ports;
    const record = await this.#recordOf(couponId);
    if (record === undefined) return { status: 'unknown_coupon' };
    const snapshot = await this.#snapshot(couponId);
    if (snapshot === undefined) return { status: 'not_ready' };
    // Paused before its opening, its state is `scheduled`.
    const isClosed = couponState(snapshot, snapshot.issued, snapshot.storeNowMs) === 'closed';
    if (!snapshot.paused && !isClosed) return { status: 'not_stopped' };
    const unrecorded = await this.#unrecorded(couponId);
    if (unrecorded === undefined) return { status: 'not_ready' };
    const earlier = await holds.recalled(couponId, afterIssueNo, this.#recallMax);
    const head = await holds.openHead(couponId, afterIssueNo, this.#recallMax, 0);
    // A page that is not full has no end.
    const end = Math.min(
      earlier[this.#recallMax - 1]?.issueNo ?? Infinity,
      head?.count === this.#recallMax ? head.lastNo : Infinity,
    );
    const audit = (taken: readonly NumberedHolder[]): AuditEntry =>
      this.#entry(by, 'coupon_recalled', couponId, {
        count: taken.length,
        firstIssueNo: taken[0]?.issueNo,
        lastIssueNo: taken.at(-1)?.issueNo,
      });
    const taken = await this.#ports.takeBack.fromLedger({
      ...{ couponId, epoch: record.epoch },
      which: head === undefined || head.firstNo > end ? [] : openUpTo(head, end),
      reason: 'recalled',
      audit,
    });
    if (taken === 'stale') return { status: 'not_ready' };
    const remaining = await this.#returned(couponId, [...earlier, ...taken]);
    const recalled = { status: 'recalled', count: taken.length, remaining } as const;
    // Counting reads every row of the coupon, so it is left to the last call.
    if (end < Infinity) return { ...recalled, next: end, unused: undefined, unrecorded };
    const unused = await takenBackSince(() => holds.openCount(couponId, 0));
    // Rows left now were recorded after they were passed.
    return { ...recalled, next: undefined, unused, unrecorded: Math.max(unrecorded, unused) };
  }

  /** Counts what a recall from the beginning would take back, now and once it is recorded. */
  async unused(couponId: CouponId, afterIssueNo: number): Promise<UnusedCounts | undefined> {
    if ((await this.#snapshot(couponId)) === undefined) return undefined;
    const unrecorded = await this.#unrecorded(couponId);
    if (unrecorded === undefined) return undefined;
    return { unrecorded, unused: await this.#ports.holds.openCount(couponId, afterIssueNo) };
  }

  async #snapshot(couponId: CouponId): Promise<CouponSnapshot | undefined> {
    await this.#ports.warmer.prepare(couponId);
    const [snapshot] = await this.#ports.admission.snapshots([couponId]);
    return snapshot;
  }

  /** `undefined`: the store has lost its queue or its claims, or the coupon is out of service. */
  async #unrecorded(couponId: CouponId): Promise<number | undefined> {
    const { queue } = this.#ports;
    if (queue === undefined) return 0;
    const [depth] = await queue.depths([couponId]);
    return depth && depth.queued + depth.claimed;
  }

  /** The second step of a take-back. @returns the units in stock. */
  async #returned(couponId: CouponId, taken: readonly NumberedHolder[]): Promise<number> {
    return takenBackSince(async () => {
      let reply = await this.#ports.takeBack.returnToStock(couponId, taken);
      if (reply === 'not_ready') {
        await this.#ports.warmer.prepare(couponId);
        reply = await this.#ports.takeBack.returnToStock(couponId, taken);
      }
      if (reply === 'not_ready')
        throw new StoreUnavailableError('The coupon is being verified or rebuilt. Try again in a moment.');
      return reply.snapshot.quantity - reply.snapshot.issued;
    });
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

/** Open rows of the page whose numbers are not above `end`, whenever they were issued. */
function openUpTo({ firstNo, lastNo }: OpenHead, end: number): DueHolds {
  return { firstNo, lastNo: Math.min(lastNo, end), issuedUpToMs: Number.MAX_SAFE_INTEGER };
}

/** No fault after the first step of a take-back may be taken for "nothing was attempted". */
async function takenBackSince<Result>(step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (fault) {
    if (!(fault instanceof StoreUnavailableError)) throw fault;
    const text =
      'The issuances are taken back in the database, but Redis may not be updated yet. Send the same request again.';
    throw new StoreOutcomeUnknownError(text, { cause: fault });
  }
}
