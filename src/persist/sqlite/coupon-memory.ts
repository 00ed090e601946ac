/** Keeps one embedded coupon in memory and decides by the rules of `lua/admit.lua`. */
import {
  type AdmitDecisions,
  type AlreadyIssued,
  type NumberedHolder,
  type Refusal,
  refusalOf,
  type WarmCoupon,
  type WinnersView,
} from '../../engine/ports/admission.js';
import {
  type TermsChange,
  sameTerms,
  termsAfter,
  termsOf,
  type TermsRefusal,
} from '../../engine/ports/terms-change.js';
import type {
  CouponId,
  CouponSnapshot,
  CouponTerms,
  Issuance,
  HolderId,
} from '../../engine/domain/coupon.js';

export interface Admitted {
  readonly decisions: AdmitDecisions;
  /** The holders who are issued the numbers from `firstIssueNo`, in their order. */
  readonly fresh: readonly HolderId[];
  readonly undo: () => void;
}

export type Amended =
  { readonly status: 'unchanged' | TermsRefusal } | { readonly status: 'changed'; readonly undo: () => void };

export class CouponMemory {
  readonly couponId: CouponId;
  readonly epoch: number;
  #terms: CouponTerms;
  #version: number;
  #lastIssueNo: number;
  #winners = new Map<HolderId, Issuance>();
  /** A reader has `#winners` as a view that must not change: copy before the next write. */
  #viewed = false;

  constructor(coupon: WarmCoupon) {
    this.couponId = coupon.couponId;
    this.epoch = coupon.epoch;
    this.#terms = termsOf(coupon);
    this.#version = coupon.version;
    this.#lastIssueNo = coupon.lastIssueNo;
  }

  get terms(): CouponTerms {
    return this.#terms;
  }

  get version(): number {
    return this.#version;
  }

  get lastIssueNo(): number {
    return this.#lastIssueNo;
  }

  get issued(): number {
    return this.#winners.size;
  }

  /** Live issuances from the table, while the coupon is being warmed. */
  take(issuances: readonly Issuance[]): void {
    for (const { holder, issueNo, issuedAtMs } of issuances) {
      this.#winners.set(holder, { holder, issueNo, issuedAtMs });
    }
  }

  issuanceOf(holder: HolderId): Issuance | undefined {
    return this.#winners.get(holder);
  }

  /**
   * All members who hold the coupon now. The view stays as it is: the next write copies. A copy per view instead costs
   * 10 ms per 100,000.
   */
  view(): WinnersView {
    this.#viewed = true;
    return this.#winners;
  }

  snapshot(storeNowMs: number): CouponSnapshot {
    return {
      ...this.#terms,
      couponId: this.couponId,
      version: this.#version,
      epoch: this.epoch,
      issued: this.issued,
      lastIssueNo: this.#lastIssueNo,
      storeNowMs,
    };
  }

  /** @param askers how many at the end of `holders` only ask what they hold. */
  admit(holders: readonly HolderId[], storeNowMs: number, askers = 0): Admitted {
    const winners = this.#ownWinners();
    const before = this.#lastIssueNo;
    const atDoor = refusalOf(this.#terms, winners.size, storeNowMs);
    let room = atDoor === undefined ? this.#terms.quantity - winners.size : 0;
    const already: AlreadyIssued[] = [];
    const fresh: HolderId[] = [];
    let refusal: Refusal | undefined;
    const mayWin = holders.length - askers;
    holders.forEach((holder, index) => {
      const held = winners.get(holder);
      if (held !== undefined) {
        already.push({ index, issueNo: held.issueNo, issuedAtMs: held.issuedAtMs });
      } else if (index >= mayWin) {
        return;
      } else if (room > 0) {
        room--;
        winners.set(holder, { holder, issueNo: ++this.#lastIssueNo, issuedAtMs: storeNowMs });
        fresh.push(holder);
      } else {
        refusal = atDoor ?? 'sold_out';
      }
    });
    return {
      decisions: {
        status: 'decided',
        storeNowMs,
        version: this.#version,
        firstIssueNo: before + 1,
        issuedCount: fresh.length,
        already,
        refusal,
      },
      fresh,
      undo: () => {
        const mine = this.#ownWinners();
        for (const holder of fresh) mine.delete(holder);
        this.#lastIssueNo = before;
      },
    };
  }

  amend(change: TermsChange): Amended {
    const before = this.#terms;
    const after = termsAfter(before, change, this.issued);
    if (typeof after === 'string') return { status: after };
    if (sameTerms(before, after)) return { status: 'unchanged' };
    this.#terms = after;
    this.#version++;
    return {
      status: 'changed',
      undo: () => {
        this.#terms = before;
        this.#version--;
      },
    };
  }

  /** `undefined` when this member does not hold this number. */
  revoke(issueNo: number, holder: HolderId): { readonly undo: () => void } | undefined {
    const held = this.#winners.get(holder);
    if (held?.issueNo !== issueNo) return undefined;
    this.#ownWinners().delete(holder);
    this.#version++;
    return {
      undo: () => {
        this.#ownWinners().set(holder, held);
        this.#version--;
      },
    };
  }

  /** Takes back those that these members hold under these numbers, with one new version for all. */
  revokeMany(issuances: readonly NumberedHolder[]): {
    readonly ended: readonly Issuance[];
    readonly undo: () => void;
  } {
    const live = issuances.flatMap(({ issueNo, holder }) => {
      const held = this.#winners.get(holder);
      return held?.issueNo === issueNo ? [held] : [];
    });
    const ended = [...new Set(live)];
    if (ended.length > 0) {
      const winners = this.#ownWinners();
      for (const { holder } of ended) winners.delete(holder);
      this.#version++;
    }
    return {
      ended,
      undo: () => {
        if (ended.length === 0) return;
        const winners = this.#ownWinners();
        for (const held of ended) winners.set(held.holder, held);
        this.#version--;
      },
    };
  }

  #ownWinners(): Map<HolderId, Issuance> {
    if (this.#viewed) {
      this.#winners = new Map(this.#winners);
      this.#viewed = false;
    }
    return this.#winners;
  }
}
