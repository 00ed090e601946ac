/**
 * Marks coupons pending again after the store has lost the marks, so that recorders find their issuances.
 *
 * The marks are one key for all coupons. Without them an issuance whose process died after the decision would stay queued until its coupon is
 * downloaded again. Coupons out of service are left to their recovery, which marks them itself.
 *
 * A process that admits marks its coupon again only after {@link MARK_PENDING_EVERY_MS}. So a coupon whose queue was empty at the first reading may
 * get issuances without a mark, and is found by a second reading after that time; only then the marks count as whole. Marks that are lost again
 * meanwhile are another loss, after which both readings are due anew.
 */
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import { MARK_PENDING_EVERY_MS, MARKS_CHECK_MS, SWEEP_BATCH_MAX } from '../domain/limits.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import type { IssuanceQueue, PendingMarks, RecorderBell } from '../ports/issuance-queue.js';

export interface LostMarksPorts {
  readonly bell: Pick<RecorderBell, 'markPending'> & PendingMarks;
  readonly queue: Pick<IssuanceQueue, 'depths'>;
  readonly catalogue: Pick<CouponCatalogue, 'list'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** The marks were lost; `coupons` had something to record and are marked again. */
  onRestored(coupons: number): void;
  onFault(fault: unknown): void;
}

/** Beyond the interval of marking: a command to the store that was on its way. */
const LATE_MS = 5_000;

export class LostMarks {
  readonly #ports: LostMarksPorts;
  /** The loss that is being made good, and when this process found it; `undefined`: the marks are whole. */
  #loss: { readonly name: string; readonly foundMs: number; restoredOnce: boolean } | undefined;
  #stop: () => void = () => undefined;

  constructor(ports: LostMarksPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stop = repeatWithoutOverlap(this.#ports.scheduler, MARKS_CHECK_MS, () => this.check());
  }

  stop(): void {
    this.#stop();
  }

  /** Never rejects. Any number of processes may check at the same time. */
  async check(): Promise<void> {
    const { bell, clock } = this.#ports;
    try {
      const name = await bell.lossOfMarks();
      if (name !== this.#loss?.name) {
        this.#loss = name === undefined ? name : { name, foundMs: clock.monotonicMs(), restoredOnce: false };
      }
      const loss = this.#loss;
      if (loss === undefined) return;
      const isLast = clock.monotonicMs() - loss.foundMs >= MARK_PENDING_EVERY_MS + LATE_MS;
      if (loss.restoredOnce && !isLast) return;
      const restored = await this.#restore();
      loss.restoredOnce = true;
      // The next check notices another loss.
      if (isLast) await bell.lossOfMarks(loss.name);
      if (restored > 0) this.#ports.onRestored(restored);
    } catch (fault) {
      this.#ports.onFault(fault);
    }
  }

  async #restore(): Promise<number> {
    const { bell, queue, catalogue } = this.#ports;
    let restored = 0;
    for (let after = 0; ;) {
      const couponIds = (await catalogue.list({}, after, SWEEP_BATCH_MAX)).map(({ couponId }) => couponId);
      const last = couponIds.at(-1);
      if (last === undefined) return restored;
      const waiting: CouponId[] = [];
      for (const [place, depth] of (await queue.depths(couponIds)).entries()) {
        const couponId = couponIds[place];
        if (couponId !== undefined && depth !== undefined && depth.queued + depth.claimed > 0)
          waiting.push(couponId);
      }
      if (waiting.length > 0) await bell.markPending(waiting);
      restored += waiting.length;
      after = last;
    }
  }
}
