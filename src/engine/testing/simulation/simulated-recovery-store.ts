/** Simulates `inspect`, `suspend`, `merge` and `resume` of Redis on a {@link SimulatedStore}. */
import type { CouponId, Issuance } from '../../domain/coupon.js';
import type {
  Inspection,
  MergeSource,
  RecoveryLock,
  RecoveryStore,
  ResumeCoupon,
  SuspendReply,
  SuspendRequest,
} from '../../ports/recovery-store.js';
import { termsOf } from '../../ports/terms-change.js';
import type { Link } from './link.js';
import { couponParts, NO_CHANGE } from './stored-coupon.js';
import type { CouponPart, StoredCoupon } from './stored-coupon.js';
import type { SimulatedStore } from './simulated-store.js';

type Found = Pick<Inspection, 'epoch' | 'server'>;

/** Each method is one atomic step; planted bugs override single ones. */
export class StoreRecovery {
  readonly store: SimulatedStore;

  constructor(store: SimulatedStore) {
    this.store = store;
  }

  inspect(couponId: CouponId, seenIssueNo: number): Inspection | 'absent' {
    const coupon = this.store.coupons.get(couponId);
    if (coupon === undefined || coupon.recovery !== undefined || coupon.epoch === 0) return 'absent';
    const { life } = this.store;
    const storeNowMs = this.store.nowMs();
    const { epoch, version, lastIssueNo } = coupon;
    const seen = { epoch, version, lastIssueNo, storeNowMs, server: String(life) };
    if (!this.store.isWhole(coupon, couponParts)) {
      const known = Math.max(lastIssueNo, coupon.inspecting?.seenIssueNo ?? 0);
      return { ...seen, status: 'damaged', sinceMs: storeNowMs, seenIssueNo: known };
    }
    if (this.isVerified(coupon)) {
      return { ...seen, status: 'serving', sinceMs: storeNowMs, seenIssueNo: lastIssueNo };
    }
    const before = coupon.inspecting?.life === life ? coupon.inspecting : undefined;
    coupon.inspecting = {
      life,
      sinceMs: before?.sinceMs ?? storeNowMs,
      seenIssueNo: Math.max(seenIssueNo, before?.seenIssueNo ?? 0),
    };
    return { ...seen, ...coupon.inspecting, status: 'unverified' };
  }

  protected isVerified(coupon: StoredCoupon): boolean {
    return coupon.verifiedIn === this.store.life;
  }

  markVerified(couponId: CouponId, { epoch, server }: Found, raiseTo: number): void {
    const coupon = this.store.coupons.get(couponId);
    if (server !== String(this.store.life)) return;
    if (coupon === undefined || coupon.recovery !== undefined || coupon.epoch !== epoch) return;
    if (!this.store.isWhole(coupon, couponParts)) return;
    coupon.epoch = Math.max(epoch, raiseTo);
    coupon.verifiedIn = this.store.life;
    coupon.inspecting = undefined;
  }

  suspend(couponId: CouponId, request: SuspendRequest): SuspendReply {
    const coupon = this.store.coupons.get(couponId) ?? nothingKnown(couponId);
    if (coupon.recovery === undefined && coupon.epoch > 0 && coupon.epoch !== request.epoch) {
      return { status: 'serving' };
    }
    this.store.coupons.set(couponId, coupon);
    const storeNowMs = this.store.nowMs();
    const { token, lockMs, seenIssueNo } = request;
    const servedHere =
      coupon.recovery === undefined && coupon.epoch > 0 && coupon.verifiedIn === this.store.life;
    const numbersKnown = coupon.lastIssueNo >= Math.max(coupon.inspecting?.seenIssueNo ?? 0, seenIssueNo);
    coupon.lastIssueNo = Math.max(coupon.lastIssueNo, coupon.inspecting?.seenIssueNo ?? 0, seenIssueNo);
    if (this.isLocked(coupon, token, storeNowMs)) return { status: 'busy' };
    const sinceMs = coupon.recovery?.sinceMs ?? storeNowMs;
    // Any of its keys proves that it was put in before, also when meta is lost.
    const isPartly = coupon.lost.size > 0 && coupon.lost.size < couponParts.length;
    const wasIn = coupon.recovery?.wasIn ?? (coupon.epoch > 0 || isPartly);
    coupon.recovery = { token, untilMs: storeNowMs + lockMs, sinceMs, life: this.store.life, wasIn };
    coupon.inspecting = undefined;
    const held = !coupon.lost.has('winners') || !coupon.lost.has('claimed');
    const claimsKnown = servedHere && numbersKnown && coupon.lost.size > 0 && held;
    if (coupon.lost.has('claims')) for (const claim of coupon.claims) claim.leaseUntilMs = storeNowMs;
    coupon.lost.clear();
    return {
      status: 'begun',
      storeNowMs,
      sinceMs,
      lastIssueNo: coupon.lastIssueNo,
      claimsKnown,
      terms: coupon.version === 0 ? undefined : { ...coupon.terms, version: coupon.version },
    };
  }

  protected isLocked({ recovery }: StoredCoupon, token: string, storeNowMs: number): boolean {
    return recovery !== undefined && recovery.token !== token && recovery.untilMs > storeNowMs;
  }

  merge(
    couponId: CouponId,
    { token, lockMs }: RecoveryLock,
    source: MergeSource,
    issuances: readonly Issuance[],
  ): readonly Issuance[] | 'taken_over' {
    const coupon = this.recovered(couponId, token, ['winners', 'queue']);
    if (coupon?.recovery === undefined) return 'taken_over';
    coupon.recovery = { ...coupon.recovery, untilMs: this.store.nowMs() + lockMs };
    const displaced: Issuance[] = [];
    for (const { holder, issueNo, issuedAtMs } of issuances) {
      const held = coupon.winners.get(holder);
      if (source === 'revoked') {
        if (held?.issueNo === issueNo) takeOut(coupon, held);
      } else if (held === undefined || source === 'recorded' || held.issueNo < issueNo) {
        coupon.winners.set(holder, { holder, issueNo, issuedAtMs });
        if (source === 'recorded' && held !== undefined && held.issueNo !== issueNo) displaced.push(held);
      }
      coupon.lastIssueNo = Math.max(coupon.lastIssueNo, issueNo);
    }
    return displaced;
  }

  /**
   * The coupon whose recovery has this token; `undefined` once another process has taken it over, it serves again, or
   * has lost a part.
   */
  protected recovered(
    couponId: CouponId,
    token: string,
    parts: readonly CouponPart[] = couponParts,
  ): StoredCoupon | undefined {
    const coupon = this.store.coupons.get(couponId);
    if (coupon?.recovery?.token !== token) return undefined;
    if (this.store.isWhole(coupon, parts)) return coupon;
    coupon.recovery = { ...coupon.recovery, untilMs: 0 };
    return undefined;
  }

  resume(token: string, resumed: ResumeCoupon): 'resumed' | 'taken_over' {
    const coupon = this.recovered(resumed.couponId, token);
    if (coupon?.recovery?.life !== this.store.life) return 'taken_over';
    const { version, epoch, lastIssueNo } = resumed;
    coupon.terms = termsOf(resumed);
    this.store.noteInstalled(resumed.couponId, coupon.terms);
    coupon.version = version;
    coupon.epoch = epoch;
    coupon.lastIssueNo = Math.max(coupon.lastIssueNo, lastIssueNo);
    coupon.lastChange = resumed.lastChange ?? NO_CHANGE;
    coupon.verifiedIn = this.store.life;
    coupon.recovery = undefined;
    return 'resumed';
  }
}

/** The port, over a link. Every step may arrive twice, or late: the token of each identifies repetitions. */
export class SimulatedRecoveryStore implements RecoveryStore {
  readonly #link: Link;
  readonly #recovery: StoreRecovery;

  constructor(link: Link, recovery: StoreRecovery) {
    this.#link = link;
    this.#recovery = recovery;
  }

  inspect(couponId: CouponId, seenIssueNo: number): Promise<Inspection | 'absent'> {
    return this.#link.call(() => this.#recovery.inspect(couponId, seenIssueNo));
  }

  markVerified(couponId: CouponId, found: Found, raiseTo: number): Promise<void> {
    return this.#link.call(() => this.#recovery.markVerified(couponId, found, raiseTo));
  }

  suspend(couponId: CouponId, request: SuspendRequest): Promise<SuspendReply> {
    return this.#link.call(() => this.#recovery.suspend(couponId, request));
  }

  merge(
    couponId: CouponId,
    lock: RecoveryLock,
    source: MergeSource,
    issuances: readonly Issuance[],
  ): Promise<readonly Issuance[] | 'taken_over'> {
    return this.#link.call(() => this.#recovery.merge(couponId, lock, source, issuances));
  }

  resume(token: string, coupon: ResumeCoupon): Promise<'resumed' | 'taken_over'> {
    return this.#link.call(() => this.#recovery.resume(token, coupon));
  }
}

function takeOut(coupon: StoredCoupon, { holder, issueNo }: Issuance): void {
  coupon.winners.delete(holder);
  coupon.queue = coupon.queue.filter((queued) => queued.issueNo !== issueNo || queued.holder !== holder);
}

function nothingKnown(couponId: CouponId): StoredCoupon {
  return {
    couponId,
    terms: { quantity: 0, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false },
    version: 0,
    epoch: 0,
    lastIssueNo: 0,
    lastChange: NO_CHANGE,
    verifiedIn: 0,
    recovery: undefined,
    inspecting: undefined,
    winners: new Map(),
    queue: [],
    claims: [],
    lost: new Set(),
  };
}
