/**
 * Recorder: decides which coupon is drained when. Drains run elsewhere (worker threads), a bounded number of them
 * concurrently.
 *
 * A ring brings a coupon to its turn at once. A sweep over the pending coupons finds those without a ring: the process
 * that decided died, the ring was lost, a lease has ended, or the database was unreachable.
 */
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import type { DrainResult } from './flusher.js';
import type { IssuanceQueue, RecorderBell } from '../ports/issuance-queue.js';
import {
  PENDING_IDLE_MS,
  DRAIN_COOLDOWN_MAX_MS,
  DRAIN_COOLDOWN_MS,
  DRAIN_RETRY_MS,
  DRAIN_TICK_MS,
  DRAINS_PER_SECOND,
  SWEEP_BATCH_MAX,
  SWEEP_COUPONS_MAX,
  SWEEP_EVERY_MS,
} from '../domain/limits.js';

export interface RecorderPorts {
  readonly queue: IssuanceQueue;
  readonly bell: RecorderBell;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Drains one coupon; rejects when a store did not answer. */
  drain(couponId: CouponId): Promise<DrainResult>;
  /**
   * Brings a coupon back into service, or its epoch in the store and in the catalogue together; called when the coupon was out of
   * service, has lost a part, or the ledger refused what was claimed.
   */
  prepare(couponId: CouponId): Promise<unknown>;
  onDrained(couponId: CouponId, result: DrainResult): void;
  onFault(fault: unknown, couponId: CouponId | undefined): void;
}

export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #drainsMax: number;
  /**
   * Rung and waiting for a turn, in order. None of them is draining or cooling down, so a turn never iterates over
   * coupons that must wait.
   */
  readonly #waiting = new Set<CouponId>();
  readonly #draining = new Set<CouponId>();
  /** Drained a moment ago: new issuances gather for a few milliseconds, see {@link DRAIN_COOLDOWN_MS}. */
  readonly #coolingDown = new Set<CouponId>();
  /** Rung, or left with something, while they were draining or cooling down: they wait for another turn afterwards. */
  readonly #again = new Set<CouponId>();
  #stops: (() => void | Promise<void>)[] = [];
  #sweeping = false;
  #stopping = false;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(ports: RecorderPorts, drainsMax: number) {
    this.#ports = ports;
    this.#drainsMax = drainsMax;
  }

  async start(): Promise<void> {
    const { bell, scheduler } = this.#ports;
    this.#stops = [
      await bell.listen((couponId) => this.ring(couponId)),
      scheduler.every(SWEEP_EVERY_MS, () => void this.#sweep()),
    ];
    void this.#sweep();
  }

  /** There is something to record for this coupon. Cheap; ringing again while it is drained means one more drain. */
  ring(couponId: CouponId): void {
    if (this.#stopping) return;
    // A coupon has at most one drain here, so that its rows are appended in order.
    const busy = this.#draining.has(couponId) || this.#coolingDown.has(couponId);
    (busy ? this.#again : this.#waiting).add(couponId);
    this.#turn();
  }

  /** Takes nothing new and waits for the drains under way to finish the claim at hand. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const stop of this.#stops.splice(0)) await stop();
    while (this.#draining.size > 0) await this.#ports.scheduler.pause(5);
  }

  #turn(): void {
    if (this.#stopping || this.#ports.clock.monotonicMs() < this.#pausedUntilMs) return;
    for (const couponId of this.#waiting) {
      if (this.#draining.size >= this.#drainsMax) return;
      this.#waiting.delete(couponId);
      this.#draining.add(couponId);
      void this.#drain(couponId);
    }
  }

  async #drain(couponId: CouponId): Promise<void> {
    try {
      const result = await this.#ports.drain(couponId);
      if (result.backlog !== 'empty') this.#again.add(couponId);
      if (result.backlog !== 'full') void this.#coolDown(couponId);
      this.#ports.onDrained(couponId, result);
      if (result.stale > 0 || result.notReady) await this.#ports.prepare(couponId);
    } catch (fault) {
      const nowMs = this.#ports.clock.monotonicMs();
      // Once for all drains that failed together: an unreachable store fails them all.
      if (nowMs >= this.#pausedUntilMs) this.#ports.onFault(fault, couponId);
      // The store is not hammered: all drains pause, and the sweep finds the queued coupons again.
      this.#pausedUntilMs = nowMs + DRAIN_RETRY_MS;
    } finally {
      this.#draining.delete(couponId);
      this.#mayGo(couponId);
    }
    this.#turn();
  }

  async #coolDown(couponId: CouponId): Promise<void> {
    this.#coolingDown.add(couponId);
    await this.#ports.scheduler.pause(this.#cooldownMs());
    this.#coolingDown.delete(couponId);
    this.#mayGo(couponId);
    this.#turn();
  }

  /**
   * The more coupons there are to record for, the longer each cooldown. Cooldowns that end at about the same time end
   * together.
   */
  #cooldownMs(): number {
    const active = this.#waiting.size + this.#draining.size + this.#coolingDown.size;
    const fairMs = (active / DRAINS_PER_SECOND) * 1_000;
    if (fairMs <= DRAIN_COOLDOWN_MS) return DRAIN_COOLDOWN_MS;
    const nowMs = this.#ports.clock.monotonicMs();
    const endMs = nowMs + Math.min(fairMs, DRAIN_COOLDOWN_MAX_MS);
    return Math.ceil(endMs / DRAIN_TICK_MS) * DRAIN_TICK_MS - nowMs;
  }

  #mayGo(couponId: CouponId): void {
    if (this.#draining.has(couponId) || this.#coolingDown.has(couponId)) return;
    if (this.#again.delete(couponId)) this.#waiting.add(couponId);
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping || this.#stopping) return;
    this.#sweeping = true;
    try {
      const pending = await this.#ports.bell.pendingCoupons(SWEEP_COUPONS_MAX);
      for (let first = 0; first < pending.length; first += SWEEP_BATCH_MAX) {
        await this.#check(pending.slice(first, first + SWEEP_BATCH_MAX));
      }
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
    } finally {
      this.#sweeping = false;
    }
    this.#turn();
  }

  async #check(couponIds: readonly CouponId[]): Promise<void> {
    const depths = await this.#ports.queue.depths(couponIds);
    const empty = couponIds.filter((couponId, place) => {
      const depth = depths[place];
      if (depth?.queued === 0 && depth.claimed === 0) return true;
      // Where it is not known, the drain finds out why.
      this.ring(couponId);
      return false;
    });
    if (empty.length > 0) await this.#ports.bell.clearPending(empty, PENDING_IDLE_MS);
  }
}
