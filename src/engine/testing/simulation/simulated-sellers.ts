/** Simulates sellers who change terms, revoke issuances, and repeat what was not answered. */
import type { TermsChange } from '../../ports/terms-change.js';
import type { CouponId } from '../../domain/coupon.js';
import { StoreUnavailableError } from '../../domain/errors.js';
import type { RevokeResult } from '../../sellers/issuance-revoker.js';
import type { AmendResult, CouponRegistry } from '../../sellers/coupon-registry.js';
import type { SellerAct, SellerCall } from '../checker/history.js';
import type { Random } from './random.js';
import { STORE_OFFSET_MS } from './scenario.js';
import type { SimulatedWorld } from './simulated-world.js';

export const SELLER = { kind: 'seller', id: 'seller', address: '192.0.2.1' } as const;
/** How many of the changes of a quantity add units to it. */
const TOP_UPS = 0.4;

export class SimulatedSellers {
  readonly calls: SellerCall[] = [];
  readonly #world: SimulatedWorld;
  readonly #couponId: CouponId;
  readonly #topUpRandom: Random;
  #underWay = 0;
  #keys = 0;

  /** @param topUpRandom draws what was added when sellers came to add units: seeds without them still lead to the same draws. */
  constructor(world: SimulatedWorld, couponId: CouponId, topUpRandom: Random) {
    this.#world = world;
    this.#couponId = couponId;
    this.#topUpRandom = topUpRandom;
  }

  get busy(): boolean {
    return this.#underWay > 0;
  }

  actAtRandom(): void {
    this.act(this.#orTopUp(drawAct(this.#world.random, this.#world.time.nowMs())));
  }

  #orTopUp(act: SellerAct): SellerAct {
    const random = this.#topUpRandom;
    if (act.kind !== 'amend' || act.change.quantity === undefined || !random.chance(TOP_UPS)) return act;
    return { kind: 'top_up', by: random.between(1, 3), key: `${this.#couponId}-${(this.#keys += 1)}` };
  }

  /**
   * Repeats the call until its answer is definite.
   *
   * @param then called afterwards.
   */
  act(act: SellerAct, then: () => void = () => undefined): void {
    const { time, random, apis } = this.#world;
    const { process, registry } = random.pick(apis);
    const call: SellerCall = { act, invokedMs: time.nowMs(), answeredMs: undefined, result: 'unknown' };
    this.calls.push(call);
    this.#underWay += 1;
    let over = false;
    const end = (result: SellerCall['result'], code?: string): void => {
      if (over) return;
      over = true;
      call.result = result;
      if (code !== undefined) call.code = code;
      if (result !== 'unknown') call.answeredMs = time.nowMs();
      if (result === 'done' || result === 'refused') {
        this.#underWay -= 1;
        then();
        return;
      }
      time.after(random.between(20, 150), () => {
        this.#underWay -= 1;
        this.act(act, then);
      });
    };
    if (!process.alive) {
      end('unknown');
      return;
    }
    process.onCrash(() => end('unknown'));
    process.happen(() => {
      this.#send(registry, act).then(
        ({ status }) => end(resultOf(status), status),
        (fault: unknown) => end(fault instanceof StoreUnavailableError ? 'unattempted' : 'unknown'),
      );
    });
  }

  #send(registry: CouponRegistry, act: SellerAct): Promise<AmendResult | RevokeResult> {
    switch (act.kind) {
      case 'amend':
        return registry.amend(this.#couponId, act.change, SELLER);
      case 'top_up': {
        const { by, key } = act;
        const keyed = { sellerId: SELLER.id, key, route: 'top-up', bodyHash: String(by), atMs: 0 };
        return registry.amend(this.#couponId, { addUnits: by, keyed }, SELLER);
      }
      case 'revoke':
        return registry.revoke(this.#couponId, act.issueNo, SELLER);
    }
  }
}

function resultOf(status: (AmendResult | RevokeResult)['status']): SellerCall['result'] {
  if (status === 'amended' || status === 'revoked') return 'done';
  return status === 'not_ready' ? 'unattempted' : 'refused';
}

function drawAct(random: Random, nowMs: number): SellerAct {
  if (random.chance(0.35)) return { kind: 'revoke', issueNo: random.between(1, 6) };
  return { kind: 'amend', change: drawChange(random, STORE_OFFSET_MS + nowMs) };
}

function drawChange(random: Random, storeNowMs: number): TermsChange {
  switch (random.between(0, 6)) {
    case 0:
      return { paused: true };
    case 1:
      return { paused: false };
    case 2:
      return { opensAtMs: storeNowMs + random.between(-200, 500) };
    case 3:
      return { closesAtMs: random.chance(0.5) ? null : storeNowMs + random.between(-100, 800) };
    case 4:
      return random.chance(0.2) ? { closed: true } : { opensAtMs: null, closesAtMs: null };
    default:
      return { quantity: random.between(0, 6) };
  }
}
