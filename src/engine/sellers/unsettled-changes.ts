/**
 * Settles the changes of coupons whose process died or lost a store between two steps: a poll that any number of processes may run.
 *
 * A change is left alone the first time it is seen: its own process settles it in a few milliseconds.
 */
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import { IDEMPOTENCY_SWEEP_MS, UNSETTLED_CHANGES_MAX, UNSETTLED_CHANGES_POLL_MS } from '../domain/limits.js';
import type { CouponChanges } from '../ports/coupon-changes.js';
import type { CouponChanger } from './coupon-changer.js';

export interface UnsettledChangesPorts {
  readonly changes: Pick<CouponChanges, 'unsettled' | 'removeExpiredKeys'>;
  readonly changer: Pick<CouponChanger, 'finish'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  onSettled(couponId: CouponId, changeNo: number): void;
  onFault(fault: unknown, couponId: CouponId | undefined): void;
}

export class UnsettledChanges {
  readonly #ports: UnsettledChangesPorts;
  /** Coupon → number and takings of the change that the last poll found. */
  #seen = new Map<CouponId, string>();
  #stop: () => void = () => undefined;
  #polling = false;
  #keysSweptMs: number | undefined;

  constructor(ports: UnsettledChangesPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stop = this.#ports.scheduler.every(UNSETTLED_CHANGES_POLL_MS, () => void this.poll());
  }

  stop(): void {
    this.#stop();
  }

  /** Never rejects. */
  async poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    const { changes, changer } = this.#ports;
    try {
      const found = await changes.unsettled(UNSETTLED_CHANGES_MAX);
      const seen = new Map(found.map(({ couponId, changeNo, taken }) => [couponId, `${changeNo}/${taken}`]));
      const left = found.filter(({ couponId }) => this.#seen.get(couponId) === seen.get(couponId));
      this.#seen = seen;
      for (const change of left) {
        await changer.finish(change).then(
          () => this.#ports.onSettled(change.couponId, change.changeNo),
          (fault: unknown) => this.#ports.onFault(fault, change.couponId),
        );
      }
      await this.#sweepKeys();
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    } finally {
      this.#polling = false;
    }
  }

  async #sweepKeys(): Promise<void> {
    const { changes, clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    if (this.#keysSweptMs !== undefined && nowMs - this.#keysSweptMs < IDEMPOTENCY_SWEEP_MS) return;
    this.#keysSweptMs = nowMs;
    await changes.removeExpiredKeys(clock.nowMs());
  }
}
