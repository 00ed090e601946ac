/**
 * Carries out the changes that sellers make to coupons: stored in the catalogue, made in the admission store,
 * saved in the catalogue.
 *
 * Every answer is true of the change: "nothing was changed" only where the record of it could be removed again,
 * `StoreOutcomeUnknownError` for a change that may be in force or will be. A change that was left unsettled is taken
 * over by the next process that changes the coupon, by a rebuild, or by `unsettled-changes.ts` (docs/adr/0056).
 *
 * Rejected: the admission store first and the catalogue after it, as before. A database that refused the second step
 * left changes in force that had been reported to sellers as not attempted, and that a rebuild undid.
 */
import type { Admission, AmendReply } from '../ports/admission.js';
import type { Clock, Scheduler } from '../domain/clock.js';
import type { BegunChange, ChangeRequest, CouponChanges } from '../ports/coupon-changes.js';
import type { CouponRecord } from '../ports/coupon-catalogue.js';
import type { CouponId, CouponSnapshot } from '../domain/coupon.js';
import { StoreOutcomeUnknownError, StoreUnavailableError } from '../domain/errors.js';
import { CHANGE_WAIT_MAX_MS, CHANGE_POLL_MS, CHANGE_TAKEOVER_MS } from '../domain/limits.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { Versions } from '../ports/versions.js';

export interface CouponChangerPorts {
  readonly admission: Admission;
  readonly changes: CouponChanges;
  readonly versions: Pick<Versions, 'publish'>;
  readonly warmer: CouponWarmer;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'pause'>;
}

export type ChangeResult =
  /** `snapshot`: as the admission store had it right after the change, where the change was one for it. */
  | {
      readonly status: 'changed';
      readonly record: CouponRecord;
      readonly snapshot: CouponSnapshot | undefined;
    }
  /** The same keyed request has taken effect before. */
  | { readonly status: 'repeated' }
  | { readonly status: 'quantity_below_issued'; readonly issued: number }
  | {
      readonly status:
        | 'window_invalid'
        | 'closed'
        | 'unknown_coupon'
        | 'changed_meanwhile'
        | 'key_reused'
        | 'quantity_too_large';
    };

type Settled = Exclude<ChangeResult, { readonly status: 'repeated' }>;

export class CouponChanger {
  readonly #ports: CouponChangerPorts;
  /** The last change of each coupon that is under way here: this process's own do not have to poll for each other. */
  readonly #last = new Map<CouponId, Promise<unknown>>();

  constructor(ports: CouponChangerPorts) {
    this.#ports = ports;
  }

  /** @throws StoreUnavailableError: nothing is changed. StoreOutcomeUnknownError: it may be, or will be within seconds. */
  change(request: ChangeRequest): Promise<ChangeResult> {
    return this.#inTurn(request.couponId, () => this.#change(request));
  }

  /** Takes over a change that another process, or an earlier call, has left behind. Does nothing where it is settled by now. */
  finish(left: BegunChange): Promise<void> {
    return this.#inTurn(left.couponId, async () => {
      const change = await this.#ports.changes.takeOver(left);
      if (change !== undefined) await this.#carryOut(change);
    });
  }

  #inTurn<T>(couponId: CouponId, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(couponId) ?? Promise.resolve();
    const run = before.then(task, task);
    this.#last.set(couponId, run);
    const forget = (): void => {
      if (this.#last.get(couponId) === run) this.#last.delete(couponId);
    };
    run.then(forget, forget);
    return run;
  }

  async #change(request: ChangeRequest): Promise<ChangeResult> {
    const { changes, clock, scheduler } = this.#ports;
    const sinceMs = clock.monotonicMs();
    let met: { readonly changeNo: number; readonly sinceMs: number } | undefined;
    while (clock.monotonicMs() - sinceMs < CHANGE_WAIT_MAX_MS) {
      const reply = await changes.begin(request);
      if (reply.status === 'begun') return this.#carryOut(reply.change);
      if (reply.status === 'made') return { status: 'changed', record: reply.record, snapshot: undefined };
      if (reply.status !== 'unsettled') return { status: reply.status };
      const { change } = reply;
      if (met?.changeNo !== change.changeNo) {
        met = { changeNo: change.changeNo, sinceMs: clock.monotonicMs() };
      }
      if (clock.monotonicMs() - met.sinceMs < CHANGE_TAKEOVER_MS) {
        await scheduler.pause(CHANGE_POLL_MS);
        continue;
      }
      // Its process is dead, or slower than a seller waits.
      const taken = await changes.takeOver(change);
      if (taken !== undefined) await this.#settleForAnother(taken);
    }
    throw new StoreUnavailableError(
      'Another change of this coupon is still under way. Nothing was changed. Try again in a moment.',
    );
  }

  /** A failed change of another request does not fail this one, which has not begun. */
  async #settleForAnother(change: BegunChange): Promise<void> {
    try {
      await this.#carryOut(change);
    } catch (fault) {
      throw new StoreUnavailableError(
        'An earlier change of this coupon is not settled yet. Nothing was changed. Try again in a moment.',
        { cause: fault },
      );
    }
  }

  async #carryOut(begun: BegunChange): Promise<Settled> {
    const { change, reply } = await this.#amend(begun);
    if (reply.status === 'not_ready' || reply.status === 'superseded') throw unsettled();
    if (reply.status !== 'amended') {
      if (!(await this.#discarded(change))) throw unsettled();
      return reply.status === 'quantity_below_issued'
        ? { status: reply.status, issued: reply.snapshot.issued }
        : { status: reply.status };
    }
    const { snapshot } = reply;
    this.#ports.versions.publish(change.couponId, snapshot.version);
    const record = await this.#unknownOnFault(
      this.#ports.changes.complete(change, snapshot.version, snapshot),
    );
    if (record === undefined) throw unsettled();
    return { status: 'changed', record, snapshot };
  }

  /** @throws StoreUnavailableError where the change has been removed again, StoreOutcomeUnknownError where it has not. */
  async #amend(change: BegunChange): Promise<{ readonly change: BegunChange; readonly reply: AmendReply }> {
    try {
      const reply = await this.#amendWhereItServes(change);
      if (reply.status !== 'not_ready') return { change, reply };
    } catch (fault) {
      throw await this.#dropped(change, fault);
    }
    return this.#amendOnceWarm(change);
  }

  /**
   * The process that warms or rebuilds the coupon takes the change over and makes it part of the terms. From then on
   * only a decision of the store settles it: a store that does not answer does not justify dropping it.
   */
  async #amendOnceWarm(
    before: BegunChange,
  ): Promise<{ readonly change: BegunChange; readonly reply: AmendReply }> {
    const { changes, warmer } = this.#ports;
    const prepared = await warmer.prepare(before.couponId).catch(async (fault: unknown) => {
      throw await this.#dropped(before, fault);
    });
    if (prepared === 'recovering') {
      // It takes longer than a seller waits.
      throw await this.#dropped(
        before,
        new StoreUnavailableError(
          'The coupon is being verified or rebuilt. Nothing was changed. Try again in a moment.',
        ),
      );
    }
    const change = await this.#unknownOnFault(changes.takeOver(before));
    if (change === undefined) throw unsettled();
    return { change, reply: await this.#unknownOnFault(this.#amendWhereItServes(change)) };
  }

  /**
   * The fault that the caller sees when the store did not make a change. Of a change that was taken over, the store may have carried out an
   * earlier command, or have been warmed with it: that it is not ready now proves nothing, and the change stays until the store decides.
   */
  async #dropped(change: BegunChange, fault: unknown): Promise<unknown> {
    const untouched = fault instanceof StoreUnavailableError && change.taken === 0;
    return untouched && (await this.#discarded(change)) ? fault : unsettled(fault);
  }

  /**
   * Sends the command for the epoch in which the coupon serves, and no command where it does not. A coupon that was out of service returns
   * with a higher epoch. So after `not_ready` the command cannot be carried out any more, even if it arrives a second time (docs/adr/0097).
   */
  async #amendWhereItServes({ couponId, terms, changeNo }: BegunChange): Promise<AmendReply> {
    const { admission } = this.#ports;
    const [serving] = await admission.snapshots([couponId]).catch((fault: unknown) => {
      throw new StoreUnavailableError('The coupon could not be read. Nothing was changed.', { cause: fault });
    });
    if (serving === undefined) return { status: 'not_ready' };
    return admission.amend(couponId, terms, { changeNo, epoch: serving.epoch });
  }

  /** Whether the change is removed for certain. */
  #discarded(change: BegunChange): Promise<boolean> {
    return this.#unknownOnFault(this.#ports.changes.discard(change));
  }

  async #unknownOnFault<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (fault) {
      throw unsettled(fault);
    }
  }
}

function unsettled(cause?: unknown): StoreOutcomeUnknownError {
  const text =
    'The change is stored but not settled. It is applied or dropped within seconds. Read the coupon to see which.';
  return new StoreOutcomeUnknownError(text, cause === undefined ? {} : { cause });
}
