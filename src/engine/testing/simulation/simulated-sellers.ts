/** Simulates sellers who change terms, revoke issuances, and repeat what was not answered. */
import type { TermsChange } from '../../ports/terms-change.js';
import type { CouponId } from '../../domain/coupon.js';
import type { SellerCall } from '../checker/history.js';
import type { Random } from './random.js';
import { STORE_OFFSET_MS } from './scenario.js';
import type { SimulatedWorld } from './simulated-world.js';

type Act = SellerCall['act'];

export class SimulatedSellers {
  readonly calls: SellerCall[] = [];
  readonly #world: SimulatedWorld;
  readonly #couponId: CouponId;
  #underWay = 0;

  constructor(world: SimulatedWorld, couponId: CouponId) {
    this.#world = world;
    this.#couponId = couponId;
  }

  get busy(): boolean {
    return this.#underWay > 0;
  }

  actAtRandom(): void {
    this.act(drawAct(this.#world.random, this.#world.time.nowMs()));
  }

  act(act: Act): void {
    const { time, random, apis } = this.#world;
    const { process, registry } = random.pick(apis);
    const call: SellerCall = { act, invokedMs: time.nowMs(), answeredMs: undefined, result: 'unknown' };
    this.calls.push(call);
    this.#underWay += 1;
    let over = false;
    const end = (result: SellerCall['result']): void => {
      if (over) return;
      over = true;
      call.result = result;
      if (result === 'unknown') {
        time.after(random.between(20, 150), () => {
          this.#underWay -= 1;
          this.act(act);
        });
        return;
      }
      call.answeredMs = time.nowMs();
      this.#underWay -= 1;
    };
    if (!process.alive) {
      end('unknown');
      return;
    }
    process.onCrash(() => end('unknown'));
    process.happen(() => {
      const result =
        act.kind === 'amend'
          ? registry.amend(this.#couponId, act.change)
          : registry.revoke(this.#couponId, act.issueNo);
      result.then(
        ({ status }) => end(resultOf(status)),
        () => end('unknown'),
      );
    });
  }
}

function resultOf(status: string): SellerCall['result'] {
  if (status === 'amended' || status === 'revoked') return 'done';
  // A revoke is in the ledger before the store is asked.
  return status === 'not_ready' ? 'unknown' : 'refused';
}

function drawAct(random: Random, nowMs: number): Act {
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
