/** Makes the coupons and batches that the contract of {@link IssuanceLedger} records. */
import type { CouponId, Issuance } from '../../domain/coupon.js';
import { holder } from './ids.js';
import type { CouponCatalogue } from '../../ports/coupon-catalogue.js';
import type { IssuanceLedger, RecordResult } from '../../ports/issuance-ledger.js';

export interface LedgerUnderTest {
  readonly ledger: IssuanceLedger;
  /** The same database through a connection of its own, for meetings; the same object where there is only one. */
  readonly other: IssuanceLedger;
  /** Catalogue of the same database, with the epoch of each coupon. */
  readonly catalogue: CouponCatalogue;
  close(): Promise<void>;
}

export const AT_MS = Date.UTC(2026, 10, 22, 12);

export function issuance(issueNo: number, name = `m${issueNo}`): Issuance {
  return { issueNo, holder: holder(name), issuedAtMs: AT_MS + issueNo };
}

export function line(from: number, to: number, prefix = 'm'): Issuance[] {
  return Array.from({ length: to - from + 1 }, (_, index) =>
    issuance(from + index, `${prefix}${from + index}`),
  );
}

export function result(counts: Partial<RecordResult>): RecordResult {
  return { inserted: 0, replayed: 0, revoked: 0, deadLettered: 0, stale: 0, ...counts };
}

export async function numbers(ledger: IssuanceLedger, couponId: CouponId): Promise<number[]> {
  return (await ledger.rows(couponId, 0, 10_000)).map((row) => row.issueNo);
}

export async function registeredCoupon(catalogue: CouponCatalogue, quantity: number): Promise<CouponId> {
  const terms = { quantity, opensAtMs: undefined, closesAtMs: undefined, paused: false, closed: false };
  const named = { sellerId: 's', name: 'n', discount: undefined, createdAtMs: AT_MS };
  const { couponId } = await catalogue.insert({ ...terms, ...named });
  await catalogue.nextEpoch(couponId);
  return couponId;
}
