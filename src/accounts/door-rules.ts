/**
 * Follows the door rules of coupons: the port, and each API process's copy in memory.
 *
 * A coupon registered a moment ago may be missing from the copy. So the copy has the highest coupon id up to which it
 * is complete, and a request for a coupon beyond that id waits for a poll. A rule made at registration holds on every
 * process from the first instant; one made later holds within a second.
 */
import type { Clock, Scheduler } from '../engine/domain/clock.js';
import type { CouponId } from '../engine/domain/coupon.js';
import type { DoorRule } from '../engine/domain/door-rule.js';
import type { ChangeHead } from './change-history.js';
import { FollowedMap } from './followed-map.js';
import { RepeatedPoll } from './repeated-poll.js';

/** Coupons with a rule; every API process holds them all, some 200 bytes each. */
export const DOOR_RULES_MAX = 100_000;

/** A scan of ids that do not exist causes at most one read in this time. */
const POLL_COOLDOWN_MS = 10;

export interface DoorRuleChange {
  readonly couponId: CouponId;
  /** `undefined`: the coupon has none any more. */
  readonly rule: DoorRule | undefined;
  /** Grows with every change, in the order in which they were committed. */
  readonly revision: number;
}

/** Every coupon up to this id is complete once the changes up to this head are known. */
export interface DoorRulesHead extends ChangeHead {
  readonly couponId: number;
}

export interface DoorRuleStore {
  settled(): Promise<DoorRulesHead>;
  /** Ascending by revision, those above `revision`, up to `limit`. */
  changesAfter(revision: number, limit: number): Promise<DoorRuleChange[]>;
}

export interface DoorRulesPorts {
  readonly doorRules: DoorRuleStore;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly scheduler: Pick<Scheduler, 'every' | 'pause'>;
  /** Called when a read fails; rules already known stay in force. */
  onFault(fault: unknown): void;
  /** Called with coupons whose rule is new or has changed. */
  onSet?(couponIds: ReadonlySet<CouponId>): void;
}

export class DoorRules {
  readonly #ports: DoorRulesPorts;
  readonly #rules: FollowedMap<CouponId, DoorRule>;
  readonly #poll: RepeatedPoll;
  /** No coupon is settled while the process recovers from a pause (`recover`). */
  #settledUpTo = 0;
  #settlesUpTo = 0;
  #refreshing: Promise<void> | undefined;
  #polledAtMs = Number.NEGATIVE_INFINITY;

  constructor(ports: DoorRulesPorts) {
    const { doorRules } = ports;
    this.#ports = ports;
    this.#rules = new FollowedMap(async (revision, limit) => {
      const changes = await doorRules.changesAfter(revision, limit);
      return changes.map((change) => ({
        key: change.couponId,
        value: change.rule && Object.freeze(change.rule),
        revision: change.revision,
      }));
    });
    this.#poll = new RepeatedPoll(() => this.#catchUp(), ports);
  }

  /** @throws StoreUnavailableError when the first read fails: without it coupons would be issued against their rules. */
  start(): Promise<void> {
    return this.#poll.start();
  }

  stop(): void {
    this.#poll.stop();
  }

  get size(): number {
    return this.#rules.size;
  }

  /** Walks over all rules: for occasional callers only. */
  entries(): IterableIterator<[CouponId, DoorRule]> {
    return this.#rules.entries();
  }

  /** Whether anything has to be asked before this coupon may be decided. On the way of every download. */
  concerns(couponId: CouponId): boolean {
    return couponId > this.#settledUpTo || (this.#rules.size > 0 && this.#rules.has(couponId));
  }

  /** Registered after the last read, or not at all. */
  isUnsettled(couponId: CouponId): boolean {
    return couponId > this.#settledUpTo;
  }

  /** `undefined`: the coupon asks nothing. Complete for a coupon that is not unsettled. */
  ruleOf(couponId: CouponId): DoorRule | undefined {
    return this.#rules.get(couponId);
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

  /** Resolves when the rules are read again after a pause ({@link refreshAfterPause}); immediately where there was none. */
  async refreshed(): Promise<void> {
    while (this.#refreshing !== undefined) await this.#refreshing;
  }

  /**
   * After a pause of this process: every download waits until the rules, and whatever else `others` reads, are those of
   * now. Where they cannot be read, those known stay in force, as always.
   */
  refreshAfterPause(others: () => Promise<unknown>): void {
    if (this.#refreshing !== undefined) return;
    this.#settledUpTo = 0;
    // Each to its end, whatever becomes of the others.
    this.#refreshing = Promise.allSettled([this.#poll.fresh(), others()]).then((results) => {
      for (const result of results) {
        if (result.status === 'rejected') this.#ports.onFault(result.reason);
      }
      this.#refreshing = undefined;
      this.#settledUpTo = this.#settlesUpTo;
    });
  }

  /** A failover that lost coupons leaves a lower id, and the next coupon gets an id that was settled. */
  async #catchUp(): Promise<void> {
    const settled = await this.#ports.doorRules.settled();
    // Downloads wait until the rules are read anew.
    if (!this.#rules.isContinuedBy(settled)) this.#settledUpTo = 0;
    try {
      await this.#rules.catchUp(settled, (couponIds) => this.#ports.onSet?.(couponIds));
      this.#settlesUpTo = settled.couponId;
      this.#polledAtMs = this.#ports.clock.monotonicMs();
    } finally {
      // Where the rules cannot be read, those known stay in force.
      if (this.#refreshing === undefined) this.#settledUpTo = this.#settlesUpTo;
    }
  }
}
