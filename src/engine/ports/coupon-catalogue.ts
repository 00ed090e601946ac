/**
 * Defines the catalogue of registered coupons, from which a coupon is warmed.
 *
 * `testing/contracts/coupon-catalogue-contract.ts` tests every back end.
 */
import type { AuditEntry } from './audit-log.js';
import type { CouponId, CouponSnapshot, CouponTerms } from '../domain/coupon.js';
import type { CouponDisplay } from '../domain/coupon-display.js';
import type { Discount } from '../domain/discount.js';
import type { DoorRule } from '../domain/door-rule.js';
import type { KeyedRequest } from './idempotency.js';
import type { RedemptionRules } from '../domain/redemption.js';

export interface NewCoupon extends CouponTerms {
  readonly sellerId: string;
  readonly name: string;
  readonly discount: Discount | undefined;
  readonly createdAtMs: number;
  /** What the front end asks of a member; left out: nothing. */
  readonly door?: DoorRule | undefined;
  /** Left out: {@link defaultRedemptionRules}. */
  readonly redemption?: RedemptionRules | undefined;
  /** Left out: neither image nor description. */
  readonly display?: CouponDisplay | undefined;
}

export interface QuantityChange {
  /** By the clock of the process that was asked. */
  readonly atMs: number;
  readonly before: number;
  readonly quantity: number;
}

export interface CouponRecord extends NewCoupon {
  /** Ascending, the latest of them; left out where the quantity never changed. */
  readonly quantityChanges?: readonly QuantityChange[];
  readonly couponId: CouponId;
  /** Version of the terms last saved here. The admission store may be ahead for a moment. */
  readonly version: number;
  /** 0: never put into the admission store. */
  readonly epoch: number;
  /** Grows with every change of what a seller sets; issuances, revokes and rebuilds leave it as it is. */
  readonly revision: number;
  /** Changes that have begun (coupon-changes.ts). */
  readonly changesBegun: number;
  /** Random, drawn at registration: distinguishes this coupon from another one that had the same id. Absent where one store holds everything. */
  readonly birth?: string;
}

export interface CouponFilter {
  readonly sellerId?: string;
}

export const couponSorts = ['id', '-id', 'opensAt', '-opensAt'] as const;
/** With a minus descending. Equal openings are sorted by id, and a coupon without one sorts before every other. */
export type CouponSort = (typeof couponSorts)[number];

/** `from` bounds are included, `before` bounds are not. A coupon without an opening is in no range of openings. */
export interface CouponQuery extends CouponFilter {
  /** `id` where it is left out. */
  readonly sort?: CouponSort;
  readonly opensFromMs?: number;
  readonly opensBeforeMs?: number;
  readonly createdFromMs?: number;
  readonly createdBeforeMs?: number;
}

/** The last coupon of the page before: a page continues after it, whether or not it still exists under these values. */
export interface CouponCursor {
  readonly couponId: number;
  readonly opensAtMs: number | undefined;
}

export type InsertOnceReply =
  | { readonly status: 'inserted'; readonly record: CouponRecord }
  /** The key was taken by the same request before; this is the coupon it made, as it is now. */
  | { readonly status: 'repeated'; readonly record: CouponRecord }
  | { readonly status: 'key_reused' };

/** Terms as the admission store had them, with what orders them. */
export type VersionedTerms = CouponTerms & Pick<CouponSnapshot, 'version' | 'epoch'>;

export interface CouponCatalogue {
  /** Stores it under the next id with version 1, epoch 0, and in the same transaction `audit`, where it is given. */
  insert(coupon: NewCoupon, audit?: (couponId: CouponId) => AuditEntry): Promise<CouponRecord>;
  /** Like {@link insert}, once per key: the key is taken in the same transaction. Requests at once with one key make one coupon. */
  insertOnce(
    coupon: NewCoupon,
    keyed: KeyedRequest,
    audit?: (couponId: CouponId) => AuditEntry,
  ): Promise<InsertOnceReply>;
  /** One for each id asked for, in that order. */
  find(couponIds: readonly CouponId[]): Promise<(CouponRecord | undefined)[]>;
  /** Ascending by id, those above `afterCouponId`, up to `limit`. */
  list(filter: CouponFilter, afterCouponId: number, limit: number): Promise<CouponRecord[]>;
  /** In the order of the query, those after `after`, up to `limit`. */
  page(query: CouponQuery, after: CouponCursor | undefined, limit: number): Promise<CouponRecord[]>;
  /**
   * Overwrites terms and version if `version` is above the stored one; else nothing happens. Nor does it for an epoch below the stored one: a
   * store that was rebuilt may count from a lower version, and what was read before the rebuild may come late.
   *
   * @returns false: the stored epoch is higher, so a verification that begins now, or has begun, may not find this version.
   */
  saveTerms(couponId: CouponId, terms: VersionedTerms): Promise<boolean>;
  /** Raises the epoch by one, or to one above `above` where that is higher, and returns the new one. */
  nextEpoch(couponId: CouponId, above?: number): Promise<number>;
}
