/**
 * Takes back holds that ran out: a poll that any number of recorder processes may run.
 *
 * Issuances get their instants in the order of their numbers, so holds that are due are the first open rows of the primary key: no index,
 * no column in the recorder's INSERT. A cursor in memory passes over numbers that are settled for good. It stops before a number whose
 * row may still come (settled-rows.ts), so an issuance that is recorded late is taken back late, and never missed.
 *
 * Only the database's clock decides that a hold is due, and only the row's lock that it ends (hold-ledger.ts): no clock of this process
 * is asked. The grace is for confirmations under way and for the distance between the clocks of Redis and the database.
 */
import type { Clock, Scheduler } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import {
  HOLD_CHECK_MAX_MS,
  HOLD_COUPONS_MAX,
  HOLD_CURSOR_MAX_MS,
  HOLD_CURSOR_PAGES_MAX,
  HOLD_GRACE_MS,
  HOLD_IDLE_CHECK_MS,
  HOLD_SWEEP_MS,
  TRANSACTION_HOLDS_MAX,
  STEP_ISSUANCES_MAX,
} from '../domain/limits.js';
import { repeatWithoutOverlap } from '../domain/repeat.js';
import type { DueHolds, HoldingCoupon, HoldLedger, OpenHead } from '../ports/hold-ledger.js';
import type { TakeBack } from './take-back.js';
import type { HoldCounters } from './hold-counters.js';

export interface HoldSweeperPorts {
  readonly takeBack: TakeBack;
  readonly holds: Pick<HoldLedger, 'holdingCoupons' | 'openHead' | 'openCount'>;
  /** Explains numbers, so that the cursor passes over none that may still become a row. */
  readonly settledRows: {
    read(couponId: CouponId, afterIssueNo: number, limit: number): Promise<SettledNumbers>;
  };
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly counters: HoldCounters;
  onExpired(couponId: CouponId, count: number): void;
  onFault(fault: unknown, couponId: CouponId | undefined): void;
}

/** What the cursor needs of a page of settled rows. */
export interface SettledNumbers {
  readonly frontier: number;
  readonly more: boolean;
}

/** What this process keeps about a coupon; dropping an entry costs a longer scan. */
interface SweptCoupon {
  /** A rebuild may give numbers again that were void. */
  readonly epoch: number;
  /** Every number up to this one is confirmed, used or taken back. */
  cursor: number;
  /** Not due before, by this process's monotonic clock. */
  nextCheckMs: number;
  nextCountMs: number;
  /** When the first open hold that was seen is to be taken back, by the same clock. */
  dueAtMs: number;
  /** A database that lost its last writes in a failover has rows before the cursor that are open again. */
  readonly forgetAtMs: number;
}

export class HoldSweeper {
  readonly #ports: HoldSweeperPorts;
  #coupons = new Map<CouponId, SweptCoupon>();
  #stop: () => void = () => undefined;
  #stopping = false;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(ports: HoldSweeperPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#stop = repeatWithoutOverlap(this.#ports.scheduler, HOLD_SWEEP_MS, () => {
      this.#sweeping = this.sweep();
      return this.#sweeping;
    });
  }

  /** A take-back under way completes both of its steps. */
  async stop(): Promise<void> {
    this.#stop();
    this.#stopping = true;
    await this.#sweeping;
  }

  /** Takes back everything that is due now. Never rejects. */
  async sweep(): Promise<void> {
    const swept = new Map<CouponId, SweptCoupon>();
    await this.#ports.takeBack.finishLeft().catch((fault: unknown) => {
      this.#ports.onFault(fault, undefined);
    });
    try {
      for (let after = 0; !this.#stopping;) {
        const coupons = await this.#ports.holds.holdingCoupons(after, HOLD_COUPONS_MAX);
        for (const coupon of coupons) swept.set(coupon.couponId, await this.#sweepCoupon(coupon));
        const last = coupons.at(-1);
        if (last === undefined || coupons.length < HOLD_COUPONS_MAX) break;
        after = last.couponId;
      }
      this.#coupons = swept;
      this.#ports.counters.retain(new Set(swept.keys()));
    } catch (fault) {
      this.#ports.onFault(fault, undefined);
      for (const [couponId, state] of this.#coupons) this.#countLate(couponId, state);
    }
  }

  async #sweepCoupon(coupon: HoldingCoupon): Promise<SweptCoupon> {
    const { couponId, epoch } = coupon;
    const nowMs = this.#ports.clock.monotonicMs();
    const known = this.#coupons.get(couponId);
    const state =
      known?.epoch === epoch && nowMs < known.forgetAtMs
        ? known
        : {
            epoch,
            cursor: 0,
            nextCheckMs: 0,
            nextCountMs: 0,
            dueAtMs: Infinity,
            forgetAtMs: nowMs + HOLD_CURSOR_MAX_MS,
          };
    if (nowMs < state.nextCheckMs || this.#stopping) return state;
    try {
      await this.#takeBackDue(coupon, state);
    } catch (fault) {
      this.#ports.onFault(fault, couponId);
      this.#countLate(couponId, state);
    }
    return state;
  }

  /** A hold that cannot be taken back is later with every sweep that fails. */
  #countLate(couponId: CouponId, { dueAtMs }: SweptCoupon): void {
    const { clock, counters } = this.#ports;
    counters.lagged(couponId, Math.max(0, clock.monotonicMs() - dueAtMs));
  }

  async #takeBackDue(coupon: HoldingCoupon, state: SweptCoupon): Promise<void> {
    const { clock, counters } = this.#ports;
    const { couponId } = coupon;
    let lagMs = 0;
    for (let after = state.cursor; !this.#stopping;) {
      const head = await this.#head(coupon, after);
      if (after === state.cursor) state.dueAtMs = clock.monotonicMs() + (head?.dueInMs ?? Infinity);
      if (head?.due !== undefined) {
        lagMs = Math.max(lagMs, -head.dueInMs);
        if (!(await this.#takeBack(coupon, head.due))) return;
        after = head.count === TRANSACTION_HOLDS_MAX ? head.lastNo : state.cursor;
      } else if (after !== state.cursor) {
        // What is left may begin before the last page.
        after = state.cursor;
      } else {
        counters.lagged(couponId, lagMs);
        await this.#scheduleNextCheck(coupon, state, head);
        return;
      }
    }
  }

  /**
   * Where the first open row is due, those after it mostly are: a whole range is then taken for due unread. The take-back reads it anyway,
   * and reading it here too cost 1 of 16 µs of a hold.
   */
  async #head({ couponId, holdMs }: HoldingCoupon, after: number): Promise<OpenHead | undefined> {
    const { holds } = this.#ports;
    const dueAfterMs = holdMs + HOLD_GRACE_MS;
    const first = await holds.openHead(couponId, after, 1, dueAfterMs);
    if (first === undefined) return undefined;
    if (first.due === undefined) return holds.openHead(couponId, after, TRANSACTION_HOLDS_MAX, dueAfterMs);
    const lastNo = first.firstNo + TRANSACTION_HOLDS_MAX - 1;
    return { ...first, count: TRANSACTION_HOLDS_MAX, lastNo, due: { ...first.due, lastNo } };
  }

  /** @returns false: the coupon was rebuilt since its epoch was read, and the next sweep takes the holds back. */
  async #takeBack({ couponId, epoch }: HoldingCoupon, due: DueHolds): Promise<boolean> {
    const reason = 'hold_expired';
    const taken = await this.#ports.takeBack.fromLedger({ couponId, epoch, which: due, reason });
    if (taken === 'stale') return false;
    if (taken.length === 0) return true;
    this.#ports.counters.expired += taken.length;
    this.#ports.onExpired(couponId, taken.length);
    await this.#ports.takeBack.returnToStock(couponId, taken);
    return true;
  }

  /** Nothing is due: moves the cursor, counts, and sets when the coupon is checked again. */
  async #scheduleNextCheck(
    coupon: HoldingCoupon,
    state: SweptCoupon,
    head: OpenHead | undefined,
  ): Promise<void> {
    const { clock, counters, holds } = this.#ports;
    const { couponId } = coupon;
    const moved = await this.#moveCursor(couponId, state, head?.firstNo ?? Infinity);
    const nowMs = clock.monotonicMs();
    if (nowMs >= state.nextCountMs) {
      counters.counted(couponId, head === undefined ? 0 : await holds.openCount(couponId, state.cursor));
      state.nextCountMs = nowMs + HOLD_CHECK_MAX_MS;
    }
    // What is issued after this check is due later than a whole hold and the grace; what is recorded late may be due sooner.
    const isIdle = head === undefined && !moved;
    const waitMs = head?.dueInMs ?? HOLD_IDLE_CHECK_MS;
    state.nextCheckMs = nowMs + (isIdle ? waitMs : Math.min(waitMs, HOLD_CHECK_MAX_MS));
  }

  /**
   * Up to the first open row, and before the first number whose row may still come. Rows may have been recorded since the open ones were
   * read, and count as settled now. So the open rows are read again: a cursor beyond one of them would never take it back.
   *
   * @returns whether numbers were settled since the last time.
   */
  async #moveCursor(couponId: CouponId, state: SweptCoupon, firstOpen: number): Promise<boolean> {
    let settledUpTo = state.cursor;
    for (let pages = 0; pages < HOLD_CURSOR_PAGES_MAX && settledUpTo + 1 < firstOpen; pages += 1) {
      const { frontier, more } = await this.#ports.settledRows.read(
        couponId,
        settledUpTo,
        STEP_ISSUANCES_MAX,
      );
      settledUpTo = frontier;
      if (!more) break;
    }
    if (settledUpTo === state.cursor) return false;
    const head = await this.#ports.holds.openHead(couponId, state.cursor, 1, 0);
    state.cursor = Math.min(settledUpTo, (head?.firstNo ?? Infinity) - 1);
    return true;
  }
}
