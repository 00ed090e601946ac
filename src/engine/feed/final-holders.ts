/**
 * Reads who holds a coupon that issues no more, for coupons that exclude its holders.
 *
 * Only the ledger up to its frontier is exact: while a number may still become a row, its member may be a holder. Rejected: the winners of the
 * admission store, which a large coupon that is over need not be warm for.
 */
import type { CouponId, CouponSnapshot, MemberId } from '../domain/coupon.js';
import { memberOf } from '../domain/holder.js';
import { StoreUnavailableError } from '../domain/errors.js';
import type { Admission } from '../ports/admission.js';
import type { CouponWarmer } from '../recovery/coupon-warmer.js';
import type { SettledRows } from './settled-rows.js';

const PAGE_ROWS = 5_000;

export interface FinalHoldersPorts {
  readonly admission: Pick<Admission, 'snapshots'>;
  readonly warmer: Pick<CouponWarmer, 'prepare'>;
  readonly settledRows: Pick<SettledRows, 'read'>;
}

export interface HoldersState {
  readonly members: number;
  /** The coupon's version: it grows with every revoke. A version is given once, so its token is empty. */
  readonly place: { readonly revision: number; readonly token: string };
}

/** @throws StoreUnavailableError, StoreOutcomeUnknownError: it only reads. */
export class FinalHolders {
  readonly #ports: FinalHoldersPorts;

  constructor(ports: FinalHoldersPorts) {
    this.#ports = ports;
  }

  /** `undefined` while the coupon may still issue units, or is being recovered. */
  async state(couponId: CouponId): Promise<HoldersState | undefined> {
    const snapshot = await this.#snapshot(couponId);
    return snapshot !== undefined && isOver(snapshot)
      ? { members: snapshot.issued, place: { revision: snapshot.version, token: '' } }
      : undefined;
  }

  /**
   * @throws StoreUnavailableError while a number that was given has not become a row, or where the coupon is out of service since its state
   *   was read: how many numbers were given is not known then.
   */
  async *pages(couponId: CouponId): AsyncIterable<readonly MemberId[]> {
    const snapshot = await this.#snapshot(couponId);
    if (snapshot === undefined) {
      throw new StoreUnavailableError(`Coupon ${couponId} is being recovered, so its holders are not known.`);
    }
    const { lastIssueNo } = snapshot;
    let frontier = 0;
    while (frontier < lastIssueNo) {
      const page = await this.#ports.settledRows.read(couponId, frontier, PAGE_ROWS, lastIssueNo);
      yield page.rows.map(({ holder }) => memberOf(holder));
      if (page.frontier >= lastIssueNo) return;
      if (!page.more) {
        throw new StoreUnavailableError(`Not every issuance of coupon ${couponId} is recorded yet.`);
      }
      ({ frontier } = page);
    }
  }

  /** A coupon that is not in the store now has not changed for those who know its holders. */
  async changes(known: ReadonlyMap<CouponId, { readonly revision: number }>) {
    const couponIds = [...known.keys()];
    const snapshots = await this.#ports.admission.snapshots(couponIds);
    const stale = couponIds.filter((couponId, place) => {
      const snapshot = snapshots[place];
      return snapshot !== undefined && snapshot.version !== known.get(couponId)?.revision;
    });
    return { changes: [], stale };
  }

  async #snapshot(couponId: CouponId): Promise<CouponSnapshot | undefined> {
    const { admission, warmer } = this.#ports;
    const [known] = await admission.snapshots([couponId]);
    if (known !== undefined) return known;
    await warmer.prepare(couponId);
    return (await admission.snapshots([couponId]))[0];
  }
}

function isOver({ closed, closesAtMs, storeNowMs }: CouponSnapshot): boolean {
  return closed || (closesAtMs !== undefined && storeNowMs >= closesAtMs);
}
