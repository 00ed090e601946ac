/** Defines the database operations for filling tables; `persist/sql/sql-seed-tables.ts` implements them. */

/**
 * Marks seeded rows, so that they can be found again: their seller, and the domain of their members (RFC 2606:
 * reserved).
 */
export const SEED_SELLER_ID = 'seed';
export const SEED_MAIL_DOMAIN = 'seed.invalid';

export interface NewSeededMember {
  readonly email: string;
  readonly createdAtMs: number;
}

export interface NewSeededCoupon {
  readonly name: string;
  readonly quantity: number;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
}

export interface SeededCoupon {
  readonly couponId: number;
  readonly quantity: number;
  readonly opensAtMs: number;
  /** The highest number that has a row. Rows of a coupon are inserted in order, so it is also how many there are. */
  readonly recorded: number;
}

export interface SeededIssuance {
  readonly couponId: number;
  readonly issueNo: number;
  readonly memberId: string;
  readonly issuedAtMs: number;
}

/** Every insert is one statement: all of its rows or none. @throws StoreUnavailableError, StoreOutcomeUnknownError. */
export interface SeedTables {
  /** Inserts worth having in flight at the same time. */
  readonly insertsAtOnce: number;
  /** Account ids of seeded members with an address above this one, in order of address. */
  membersAfter(
    email: string,
    limit: number,
  ): Promise<readonly { readonly id: number; readonly email: string }[]>;
  couponsAfter(couponId: number, limit: number): Promise<readonly SeededCoupon[]>;
  insertMembers(members: readonly NewSeededMember[]): Promise<void>;
  insertCoupons(coupons: readonly NewSeededCoupon[]): Promise<void>;
  insertIssuances(issuances: readonly SeededIssuance[]): Promise<void>;
  close(): Promise<void>;
}
