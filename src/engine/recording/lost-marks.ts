/**
 * Marks coupons pending again after the store has lost the marks, so that recorders find what no process will ring for.
 *
 * The marks are one key for all coupons. Without them an issuance whose process died after the decision would stay queued until its coupon is
 * downloaded again. Coupons out of service are left to their recovery, which marks them itself.
 *
 * A process that admits marks its coupon again only after {@link MARK_PENDING_EVERY_MS}. So a coupon whose queue was empty at the first reading may
 * get issuances without a mark, and is found by a second reading after that time; only then the marks count as whole.
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
  /** When this process found the marks lost; `undefined`: they are whole. */
  #foundMs: number | undefined;
  #restoredOnce = false;
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
      if (await bell.areMarksWhole()) {
        this.#foundMs = undefined;
        this.#restoredOnce = false;
        return;
      }
      this.#foundMs ??= clock.monotonicMs();
      const isLast = clock.monotonicMs() - this.#foundMs >= MARK_PENDING_EVERY_MS + LATE_MS;
      if (this.#restoredOnce && !isLast) return;
      const restored = await this.#restore();
      this.#restoredOnce = true;
      if (isLast) await bell.declareMarksWhole();
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
