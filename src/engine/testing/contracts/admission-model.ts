/** Implements the rules of admission without a store, as the model that back ends are compared with. */
import {
  type Admission,
  type AdmitBatch,
  type AdmitReply,
  type AlreadyIssued,
  type AmendReply,
  type AnswerBatch,
  type NumberedHolder,
  refusalOf,
  type RevokeManyReply,
  type RevokeReply,
  type WarmContent,
  type WarmCoupon,
  type WinnersView,
} from '../../ports/admission.js';
import type { TermsChange } from '../../ports/terms-change.js';
import type { CouponId, CouponSnapshot, Issuance, HolderId } from '../../domain/coupon.js';

interface Stock {
  terms: WarmCoupon;
  lastIssueNo: number;
  readonly winners: Map<HolderId, Issuance>;
}

export class AdmissionModel implements Admission {
  readonly #coupons = new Map<CouponId, Stock>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  admit(batch: AdmitBatch): Promise<AdmitReply> {
    return Promise.resolve(this.#admit(batch));
  }

  admitRound(batches: readonly AdmitBatch[], answer: AnswerBatch): Promise<void> {
    for (const [place, batch] of batches.entries()) answer(place, this.#admit(batch));
    return Promise.resolve();
  }

  shardOf(): number {
    return 0;
  }

  #admit({ couponId, epoch, holders, askers = 0, notAfterMs }: AdmitBatch): AdmitReply {
    const storeNowMs = this.#nowMs();
    const stock = this.#coupons.get(couponId);
    const refused = (status: 'not_ready' | 'stale_epoch' | 'expired') => ({ status, storeNowMs });
    if (stock === undefined) return refused('not_ready');
    if (stock.terms.epoch !== epoch) return refused('stale_epoch');
    if (storeNowMs > notAfterMs) return refused('expired');
    const firstIssueNo = stock.lastIssueNo + 1;
    const already: AlreadyIssued[] = [];
    let refusal: ReturnType<typeof refusalOf>;
    for (const [index, holder] of holders.entries()) {
      const held = stock.winners.get(holder);
      const met = refusalOf(stock.terms, stock.winners.size, storeNowMs);
      if (held !== undefined) already.push({ index, issueNo: held.issueNo, issuedAtMs: held.issuedAtMs });
      else if (index >= holders.length - askers) continue;
      else if (met !== undefined) refusal = met;
      else stock.winners.set(holder, { holder, issueNo: ++stock.lastIssueNo, issuedAtMs: storeNowMs });
    }
    const issuedCount = stock.lastIssueNo + 1 - firstIssueNo;
    const { version } = stock.terms;
    return { status: 'decided', storeNowMs, version, firstIssueNo, issuedCount, already, refusal };
  }

  async warm(couponId: CouponId, read: () => Promise<WarmContent>): Promise<'warmed' | 'present'> {
    const { coupon, issued } = await read();
    const winners = new Map<HolderId, Issuance>();
    for await (const chunk of issued) for (const issuance of chunk) winners.set(issuance.holder, issuance);
    if (this.#coupons.has(couponId)) return 'present';
    this.#coupons.set(couponId, { terms: coupon, lastIssueNo: coupon.lastIssueNo, winners });
    return 'warmed';
  }

  amend(couponId: CouponId, change: TermsChange): Promise<AmendReply> {
    const stock = this.#coupons.get(couponId);
    if (stock === undefined) return Promise.resolve({ status: 'not_ready' });
    const { terms } = stock;
    const { quantity, opensAtMs, closesAtMs, paused, closed } = change;
    const answer = (status: Exclude<AmendReply['status'], 'not_ready'>): Promise<AmendReply> =>
      Promise.resolve({ status, snapshot: this.#snapshot(couponId, stock) });
    const namesBound = opensAtMs !== undefined || closesAtMs !== undefined;
    if (terms.closed && (namesBound || quantity !== undefined || paused !== undefined))
      return answer('closed');
    const opens = opensAtMs === undefined ? terms.opensAtMs : (opensAtMs ?? undefined);
    const closes = closesAtMs === undefined ? terms.closesAtMs : (closesAtMs ?? undefined);
    if (namesBound && opens !== undefined && closes !== undefined && closes < opens)
      return answer('window_invalid');
    if (quantity !== undefined && quantity < stock.winners.size) return answer('quantity_below_issued');
    const closing = closed === true && !terms.closed;
    const amended: WarmCoupon = {
      ...terms,
      quantity: quantity ?? terms.quantity,
      opensAtMs: opens,
      closesAtMs: closes,
      paused: closing ? false : (paused ?? terms.paused),
      closed: closed ?? terms.closed,
    };
    const altered = JSON.stringify(amended) !== JSON.stringify(terms);
    if (altered) stock.terms = { ...amended, version: terms.version + 1 };
    return answer('amended');
  }

  revoke(couponId: CouponId, issueNo: number, holder: HolderId): Promise<RevokeReply> {
    const stock = this.#coupons.get(couponId);
    if (stock === undefined) return Promise.resolve({ status: 'not_ready' });
    const live = stock.winners.get(holder)?.issueNo === issueNo;
    if (live) {
      stock.winners.delete(holder);
      stock.terms = { ...stock.terms, version: stock.terms.version + 1 };
    }
    return Promise.resolve({
      status: live ? 'revoked' : 'absent',
      snapshot: this.#snapshot(couponId, stock),
    });
  }

  revokeMany(couponId: CouponId, issuances: readonly NumberedHolder[]): Promise<RevokeManyReply> {
    const stock = this.#coupons.get(couponId);
    if (stock === undefined) return Promise.resolve({ status: 'not_ready' });
    const before = stock.winners.size;
    for (const { issueNo, holder } of issuances) {
      if (stock.winners.get(holder)?.issueNo === issueNo) stock.winners.delete(holder);
    }
    const count = before - stock.winners.size;
    if (count > 0) stock.terms = { ...stock.terms, version: stock.terms.version + 1 };
    return Promise.resolve({ status: 'revoked', count, snapshot: this.#snapshot(couponId, stock) });
  }

  snapshots(couponIds: readonly CouponId[]): Promise<(CouponSnapshot | undefined)[]> {
    return Promise.resolve(
      couponIds.map((couponId) => {
        const stock = this.#coupons.get(couponId);
        return stock && this.#snapshot(couponId, stock);
      }),
    );
  }

  #snapshot(couponId: CouponId, { terms, lastIssueNo, winners }: Stock): CouponSnapshot {
    const { quantity, opensAtMs, closesAtMs, paused, closed, version, epoch } = terms;
    const fields = { quantity, opensAtMs, closesAtMs, paused, closed, version, epoch };
    return { couponId, ...fields, issued: winners.size, lastIssueNo, storeNowMs: this.#nowMs() };
  }

  issuanceOf(couponId: CouponId, holder: HolderId): Promise<Issuance | undefined | 'not_ready'> {
    const stock = this.#coupons.get(couponId);
    return Promise.resolve(stock === undefined ? 'not_ready' : stock.winners.get(holder));
  }

  issuancesOf(
    couponId: CouponId,
    holders: readonly HolderId[],
  ): Promise<readonly (Issuance | undefined)[] | 'not_ready'> {
    const stock = this.#coupons.get(couponId);
    return Promise.resolve(
      stock === undefined ? 'not_ready' : holders.map((holder) => stock.winners.get(holder)),
    );
  }

  /** Nothing is ever unrecorded here: the model has no queue. */
  unrecordedHolder(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  winners(couponId: CouponId, version: number, limit: number): Promise<WinnersView | undefined> {
    const stock = this.#coupons.get(couponId);
    const seen = stock?.terms.version === version && stock.winners.size <= limit;
    return Promise.resolve(seen ? new Map(stock.winners) : undefined);
  }
}
