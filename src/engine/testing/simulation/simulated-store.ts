/**
 * Simulates the admission store: the Redis scripts in memory, synchronous and without a network.
 *
 * Every method is one atomic step. `SimulatedStorePorts` puts a link in front of it; planted bugs override single
 * methods.
 */
import { refusalOf } from '../../ports/admission.js';
import type {
  AdmitBatch,
  AdmitReply,
  AlreadyIssued,
  AmendReply,
  NumberedChange,
  NumberedHolder,
  RevokeManyReply,
  RevokeReply,
  WarmCoupon,
} from '../../ports/admission.js';
import type { CouponId, CouponSnapshot, CouponTerms, Issuance, HolderId } from '../../domain/coupon.js';
import type {
  Claim,
  ClaimName,
  ClaimReply,
  ClaimRound,
  QueueDepth,
  QueueFault,
} from '../../ports/issuance-queue.js';
import { StoredCoupons } from './stored-coupons.js';
import { type TermsChange, sameTerms, termsAfter, termsOf } from '../../ports/terms-change.js';
import { couponParts, NO_CHANGE, enqueue } from './stored-coupon.js';
import type { TermsInstalled, StoredCoupon, CouponPart, StoredClaim } from './stored-coupon.js';

export class SimulatedStore extends StoredCoupons {
  /** All of them, oldest first: no part of the store, and so never lost with it. */
  readonly installed: TermsInstalled[] = [];
  /** Coupon/number → when its unit was first returned to stock by {@link revokeMany}; no part of the store either. */
  readonly returnedMs = new Map<string, number>();

  admit(batch: AdmitBatch): AdmitReply {
    const storeNowMs = this.nowMs();
    const coupon = this.serving(batch.couponId, 'winners', 'queue');
    if (coupon === undefined) return { status: 'not_ready', storeNowMs };
    if (this.isStale(coupon, batch)) return { status: 'stale_epoch', storeNowMs };
    if (storeNowMs > batch.notAfterMs) return { status: 'expired', storeNowMs };

    const firstIssueNo = coupon.lastIssueNo + 1;
    const already: AlreadyIssued[] = [];
    let refusal: AdmitRefusal;
    batch.holders.forEach((holder, index) => {
      const held = coupon.winners.get(holder);
      if (held !== undefined) {
        already.push({ index, issueNo: held.issueNo, issuedAtMs: held.issuedAtMs });
        return;
      }
      if (this.onlyAsks(batch, index)) return;
      const met = this.refusalNow(coupon, storeNowMs);
      if (met === undefined) this.issue(coupon, holder, storeNowMs);
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

  /** The batches of one call, one after another: each is a step of its own, and a refused one does not affect the others. */
  admitRound(batches: readonly AdmitBatch[]): AdmitReply[] {
    return batches.map((batch) => this.admit(batch));
  }

  protected isStale(coupon: StoredCoupon, batch: AdmitBatch): boolean {
    return coupon.epoch !== batch.epoch || coupon.lastIssueNo < (batch.seenIssueNo ?? 0);
  }

  protected onlyAsks({ holders, askers = 0 }: AdmitBatch, index: number): boolean {
    return index >= holders.length - askers;
  }

  protected refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    return refusalOf(coupon.terms, coupon.winners.size, storeNowMs);
  }

  protected issue(coupon: StoredCoupon, holder: HolderId, issuedAtMs: number): void {
    coupon.lastIssueNo += 1;
    const issuance = { holder, issueNo: coupon.lastIssueNo, issuedAtMs };
    coupon.winners.set(holder, issuance);
    coupon.queue.push(issuance);
  }

  snapshot(couponId: CouponId): CouponSnapshot | undefined {
    const coupon = this.serving(couponId, ...couponParts);
    return coupon && this.#snapshotOf(coupon);
  }

  issuanceOf(couponId: CouponId, holder: HolderId): Issuance | undefined | 'not_ready' {
    const coupon = this.coupons.get(couponId);
    if (coupon !== undefined && !this.isWhole(coupon, ['meta', 'winners'])) return 'not_ready';
    const held = coupon?.winners.get(holder);
    return held ?? (this.serving(couponId) === undefined ? 'not_ready' : undefined);
  }

  unrecordedHolder(couponId: CouponId, issueNo: number): Issuance | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined) return undefined;
    this.demandWhole(coupon, ['queue', 'claimed']);
    const unrecorded = [coupon.queue, ...coupon.claims.map((claim) => claim.issuances)].flat();
    return unrecorded.find((issuance) => issuance.issueNo === issueNo);
  }

  /** `present`: it is there already, or being recovered with something to recover, and stays as it is. */
  warm(coupon: WarmCoupon, issued: readonly Issuance[]): 'warmed' | 'present' {
    const known = this.coupons.get(coupon.couponId);
    if (known !== undefined) {
      const rescued = known.recovery?.wasIn === true || known.lastIssueNo > 0 || known.winners.size > 0;
      if (known.recovery === undefined || rescued) return 'present';
    }
    this.noteInstalled(coupon.couponId, termsOf(coupon));
    this.coupons.set(coupon.couponId, {
      couponId: coupon.couponId,
      terms: termsOf(coupon),
      version: coupon.version,
      epoch: coupon.epoch,
      lastIssueNo: coupon.lastIssueNo,
      lastChange: coupon.lastChange ?? NO_CHANGE,
      verifiedIn: this.life,
      recovery: undefined,
      inspecting: undefined,
      winners: new Map(
        issued.map(({ holder, issueNo, issuedAtMs }) => [holder, { holder, issueNo, issuedAtMs }]),
      ),
      queue: known?.queue ?? [],
      claims: known?.claims ?? [],
      lost: new Set(),
    });
    return 'warmed';
  }

  amend(couponId: CouponId, change: TermsChange, numbered?: NumberedChange): AmendReply {
    const coupon = this.serving(couponId, 'winners');
    if (coupon === undefined || (numbered !== undefined && this.isOfAnotherEpoch(coupon, numbered))) {
      return { status: 'not_ready' };
    }
    const changeNo = numbered?.changeNo;
    const decided = changeNo === undefined ? undefined : this.decidedBefore(coupon, changeNo);
    if (decided !== undefined) return { status: decided, snapshot: this.#snapshotOf(coupon) };
    const after = termsAfter(coupon.terms, change, this.issuedOf(coupon));
    const refused = typeof after === 'string' ? after : undefined;
    if (changeNo !== undefined) coupon.lastChange = { changeNo, refused };
    if (typeof after !== 'string' && !sameTerms(after, coupon.terms)) {
      this.noteInstalled(couponId, after);
      coupon.terms = after;
      coupon.version += 1;
    }
    return { status: refused ?? 'amended', snapshot: this.#snapshotOf(coupon) };
  }

  protected isOfAnotherEpoch({ epoch }: StoredCoupon, numbered: NumberedChange): boolean {
    return epoch !== numbered.epoch;
  }

  noteInstalled(couponId: CouponId, terms: CouponTerms): void {
    this.installed.push({ couponId, atMs: this.nowMs(), terms });
  }

  protected issuedOf(coupon: StoredCoupon): number {
    return coupon.winners.size;
  }

  /** The reply to a repeated or late command, which is not carried out. */
  protected decidedBefore(
    { lastChange }: StoredCoupon,
    changeNo: number,
  ): Exclude<AmendReply['status'], 'not_ready'> | undefined {
    if (changeNo > lastChange.changeNo) return undefined;
    return changeNo < lastChange.changeNo ? 'superseded' : (lastChange.refused ?? 'amended');
  }

  revoke(couponId: CouponId, issueNo: number, holder: HolderId): RevokeReply {
    const coupon = this.serving(couponId, 'winners', 'queue');
    if (coupon === undefined) return { status: 'not_ready' };
    const live = coupon.winners.get(holder)?.issueNo === issueNo;
    if (live) {
      coupon.winners.delete(holder);
      coupon.queue = coupon.queue.filter((issuance) => issuance.issueNo !== issueNo);
      coupon.version += 1;
    }
    return { status: live ? 'revoked' : 'absent', snapshot: this.#snapshotOf(coupon) };
  }

  revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]): RevokeManyReply {
    const coupon = this.serving(couponId, 'winners', 'queue');
    if (coupon === undefined) return { status: 'not_ready' };
    const live = issuances.filter(({ issueNo, holder }) => {
      if (coupon.winners.get(holder)?.issueNo !== issueNo) return false;
      coupon.winners.delete(holder);
      const name = `${couponId}/${issueNo}`;
      if (!this.returnedMs.has(name)) this.returnedMs.set(name, this.nowMs());
      return true;
    });
    const numbers = new Set(live.map(({ issueNo }) => issueNo));
    coupon.queue = coupon.queue.filter(({ issueNo }) => !numbers.has(issueNo));
    if (live.length > 0) coupon.version += this.versionsFor(live.length);
    return { status: 'revoked', count: live.length, snapshot: this.#snapshotOf(coupon) };
  }

  /** One, however many units come back together. */
  protected versionsFor(units: number): number {
    return Math.min(units, 1);
  }

  /** The coupons of one call, one after another, until the limit is used up. */
  claimRound({ couponIds, token, limit, leaseMs }: ClaimRound): Exclude<ClaimReply, QueueFault>[] {
    let room = limit;
    return couponIds.map((couponId) => {
      if (room <= 0) return 'later';
      const reply = this.claim(couponId, token, room, leaseMs) ?? 'empty';
      if (typeof reply === 'object') room -= reply.issuances.length;
      return reply;
    });
  }

  ackRound(claims: readonly ClaimName[]): boolean[] {
    return claims.map(({ couponId, token }) => this.ack(couponId, token));
  }

  releaseRound(claims: readonly ClaimName[]): boolean[] {
    return claims.map(({ couponId, token }) => this.release(couponId, token));
  }

  claim(
    couponId: CouponId,
    freshToken: string,
    limit: number,
    leaseMs: number,
  ): Claim | 'not_ready' | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined || coupon.recovery !== undefined || coupon.epoch === 0) return 'not_ready';
    if (!this.isWhole(coupon, ['meta', 'queue', 'claims', 'claimed'])) return 'not_ready';
    const nowMs = this.nowMs();
    const same = coupon.claims.find((claim) => claim.token === freshToken);
    const { epoch } = coupon;
    const { quantity } = coupon.terms;
    if (same !== undefined) {
      return { couponId, epoch, token: freshToken, issuances: same.issuances, backlog: 'full', quantity };
    }
    const lapsed = this.lapsedClaim(coupon, nowMs);
    const claim = lapsed ?? { token: freshToken, leaseUntilMs: 0, issuances: coupon.queue.splice(0, limit) };
    if (claim.issuances.length === 0) return undefined;
    claim.token = freshToken;
    claim.leaseUntilMs = nowMs + leaseMs;
    if (lapsed === undefined) coupon.claims.push(claim);
    const left = lapsed === undefined ? coupon.queue.length : limit;
    const backlog = left >= limit ? 'full' : left > 0 ? 'partial' : 'empty';
    return { couponId, epoch, token: freshToken, issuances: claim.issuances, backlog, quantity };
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
    return this.#endClaim(couponId, token, ['claims', 'claimed']) !== undefined;
  }

  release(couponId: CouponId, token: string): boolean {
    const held = this.coupons.get(couponId);
    if (held === undefined || held.recovery !== undefined || held.epoch === 0) return false;
    const ended = this.#endClaim(couponId, token, ['meta', 'winners', 'queue', 'claims', 'claimed']);
    if (ended === undefined) return false;
    const { coupon, claim } = ended;
    const live = claim.issuances.filter(
      (issuance) => coupon.winners.get(issuance.holder)?.issueNo === issuance.issueNo,
    );
    enqueue(coupon, live);
    return true;
  }

  depth(couponId: CouponId): QueueDepth | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon === undefined || coupon.recovery !== undefined || coupon.epoch === 0) return undefined;
    if (!this.isWhole(coupon, ['meta', 'queue', 'claims', 'claimed'])) return undefined;
    const claimed = coupon.claims.reduce((sum, claim) => sum + claim.issuances.length, 0);
    return { queued: coupon.queue.length, claimed };
  }

  markPending(couponIds: readonly CouponId[]): void {
    for (const couponId of couponIds) {
      this.pendingMs.delete(couponId);
      this.pendingMs.set(couponId, this.nowMs());
    }
  }

  silence(couponIds: readonly CouponId[], idleMs: number): void {
    for (const couponId of couponIds) {
      const atMs = this.pendingMs.get(couponId);
      if (atMs !== undefined && atMs <= this.nowMs() - idleMs) this.pendingMs.delete(couponId);
    }
  }

  #endClaim(
    couponId: CouponId,
    token: string,
    parts: readonly CouponPart[],
  ): { coupon: StoredCoupon; claim: StoredClaim } | undefined {
    const coupon = this.coupons.get(couponId);
    if (coupon !== undefined && !this.isWhole(coupon, parts)) return undefined;
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
