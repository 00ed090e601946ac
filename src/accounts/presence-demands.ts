/**
 * Follows which coupons require presence: the port, and each API process's copy in memory.
 *
 * A coupon registered a moment ago may be missing from the copy. So the copy has the highest coupon id up to which it
 * is complete, and a request for a coupon beyond that id waits for a poll. A demand made at registration holds on every
 * process from the first instant; one made later holds within a second.
 */
import type { Clock, Scheduler } from '../engine/domain/clock.js';
import type { CouponId } from '../engine/domain/coupon.js';
import { FollowedSet } from './followed-set.js';
import { RepeatedPoll } from './repeated-poll.js';

/** Coupons that demand it, concurrently; every API process holds them all, some 50 bytes each. */
export const DEMANDS_MAX = 100_000;

/** A scan of ids that do not exist causes at most one read in this time. */
const POLL_COOLDOWN_MS = 10;

export interface DemandChange {
  readonly couponId: CouponId;
  readonly required: boolean;
  /** Grows with every change, in the order in which they were committed. */
  readonly revision: number;
}

export interface PresenceDemandStore {
  /** Every coupon up to this id is complete once the changes up to this revision are known. */
  settled(): Promise<{ readonly couponId: number; readonly revision: number }>;
  /** Ascending by revision, those above `revision`, up to `limit`. */
  changesAfter(revision: number, limit: number): Promise<DemandChange[]>;
}

export interface PresenceDemandsPorts {
  readonly presenceDemands: PresenceDemandStore;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly scheduler: Pick<Scheduler, 'every' | 'pause'>;
  /** Called when a read fails; demands already known stay in force. */
  onFault(fault: unknown): void;
}

export class PresenceDemands {
  readonly #ports: PresenceDemandsPorts;
  readonly #demanding: FollowedSet<CouponId>;
  readonly #poll: RepeatedPoll;
  #settledUpTo: number;
  #polledAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param canDemand false where this process verifies no tickets, so that no coupon can demand one here: then no
   *   request waits for a read, and
   *   an unreachable database keeps no new coupon from being given out. Demands made elsewhere are obeyed once they are seen.
   */
  constructor(ports: PresenceDemandsPorts, canDemand: boolean) {
    const { presenceDemands } = ports;
    this.#ports = ports;
    this.#settledUpTo = canDemand ? 0 : Number.POSITIVE_INFINITY;
    this.#demanding = new FollowedSet(async (revision, limit) => {
      const changes = await presenceDemands.changesAfter(revision, limit);
      return changes.map((change) => ({
        key: change.couponId,
        isMember: change.required,
        revision: change.revision,
      }));
    });
    this.#poll = new RepeatedPoll(() => this.#catchUp(), ports);
  }

  /**
   * @throws StoreUnavailableError when the first read fails: without it coupons that demand a ticket would be given
   *   without one.
   */
  start(): Promise<void> {
    return this.#poll.start();
  }

  stop(): void {
    this.#poll.stop();
  }

  get size(): number {
    return this.#demanding.size;
  }

  /** Whether anything has to be asked before this coupon may be decided. On the way of every download. */
  concerns(couponId: CouponId): boolean {
    return couponId > this.#settledUpTo || (this.#demanding.size > 0 && this.#demanding.has(couponId));
  }

  /** Registered after the last read, or not at all. */
  isUnsettled(couponId: CouponId): boolean {
    return couponId > this.#settledUpTo;
  }

  /** Everything that was committed before this call is known afterwards. @throws StoreUnavailableError */
  async refresh(): Promise<void> {
    await this.#poll.fresh();
  }

  /** The same for a request without a verified caller: these may be many. */
  async refreshWithCooldown(): Promise<void> {
    const cooldownMs = this.#polledAtMs + POLL_COOLDOWN_MS - this.#ports.clock.monotonicMs();
    if (cooldownMs > 0) await this.#ports.scheduler.pause(cooldownMs);
    await this.#poll.fresh();
  }

  async #catchUp(): Promise<void> {
    const { couponId, revision } = await this.#ports.presenceDemands.settled();
    if (revision > this.#demanding.revision) await this.#demanding.catchUp();
    this.#settledUpTo = Math.max(this.#settledUpTo, couponId);
    this.#polledAtMs = this.#ports.clock.monotonicMs();
  }
}
