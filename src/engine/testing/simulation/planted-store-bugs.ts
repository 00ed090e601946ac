/** Plants bugs in the simulated admission store, one class for each. */
import type { AdmitBatch, AdmitReply, AlreadyIssued, RevokeReply } from '../../ports/admission.js';
import type { CouponId, HolderId } from '../../domain/coupon.js';
import type { Claim } from '../../ports/issuance-queue.js';
import { SimulatedStore } from './simulated-store.js';
import type { StoredClaim, StoredCoupon } from './stored-coupon.js';
import type { AdmitRefusal } from './simulated-store.js';

/** As the model's scheduler: a batch is taken out of the queue without a record of the process that has it. */
export class PopWithoutClaim extends SimulatedStore {
  override claim(couponId: CouponId, token: string, limit: number): Claim | undefined {
    const coupon = this.coupons.get(couponId);
    const issuances = coupon?.queue.splice(0, limit) ?? [];
    return coupon === undefined || issuances.length === 0
      ? undefined
      : { couponId, epoch: coupon.epoch, token, issuances, backlog: 'full' };
  }
}

/** A key that is missing is taken for one that is empty. */
export class NoMarker extends SimulatedStore {
  override isWhole(): boolean {
    return true;
  }
}

/** What a dead recorder took stays taken. */
export class ClaimsWithoutLease extends SimulatedStore {
  protected override lapsedClaim(): undefined {
    return undefined;
  }
}

/** A lease that ended is taken over, but an acknowledgement ends the oldest claim, whichever recorder holds it. */
export class AckWithoutToken extends SimulatedStore {
  override ack(couponId: CouponId, token: string): boolean {
    const oldest = this.coupons.get(couponId)?.claims[0];
    return super.ack(couponId, oldest?.token ?? token);
  }
}

/** Stock is a number of its own, and a revoke does not put the unit back. */
export class CounterBesideWinners extends SimulatedStore {
  readonly #taken = new Map<CouponId, number>();

  protected override refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    const refusal = super.refusalNow(coupon, storeNowMs);
    if (refusal !== undefined && refusal !== 'sold_out') return refusal;
    return (this.#taken.get(coupon.couponId) ?? 0) >= coupon.terms.quantity ? 'sold_out' : undefined;
  }

  protected override issue(coupon: StoredCoupon, holder: HolderId, issuedAtMs: number): void {
    super.issue(coupon, holder, issuedAtMs);
    this.#taken.set(coupon.couponId, (this.#taken.get(coupon.couponId) ?? 0) + 1);
  }
}

/** Stock is read before the batch and not within it. */
export class StockReadOnce extends SimulatedStore {
  #refusal: AdmitRefusal;

  override admit(batch: AdmitBatch): AdmitReply {
    const coupon = this.coupons.get(batch.couponId);
    this.#refusal = coupon && super.refusalNow(coupon, this.nowMs());
    return super.admit(batch);
  }

  protected override refusalNow(): AdmitRefusal {
    return this.#refusal;
  }
}

/** The window is judged by the clock of the process that asks. */
export class WindowByProcessClock extends SimulatedStore {
  askerNowMs: number | undefined;

  protected override refusalNow(coupon: StoredCoupon, storeNowMs: number): AdmitRefusal {
    return super.refusalNow(coupon, this.askerNowMs ?? storeNowMs);
  }
}

/** Membership is not checked: a batch that is sent again issues again. */
export class ResendDoubles extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const coupon = this.coupons.get(batch.couponId);
    if (coupon !== undefined && coupon.epoch === batch.epoch) {
      for (const holder of batch.holders) coupon.winners.delete(holder);
    }
    return super.admit(batch);
  }
}

/** Late commands are carried out, however long ago their members were answered. */
export class LateIsWelcome extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    return super.admit({ ...batch, notAfterMs: Infinity });
  }
}

/** A revoke makes no new version: an actor sealed before it answers with the previous winners. */
export class RevokeKeepsVersion extends SimulatedStore {
  override revoke(couponId: CouponId, issueNo: number, holder: HolderId): RevokeReply {
    const version = this.coupons.get(couponId)?.version;
    const reply = super.revoke(couponId, issueNo, holder);
    const coupon = this.coupons.get(couponId);
    if (coupon !== undefined && version !== undefined) coupon.version = version;
    return reply;
  }
}

/** A quantity may be cut below what is issued. */
export class CutBelowIssued extends SimulatedStore {
  protected override issuedOf(): number {
    return 0;
  }
}

/** Numbers are handed out of blocks, one block a process. */
export class NumbersInBlocks extends SimulatedStore {
  asker = '';
  readonly #next = new Map<string, number>();

  protected override issue(coupon: StoredCoupon, holder: HolderId, issuedAtMs: number): void {
    const before = coupon.lastIssueNo;
    coupon.lastIssueNo = (this.#next.get(this.asker) ?? this.#next.size * 10) + 0;
    super.issue(coupon, holder, issuedAtMs);
    this.#next.set(this.asker, coupon.lastIssueNo);
    coupon.lastIssueNo = Math.max(before, coupon.lastIssueNo);
  }
}

/** The numbers of those who already held one are shifted by one place in the batch. */
export class AlreadyOffByOne extends SimulatedStore {
  override admit(batch: AdmitBatch): AdmitReply {
    const reply = super.admit(batch);
    if (reply.status !== 'decided') return reply;
    const shift = (held: AlreadyIssued): AlreadyIssued => ({
      ...held,
      issueNo: Math.max(1, held.issueNo - 1),
    });
    return { ...reply, already: reply.already.map(shift) };
  }
}

/** A released claim loses its last issuance. */
export class ReleaseDropsOne extends SimulatedStore {
  override release(couponId: CouponId, token: string): boolean {
    const claim: StoredClaim | undefined = this.coupons
      .get(couponId)
      ?.claims.find((candidate) => candidate.token === token);
    if (claim !== undefined) claim.issuances = claim.issuances.slice(0, -1);
    return super.release(couponId, token);
  }
}
