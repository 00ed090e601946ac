/** Reads the simulated stores for recovery and reconciler. */
import type { AdmittedIssuances } from '../../ports/admitted-issuances.js';
import type { CouponId, HolderId, Issuance } from '../../domain/coupon.js';
import type { DeadLetter, LedgerAudit, Revocation } from '../../ports/ledger-audit.js';
import type { Link } from './link.js';
import type { SimulatedDatabase } from './simulated-database.js';
import type { CouponPart } from './stored-coupon.js';
import { enqueue } from './stored-coupon.js';
import { type SimulatedStore } from './simulated-store.js';

export class SimulatedAdmitted implements AdmittedIssuances {
  readonly #link: Link;
  readonly #store: SimulatedStore;

  constructor(link: Link, store: SimulatedStore) {
    this.#link = link;
    this.#store = store;
  }

  async *winners(couponId: CouponId): AsyncGenerator<readonly Issuance[]> {
    yield await this.#link.call(() => [...(this.#store.coupons.get(couponId)?.winners.values() ?? [])]);
  }

  countWinners(couponId: CouponId): Promise<number> {
    return this.#link.call(() => this.#store.coupons.get(couponId)?.winners.size ?? 0);
  }

  /** Three reads, as with Redis: an issuance that moves in between is in one of them. */
  async *unrecorded(couponId: CouponId): AsyncGenerator<readonly Issuance[]> {
    const queued = (): readonly Issuance[] => [...(this.#store.coupons.get(couponId)?.queue ?? [])];
    yield await this.#link.call(queued);
    yield await this.#link.call(() => this.#claimed(couponId));
    yield await this.#link.call(queued);
  }

  held(couponId: CouponId, holders: readonly HolderId[]): Promise<(Issuance | undefined)[]> {
    return this.#link.call(() =>
      holders.map((holder) => this.#store.coupons.get(couponId)?.winners.get(holder)),
    );
  }

  lapsedClaims(couponId: CouponId, beforeMs: number): Promise<number> {
    return this.#link.call(
      () =>
        this.#store.coupons.get(couponId)?.claims.filter((claim) => claim.leaseUntilMs < beforeMs).length ??
        0,
    );
  }

  unqueued(couponId: CouponId, issuances: readonly Issuance[]): Promise<Issuance[]> {
    return this.#link.call(() => {
      this.#demandWhole(couponId, ['queue', 'claimed']);
      const unrecorded = [...(this.#store.coupons.get(couponId)?.queue ?? []), ...this.#claimed(couponId)];
      return issuances.filter(({ issueNo, holder }) =>
        unrecorded.every((one) => one.issueNo !== issueNo || one.holder !== holder),
      );
    });
  }

  requeue(couponId: CouponId, issuances: readonly Issuance[]): Promise<number> {
    return this.#link.call(() => {
      const coupon = this.#store.coupons.get(couponId);
      if (coupon === undefined) return 0;
      this.#demandWhole(couponId, ['winners', 'queue']);
      const held = issuances.filter(({ holder, issueNo }) => coupon.winners.get(holder)?.issueNo === issueNo);
      return enqueue(coupon, held);
    });
  }

  #demandWhole(couponId: CouponId, parts: readonly CouponPart[]): void {
    const coupon = this.#store.coupons.get(couponId);
    if (coupon !== undefined) this.#store.demandWhole(coupon, parts);
  }

  #claimed(couponId: CouponId): readonly Issuance[] {
    return this.#store.coupons.get(couponId)?.claims.flatMap((claim) => claim.issuances) ?? [];
  }
}

export class SimulatedAudit implements LedgerAudit {
  readonly #link: Link;
  readonly #database: SimulatedDatabase;

  constructor(link: Link, database: SimulatedDatabase) {
    this.#link = link;
    this.#database = database;
  }

  deadLetters(
    couponId: CouponId,
    after: Pick<DeadLetter, 'issueNo' | 'holder'> | undefined,
    limit: number,
  ): Promise<DeadLetter[]> {
    return this.#link.call(() =>
      [...this.#database.ledgerOf(couponId).deadLetters]
        .sort((one, other) => one.issueNo - other.issueNo || (one.holder < other.holder ? -1 : 1))
        .filter(
          ({ issueNo, holder }) =>
            after === undefined ||
            issueNo > after.issueNo ||
            (issueNo === after.issueNo && holder > after.holder),
        )
        .slice(0, limit),
    );
  }

  revocations(couponId: CouponId, afterIssueNo: number, limit: number): Promise<Revocation[]> {
    return this.#link.call(() =>
      [...this.#database.ledgerOf(couponId).revoked]
        .map(([issueNo, holder]) => ({ issueNo, holder, revokedAtMs: 0 }))
        .filter(({ issueNo }) => issueNo > afterIssueNo)
        .sort((one, other) => one.issueNo - other.issueNo)
        .slice(0, limit),
    );
  }

  rowsOf(couponId: CouponId, holders: readonly HolderId[]): Promise<Issuance[]> {
    return this.#link.call(() => holders.flatMap((holder) => this.#database.rowOf(couponId, holder) ?? []));
  }
}
