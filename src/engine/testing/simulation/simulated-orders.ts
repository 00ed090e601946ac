/** Simulates orders that pay for held issuances: late, twice, never, for the order of another, or release them. */
import type { CouponId, HolderId } from '../../domain/coupon.js';
import { memberOf, unitOf } from '../../domain/holder.js';
import { type OrderId, parseOrderId } from '../../domain/redemption.js';
import type { ConfirmCall } from '../checker/history.js';
import type { Random } from './random.js';
import type { SimulatedWorld } from './simulated-world.js';

const REPEATS_MAX = 3;
/** Around the end of a hold, and how long after it a shop still tries. */
const AROUND_MS = 150;
const LATE_MS = 400;
const SHOP = { kind: 'seller', id: 'seller', address: '192.0.2.1' } as const;
const MEMBER = { kind: 'member', id: 'member', address: '192.0.2.2' } as const;

export class SimulatedOrders {
  readonly calls: ConfirmCall[] = [];
  /** Numbers whose holds a caller has released, or tried to. */
  readonly released = new Set<number>();
  readonly #world: SimulatedWorld;
  readonly #couponId: CouponId;
  readonly #holdMs: number;
  readonly #random: Random;
  readonly #planned = new Set<number>();

  /** @param random of its own, so that the seeds of histories without holds still lead to the same draws. */
  constructor(world: SimulatedWorld, couponId: CouponId, holdMs: number, random: Random) {
    this.#world = world;
    this.#couponId = couponId;
    this.#holdMs = holdMs;
    this.#random = random;
  }

  /** A member was shown that it holds this number. */
  onHeld(holder: HolderId, issueNo: number, issuedMs: number): void {
    if (this.#planned.has(issueNo)) return;
    this.#planned.add(issueNo);
    const { time } = this.#world;
    const random = this.#random;
    const endMs = issuedMs + this.#holdMs;
    const at = (ms: number, task: () => void): void => void time.at(Math.max(ms, time.nowMs()), task);
    for (let orders = random.between(0, 2); orders > 0; orders -= 1) {
      const atMs = random.chance(0.7)
        ? endMs + random.between(-AROUND_MS, AROUND_MS)
        : random.between(issuedMs, endMs + LATE_MS);
      const orderId = orderNamed(random.pick(['A', 'A', 'B']), issueNo);
      at(atMs, () => this.#confirm(holder, issueNo, orderId, REPEATS_MAX));
    }
    if (random.chance(0.15)) at(random.between(issuedMs, endMs + AROUND_MS), () => this.#release(issueNo));
  }

  /** A shop repeats what was not answered, and after a while gives up. */
  #confirm(holder: HolderId, issueNo: number, orderId: OrderId, repeats: number): void {
    const { time, random: worldRandom, apis } = this.#world;
    const { process, holds } = worldRandom.pick(apis);
    const byNumber = this.#random.chance(0.7);
    const couponId = this.#couponId;
    const call: ConfirmCall = { issueNo, orderId, byNumber, invokedMs: time.nowMs(), answer: undefined };
    this.calls.push(call);
    let over = false;
    const end = (answer: ConfirmCall['answer']): void => {
      if (over) return;
      over = true;
      call.answer = answer;
      if (answer !== undefined || repeats === 0) return;
      time.after(this.#random.between(5, 100), () => this.#confirm(holder, issueNo, orderId, repeats - 1));
    };
    if (!process.alive) {
      end(undefined);
      return;
    }
    process.onCrash(() => end(undefined));
    const name = byNumber
      ? { couponId, issueNo }
      : { couponId, memberId: memberOf(holder), unit: unitOf(holder) };
    process.happen(() => {
      holds.confirm(name, orderId, byNumber ? SHOP : MEMBER).then(
        (result) => {
          // The member may hold another number by now.
          if ('confirmation' in result) call.issueNo = result.confirmation.issueNo;
          if ('ended' in result) call.issueNo = result.ended.issueNo;
          end(result.status);
        },
        () => end(undefined),
      );
    });
  }

  #release(issueNo: number): void {
    const { process, holds } = this.#world.random.pick(this.#world.apis);
    this.released.add(issueNo);
    process.happen(() => {
      void holds.release({ couponId: this.#couponId, issueNo }, MEMBER).catch(() => undefined);
    });
  }
}

function orderNamed(text: string, issueNo: number): OrderId {
  const orderId = parseOrderId(`${text}-${issueNo}`);
  if (orderId === undefined) throw new Error(`${text} is no order id`);
  return orderId;
}
