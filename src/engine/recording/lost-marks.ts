/**
 * Marks coupons pending again after the store has lost the marks, so that recorders find what no process will ring for.
 *
 * The marks are one key for all coupons. Without them an issuance whose process died after the decision would stay queued until its coupon is
 * downloaded again. Coupons out of service are left to their recovery, which marks them itself.
 */
import type { Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import { MARKS_CHECK_MS, SWEEP_BATCH_MAX } from '../domain/limits.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import type { CouponCatalogue } from '../ports/coupon-catalogue.js';
import type { IssuanceQueue, PendingMarks, RecorderBell } from '../ports/issuance-queue.js';

export interface LostMarksPorts {
  readonly bell: Pick<RecorderBell, 'markPending'> & PendingMarks;
  readonly queue: Pick<IssuanceQueue, 'depths'>;
  readonly catalogue: Pick<CouponCatalogue, 'list'>;
  readonly scheduler: Pick<Scheduler, 'every'>;
  /** The marks were lost; `coupons` had something to record and are marked again. */
  onRestored(coupons: number): void;
  onFault(fault: unknown): void;
}

export class LostMarks {
  readonly #ports: LostMarksPorts;
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
    const { bell } = this.#ports;
    try {
      if (await bell.areMarksWhole()) return;
      const restored = await this.#restore();
      await bell.declareMarksWhole();
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
