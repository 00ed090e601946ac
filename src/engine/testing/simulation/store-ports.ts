/** Implements the engine's ports to the admission store over a link to a {@link SimulatedStore}. */
import type {
  Admission,
  AdmitBatch,
  AdmitReply,
  AmendReply,
  AnswerBatch,
  NumberedChange,
  NumberedHolder,
  RevokeManyReply,
  RevokeReply,
  WarmContent,
  WinnersView,
} from '../../ports/admission.js';
import type { TermsChange } from '../../ports/terms-change.js';
import type { CouponId, CouponSnapshot, Issuance, HolderId } from '../../domain/coupon.js';
import { StoreUnavailableError } from '../../domain/errors.js';
import type {
  AnswerClaim,
  AnswerEnding,
  ClaimName,
  ClaimRound,
  IssuanceQueue,
  PendingMark,
  QueueDepth,
  QueueFault,
  RecorderBell,
} from '../../ports/issuance-queue.js';
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

/** Cuts a round into calls, each of which meets a fate of its own and is answered coupon by coupon. */
async function inCalls<Question, Reply>(
  { couponsPerCall, stragglers }: RoundShape,
  round: readonly Question[],
  answer: (place: number, reply: Reply | QueueFault) => void,
  call: (some: readonly Question[]) => Promise<readonly Reply[]>,
): Promise<void> {
  const calls: Promise<void>[] = [];
  for (let start = 0; start < round.length; start += couponsPerCall) {
    const some = round.slice(start, start + couponsPerCall);
    const answered = call(some).then(
      (replies) => replies.forEach((reply, place) => answer(start + place, reply)),
      (fault: unknown) => some.forEach((_, place) => answer(start + place, { status: 'fault', fault })),
    );
    calls.push(answered);
  }
  await (stragglers && calls.length > 0 ? Promise.race(calls) : Promise.all(calls));
}

type StepTaker = <Reply extends RevokeReply | RevokeManyReply>(step: () => Reply) => Reply;

export class SimulatedAdmission implements Admission {
  readonly #link: Link;
  readonly #store: SimulatedStore;
  readonly #shape: RoundShape;
  readonly #takeBack: StepTaker;

  /** @param takeBack carries out a step that takes issuances back. */
  constructor(
    link: Link,
    store: SimulatedStore,
    shape: RoundShape = WHOLE_ROUNDS,
    takeBack: StepTaker = (step) => step(),
  ) {
    this.#link = link;
    this.#store = store;
    this.#shape = shape;
    this.#takeBack = takeBack;
  }

  admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    return inCalls(this.#shape, batches, answer, (some) =>
      this.#link.call(() => this.#store.admitRound(some)),
    );
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

  issuanceOf(couponId: CouponId, holder: HolderId): Promise<Issuance | undefined | 'not_ready'> {
    return this.#link.call(() => this.#store.issuanceOf(couponId, holder));
  }

  issuancesOf(
    couponId: CouponId,
    holders: readonly HolderId[],
  ): Promise<readonly (Issuance | undefined)[] | 'not_ready'> {
    return this.#link.call(() => {
      const found: (Issuance | undefined)[] = [];
      for (const holder of holders) {
        const issuance = this.#store.issuanceOf(couponId, holder);
        if (issuance === 'not_ready') return issuance;
        found.push(issuance);
      }
      return found;
    });
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
    return new Map([...half, ...remaining].map((issuance) => [issuance.holder, issuance]));
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

  amend(couponId: CouponId, change: TermsChange, numbered?: NumberedChange): Promise<AmendReply> {
    return this.#link.call(() => this.#store.amend(couponId, change, numbered));
  }

  revoke(couponId: CouponId, issueNo: number, holder: HolderId): Promise<RevokeReply> {
    return this.#link.call(() => this.#takeBack(() => this.#store.revoke(couponId, issueNo, holder)));
  }

  revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]): Promise<RevokeManyReply> {
    return this.#link.call(() => this.#takeBack(() => this.#store.revokeMany(couponId, issuances)));
  }
}

export class SimulatedIssuanceQueue implements IssuanceQueue {
  readonly #link: Link;
  readonly #store: SimulatedStore;
  readonly #shape: RoundShape;
  readonly #onClaimed: () => void;

  /** @param onClaimed called at a claim, before its recorder receives the reply. */
  constructor(
    link: Link,
    store: SimulatedStore,
    shape: RoundShape = WHOLE_ROUNDS,
    onClaimed: () => void = () => undefined,
  ) {
    this.#link = link;
    this.#store = store;
    this.#shape = shape;
    this.#onClaimed = onClaimed;
  }

  claimRound({ couponIds, token, limit, leaseMs }: ClaimRound, answer: AnswerClaim): Promise<void> {
    return inCalls(this.#shape, couponIds, answer, (some) =>
      this.#link.call(() => {
        const replies = this.#store.claimRound({ couponIds: some, token, limit, leaseMs });
        if (replies.some((reply) => typeof reply === 'object')) this.#onClaimed();
        return replies;
      }, 'once'),
    );
  }

  ackRound(claims: readonly ClaimName[], answer: AnswerEnding): Promise<void> {
    return inCalls(this.#shape, claims, answer, (some) => this.#link.call(() => this.#store.ackRound(some)));
  }

  releaseRound(claims: readonly ClaimName[], answer: AnswerEnding): Promise<void> {
    return inCalls(this.#shape, claims, answer, (some) =>
      this.#link.call(() => this.#store.releaseRound(some)),
    );
  }

  shardOf(couponId: CouponId): number {
    return couponId % this.#shape.shards;
  }

  depths(couponIds: readonly CouponId[]): Promise<(QueueDepth | undefined)[]> {
    return this.#link.call(() => couponIds.map((couponId) => this.#store.depth(couponId)));
  }

  withBacklog(couponIds: readonly CouponId[]): Promise<CouponId[]> {
    return this.#link.call(() =>
      couponIds.filter((couponId) => {
        const depth = this.#store.depth(couponId);
        return depth === undefined || depth.queued + depth.claimed > 0;
      }),
    );
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

  pendingMarks(limit: number, sinceMs = 0): Promise<PendingMark[]> {
    return this.#link.call(() =>
      [...this.#store.pendingMs]
        .filter(([, markedAtMs]) => markedAtMs >= sinceMs)
        .slice(0, limit)
        .map(([couponId, markedAtMs]) => ({ couponId, markedAtMs })),
    );
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
