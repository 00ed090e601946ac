/** Simulates a seller who stops a coupon and recalls what is not used, page by page. */
import type { CouponId } from '../../domain/coupon.js';
import type { RecallResult } from '../../holds/holds.js';
import type { Random } from './random.js';
import { SELLER, type SimulatedSellers } from './simulated-sellers.js';
import type { SimulatedWorld } from './simulated-world.js';

const STOP = { kind: 'amend', change: { paused: true } } as const;
const RESUME = { kind: 'amend', change: { paused: false } } as const;
/** How many of the coupons are sold on afterwards. */
const RESUMED = 0.6;

export interface SimulatedRecallCall {
  readonly invokedMs: number;
  answeredMs: number | undefined;
  isLast: boolean;
}

export class SimulatedRecall {
  readonly calls: SimulatedRecallCall[] = [];
  readonly #world: SimulatedWorld;
  readonly #couponId: CouponId;
  readonly #sellers: SimulatedSellers;
  readonly #random: Random;
  #isPending = false;

  /** @param random of its own, so that the seeds of histories without recalls still lead to the same draws. */
  constructor(world: SimulatedWorld, couponId: CouponId, sellers: SimulatedSellers, random: Random) {
    this.#world = world;
    this.#couponId = couponId;
    this.#sellers = sellers;
    this.#random = random;
  }

  /** Begun, and not done. */
  get isPending(): boolean {
    return this.#isPending;
  }

  begin(): void {
    this.#isPending = true;
    this.#stop();
  }

  #stop(): void {
    this.#sellers.act(STOP, () => this.#ask(0));
  }

  #askSoon(after: number): void {
    this.#world.time.after(this.#random.between(5, 100), () => this.#ask(after));
  }

  #ask(after: number): void {
    const { time } = this.#world;
    const { process, holds } = this.#random.pick(this.#world.apis);
    const call: SimulatedRecallCall = { invokedMs: time.nowMs(), answeredMs: undefined, isLast: false };
    this.calls.push(call);
    let over = false;
    const end = (result?: RecallResult): void => {
      if (over) return;
      over = true;
      if (result !== undefined) call.answeredMs = time.nowMs();
      this.#goOn(call, after, result);
    };
    if (!process.alive) {
      end();
      return;
    }
    process.onCrash(() => end());
    process.happen(() => {
      holds.recall(this.#couponId, after, SELLER).then(end, () => end());
    });
  }

  #goOn(call: SimulatedRecallCall, after: number, result: RecallResult | undefined): void {
    if (result?.status === 'not_stopped') this.#stop();
    else if (result?.status !== 'recalled') this.#askSoon(after);
    else if (result.next !== undefined) this.#ask(result.next);
    else if (result.unrecorded > 0) this.#askSoon(0);
    else {
      call.isLast = true;
      this.#isPending = false;
      if (this.#random.chance(RESUMED)) this.#sellers.act(RESUME);
    }
  }
}
