/**
 * The admission store as one synchronous object: what the Redis scripts do, in memory and without a network.
 *
 * Every method is one atomic step. `SimulatedStorePorts` puts a link in front of it; planted bugs override single methods.
 */
import { refusalOf } from '../../admission.js';
import type {
  AdmitBatch,
  AdmitReply,
  AlreadyIssued,
  AmendReply,
  RevokeReply,
  TermsChange,
  WarmCoupon,
} from '../../admission.js';
import type { CouponId, CouponSnapshot, CouponTerms, Issuance, MemberId } from '../../coupon.js';
import type { Claim, QueueDepth } from '../../issuance-queue.js';

export interface StoredClaim {
  token: string;
  leaseUntilMs: number;
  issuances: readonly Issuance[];
}

export interface StoredCoupon {
  couponId: CouponId;
  terms: CouponTerms;
  version: number;
  epoch: number;
  lastIssueNo: number;
  winners: Map<MemberId, Issuance>;
  /** Ascending by issueNo. */
  queue: Issuance[];
  claims: StoredClaim[];
}

export class SimulatedStore {
  readonly coupons = new Map<CouponId, StoredCoupon>();
  /** Coupon → when it was last announced, by the store's clock. */
  readonly announcedMs = new Map<CouponId, number>();
  readonly #nowMs: () => number;
  /** Grows whenever the store loses its content: what a connection began before cannot be finished after. */
  life = 1;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return Math.floor(this.#nowMs());
  }

  admit(batch: AdmitBatch): AdmitReply {
    const storeNowMs = this.nowMs();
    const coupon = this.coupons.get(batch.couponId);
    if (coupon === undefined) return { status: 'not_ready', storeNowMs };
    if (this.isStale(coupon, batch)) return { status: 'stale_epoch', storeNowMs };
    if (storeNowMs > batch.notAfterMs) return { status: 'expired', storeNowMs };

    const firstIssueNo = coupon.lastIssueNo + 1;
    const already: AlreadyIssued[] = [];
    let refusal: AdmitRefusal;
    batch.memberIds.forEach((memberId, index) => {
      const held = coupon.winners.get(memberId);
      if (held !== undefined) {
        already.push({ index, issueNo: held.issueNo, issuedAtMs: held.issuedAtMs });
        return;
      }
      const met = this.refusalNow(coupon, storeNowMs);
      if (met === undefined) this.issue(coupon, memberId, storeNowMs);
      else refusal = met;
    });
    return {
      status: 'decided',
      storeNowMs,
      version: coupon.version,
      firstIssueNo,
      issuedCount: coupon.lastIssueNo + 1 - firstIssueNo,
      already,
      refusal,
    };
  }

  protected isStale(coupon: StoredCoupon, batch: AdmitBatch): boolean {
    return coupon.epoch !== batch.epoch;
  }

  protected refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    return refusalOf(coupon.terms, coupon.winners.size, storeNowMs);
  }

  protected issue(coupon: StoredCoupon, memberId: MemberId, issuedAtMs: number): void {
    coupon.lastIssueNo += 1;
    const issuance = { memberId, issueNo: coupon.lastIssueNo, issuedAtMs };
    coupon.winners.set(memberId, issuance);
    coupon.queue.push(issuance);
  }

  snapshot(couponId: CouponId): CouponSnapshot | undefined {
    const coupon = this.coupons.get(couponId);
    return coupon && this.#snapshotOf(coupon);
  }

  issuanceOf(couponId: CouponId, memberId: MemberId): Issuance | undefined | 'not_ready' {
    const coupon = this.coupons.get(couponId);
    return coupon === undefined ? 'not_ready' : coupon.winners.get(memberId);
  }

  unrecordedHolder(couponId: CouponId, issueNo: number): Issuance | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined) return undefined;
    const unrecorded = [coupon.queue, ...coupon.claims.map((claim) => claim.issuances)].flat();
    return unrecorded.find((issuance) => issuance.issueNo === issueNo);
  }

  /** `present`: it is there already and stays as it is. */
  warm(coupon: WarmCoupon, issued: readonly Issuance[]): 'warmed' | 'present' {
    if (this.coupons.has(coupon.couponId)) return 'present';
    const { quantity, opensAtMs, closesAtMs, paused, closed } = coupon;
    this.coupons.set(coupon.couponId, {
      couponId: coupon.couponId,
      terms: { quantity, opensAtMs, closesAtMs, paused, closed },
      version: coupon.version,
      epoch: coupon.epoch,
      lastIssueNo: coupon.lastIssueNo,
      winners: new Map(
        issued.map(({ memberId, issueNo, issuedAtMs }) => [memberId, { memberId, issueNo, issuedAtMs }]),
      ),
      queue: [],
      claims: [],
    });
    return 'warmed';
  }

  amend(couponId: CouponId, change: TermsChange): AmendReply {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined) return { status: 'not_ready' };
    const status = this.refusalOfChange(coupon, change);
    if (status === undefined) {
      const terms = changed(coupon.terms, change);
      if (!sameTerms(terms, coupon.terms)) {
        coupon.terms = terms;
        coupon.version += 1;
      }
    }
    return { status: status ?? 'amended', snapshot: this.#snapshotOf(coupon) };
  }

  protected refusalOfChange(
    coupon: StoredCoupon,
    change: TermsChange,
  ): 'closed' | 'window_invalid' | 'quantity_below_issued' | undefined {
    const namesMoreThanClosing = Object.keys(change).some((name) => name !== 'closed');
    if (coupon.terms.closed && namesMoreThanClosing) return 'closed';
    const { opensAtMs, closesAtMs, quantity } = changed(coupon.terms, change);
    const namesBound = change.opensAtMs !== undefined || change.closesAtMs !== undefined;
    if (namesBound && opensAtMs !== undefined && closesAtMs !== undefined && closesAtMs < opensAtMs) {
      return 'window_invalid';
    }
    return change.quantity !== undefined && quantity < coupon.winners.size
      ? 'quantity_below_issued'
      : undefined;
  }

  revoke(couponId: CouponId, issueNo: number, memberId: MemberId): RevokeReply {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined) return { status: 'not_ready' };
    const live = coupon.winners.get(memberId)?.issueNo === issueNo;
    if (live) {
      coupon.winners.delete(memberId);
      coupon.queue = coupon.queue.filter((issuance) => issuance.issueNo !== issueNo);
      coupon.version += 1;
    }
    return { status: live ? 'revoked' : 'absent', snapshot: this.#snapshotOf(coupon) };
  }

  claim(couponId: CouponId, freshToken: string, limit: number, leaseMs: number): Claim | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined) return undefined;
    const nowMs = this.nowMs();
    const same = coupon.claims.find((claim) => claim.token === freshToken);
    const { epoch } = coupon;
    if (same !== undefined) return { couponId, epoch, token: freshToken, issuances: same.issuances };
    const lapsed = this.lapsedClaim(coupon, nowMs);
    const claim = lapsed ?? { token: freshToken, leaseUntilMs: 0, issuances: coupon.queue.splice(0, limit) };
    if (claim.issuances.length === 0) return undefined;
    claim.token = freshToken;
    claim.leaseUntilMs = nowMs + leaseMs;
    if (lapsed === undefined) coupon.claims.push(claim);
    return { couponId, epoch, token: freshToken, issuances: claim.issuances };
  }

  /** The one whose lease ended first. */
  protected lapsedClaim(coupon: StoredCoupon, nowMs: number): StoredClaim | undefined {
    const lapsed = coupon.claims.filter((claim) => claim.leaseUntilMs < nowMs);
    return lapsed.reduce<StoredClaim | undefined>(
      (first, claim) => (first !== undefined && first.leaseUntilMs <= claim.leaseUntilMs ? first : claim),
      undefined,
    );
  }

  ack(couponId: CouponId, token: string): boolean {
    return this.#endClaim(couponId, token) !== undefined;
  }

  release(couponId: CouponId, token: string): boolean {
    const ended = this.#endClaim(couponId, token);
    if (ended === undefined) return false;
    const { coupon, claim } = ended;
    const live = claim.issuances.filter(
      (issuance) => coupon.winners.get(issuance.memberId)?.issueNo === issuance.issueNo,
    );
    coupon.queue = [...live, ...coupon.queue].sort((one, other) => one.issueNo - other.issueNo);
    return true;
  }

  depth(couponId: CouponId): QueueDepth {
    const coupon = this.coupons.get(couponId);
    const claimed = coupon?.claims.reduce((sum, claim) => sum + claim.issuances.length, 0) ?? 0;
    return { queued: coupon?.queue.length ?? 0, claimed };
  }

  announce(couponIds: readonly CouponId[]): void {
    for (const couponId of couponIds) {
      this.announcedMs.delete(couponId);
      this.announcedMs.set(couponId, this.nowMs());
    }
  }

  silence(couponIds: readonly CouponId[], idleMs: number): void {
    for (const couponId of couponIds) {
      const atMs = this.announcedMs.get(couponId);
      if (atMs !== undefined && atMs <= this.nowMs() - idleMs) this.announcedMs.delete(couponId);
    }
  }

  /** Everything is gone, as after FLUSHALL or a master that came back empty. */
  loseEverything(): void {
    this.coupons.clear();
    this.announcedMs.clear();
    this.life += 1;
  }

  #endClaim(couponId: CouponId, token: string): { coupon: StoredCoupon; claim: StoredClaim } | undefined {
    const coupon = this.coupons.get(couponId);
    const claim = coupon?.claims.find((candidate) => candidate.token === token);
    if (coupon === undefined || claim === undefined) return undefined;
    coupon.claims = coupon.claims.filter((candidate) => candidate !== claim);
    return { coupon, claim };
  }

  #snapshotOf(coupon: StoredCoupon): CouponSnapshot {
    const { quantity, opensAtMs, closesAtMs, paused, closed } = coupon.terms;
    return {
      couponId: coupon.couponId,
      quantity,
      opensAtMs,
      closesAtMs,
      paused,
      closed,
      version: coupon.version,
      epoch: coupon.epoch,
      issued: coupon.winners.size,
      lastIssueNo: coupon.lastIssueNo,
      storeNowMs: this.nowMs(),
    };
  }
}

export type AdmitRefusal = ReturnType<typeof refusalOf>;

function changed(terms: CouponTerms, change: TermsChange): CouponTerms {
  const closes = change.closed === true && !terms.closed;
  return {
    quantity: change.quantity ?? terms.quantity,
    opensAtMs: change.opensAtMs === undefined ? terms.opensAtMs : (change.opensAtMs ?? undefined),
    closesAtMs: change.closesAtMs === undefined ? terms.closesAtMs : (change.closesAtMs ?? undefined),
    paused: !closes && (change.paused ?? terms.paused),
    closed: terms.closed || closes,
  };
}

function sameTerms(one: CouponTerms, other: CouponTerms): boolean {
  return (
    one.quantity === other.quantity &&
    one.opensAtMs === other.opensAtMs &&
    one.closesAtMs === other.closesAtMs &&
    one.paused === other.paused &&
    one.closed === other.closed
  );
}
