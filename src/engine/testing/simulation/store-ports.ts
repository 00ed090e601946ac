/** Implements the engine's ports to the admission store over a link to a {@link SimulatedStore}. */
import type {
  Admission,
  AdmitBatch,
  AdmitReply,
  AmendReply,
  AnswerBatch,
  RevokeReply,
  WarmContent,
  WinnersView,
} from '../../ports/admission.js';
import type { TermsChange } from '../../ports/terms-change.js';
import type { CouponId, CouponSnapshot, Issuance, MemberId } from '../../domain/coupon.js';
import { StoreUnavailableError } from '../../domain/errors.js';
import type { Claim, IssuanceQueue, QueueDepth, RecorderBell } from '../../ports/issuance-queue.js';
import type { Link, NewsChannel } from './link.js';
import type { SimulatedStore } from './simulated-store.js';

/** How a store takes rounds. */
export interface RoundShape {
  /** The number of shards among which coupons are divided. */
  readonly shards: number;
  /** Coupons in one call, which is one step and has one fate. A round of more is several calls at once. */
  readonly couponsPerCall: number;
  /** Whether the next round may be sent as soon as one call of this one is answered; the others are stragglers. */
  readonly stragglers: boolean;
}

export const WHOLE_ROUNDS: RoundShape = {
  shards: 1,
  couponsPerCall: Number.POSITIVE_INFINITY,
  stragglers: false,
};

export class SimulatedAdmission implements Admission {
  readonly #link: Link;
  readonly #store: SimulatedStore;
  readonly #shape: RoundShape;

  constructor(link: Link, store: SimulatedStore, shape: RoundShape = WHOLE_ROUNDS) {
    this.#link = link;
    this.#store = store;
    this.#shape = shape;
  }

  async admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    const { couponsPerCall, stragglers } = this.#shape;
    const calls: Promise<void>[] = [];
    for (let start = 0; start < batches.length; start += couponsPerCall) {
      const some = batches.slice(start, start + couponsPerCall);
      const answerOne: AnswerBatch = (place, reply) => answer(start + place, reply);
      calls.push(this.#admitInOneCall(some, answerOne));
    }
    await (stragglers ? Promise.race(calls) : Promise.all(calls));
  }

  async #admitInOneCall(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    try {
      const replies = await this.#link.call(() => this.#store.admitRound(batches));
      for (const [place, reply] of replies.entries()) answer(place, reply);
    } catch (fault) {
      for (const place of batches.keys()) answer(place, { status: 'fault', fault });
    }
  }

  shardOf(couponId: CouponId): number {
    return couponId % this.#shape.shards;
  }

  admit(batch: AdmitBatch): Promise<AdmitReply> {
    return this.#link.call(() => this.#store.admit(batch));
  }

  snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    return this.#link.call(() => couponIds.map((couponId) => this.#store.snapshot(couponId)));
  }

  issuanceOf(couponId: CouponId, memberId: MemberId): Promise<Issuance | undefined | 'not_ready'> {
    return this.#link.call(() => this.#store.issuanceOf(couponId, memberId));
  }

  unrecordedHolder(couponId: CouponId, issueNo: number): Promise<Issuance | undefined> {
    return this.#link.call(() => this.#store.unrecordedHolder(couponId, issueNo));
  }

  /** Two readings, as a scan in chunks has: a winner who is added or removed in between is seen or not seen. */
  async winners(couponId: CouponId, version: number, limit: number): Promise<WinnersView | undefined> {
    const read = () =>
      this.#link.call(() => {
        const coupon = this.#store.coupons.get(couponId);
        if (coupon?.version !== version || coupon.winners.size > limit) return undefined;
        return [...coupon.winners.values()];
      });
    const first = await read();
    if (first === undefined) return undefined;
    const half = first.slice(0, Math.ceil(first.length / 2));
    const second = await read();
    if (second === undefined) return undefined;
    const remaining = second.slice(half.length, first.length);
    return new Map([...half, ...remaining].map((issuance) => [issuance.memberId, issuance]));
  }

  /**
   * As with Redis: rows are collected under a temporary key, and a key that was begun before a loss is lost with it.
   */
  async warm(_couponId: CouponId, read: () => Promise<WarmContent>): Promise<'warmed' | 'present'> {
    const begunIn = await this.#link.call(() => this.#store.life);
    const { coupon, issued } = await read();
    const pile: Issuance[] = [];
    for await (const chunk of issued) pile.push(...chunk);
    return this.#link.call(() => {
      if (this.#store.life !== begunIn) throw new StoreUnavailableError('The temporary key is missing.');
      return this.#store.warm(coupon, pile);
    });
  }

  amend(couponId: CouponId, change: TermsChange, changeNo?: number): Promise<AmendReply> {
    return this.#link.call(() => this.#store.amend(couponId, change, changeNo));
  }

  revoke(couponId: CouponId, issueNo: number, memberId: MemberId): Promise<RevokeReply> {
    return this.#link.call(() => this.#store.revoke(couponId, issueNo, memberId));
  }
}

export class SimulatedIssuanceQueue implements IssuanceQueue {
  readonly #link: Link;
  readonly #store: SimulatedStore;
  readonly #onClaimed: () => void;

  /** @param onClaimed called at a claim, before its recorder receives the reply. */
  constructor(link: Link, store: SimulatedStore, onClaimed: () => void = () => undefined) {
    this.#link = link;
    this.#store = store;
    this.#onClaimed = onClaimed;
  }

  claim(
    couponId: CouponId,
    token: string,
    limit: number,
    leaseMs: number,
  ): Promise<Claim | 'not_ready' | undefined> {
    return this.#link.call(() => {
      const claim = this.#store.claim(couponId, token, limit, leaseMs);
      if (typeof claim === 'object') this.#onClaimed();
      return claim;
    }, 'once');
  }

  ack(couponId: CouponId, token: string): Promise<boolean> {
    return this.#link.call(() => this.#store.ack(couponId, token));
  }

  release(couponId: CouponId, token: string): Promise<boolean> {
    return this.#link.call(() => this.#store.release(couponId, token));
  }

  depths(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]> {
    return this.#link.call(() => couponIds.map((couponId) => this.#store.depth(couponId)));
  }
}

/** Costs less than `queueMicrotask`, which makes an asynchronous resource of every task. */
const READY = Promise.resolve();

export class SimulatedBell implements RecorderBell {
  readonly #link: Link;
  readonly #store: SimulatedStore;
  readonly #rings: NewsChannel<CouponId>;
  /** Rung in this turn and not yet published: many rings are one piece of news. */
  readonly #rung = new Set<CouponId>();

  constructor(link: Link, store: SimulatedStore, rings: NewsChannel<CouponId>) {
    this.#link = link;
    this.#store = store;
    this.#rings = rings;
  }

  markPending(couponIds: readonly CouponId[]): Promise<void> {
    return this.#link.call(() => this.#store.markPending(couponIds));
  }

  ring(couponId: CouponId): void {
    if (this.#rung.has(couponId)) return;
    this.#rung.add(couponId);
    void READY.then(() => {
      this.#rung.delete(couponId);
      this.#rings.publish(couponId);
    });
  }

  pendingCoupons(limit: number): Promise<CouponId[]> {
    return this.#link.call(() => [...this.#store.pendingMs.keys()].slice(0, limit));
  }

  clearPending(couponIds: readonly CouponId[], idleMs: number): Promise<void> {
    return this.#link.call(() => this.#store.silence(couponIds, idleMs));
  }

  listen(onRing: (couponId: CouponId) => void): Promise<() => Promise<void>> {
    const stop = this.#rings.listen(onRing);
    return Promise.resolve(() => {
      stop();
      return Promise.resolve();
    });
  }
}
