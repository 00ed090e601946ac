/**
 * Plans the rows of a seeding from its sizes, so that an interrupted run can continue.
 *
 * All issuances form one sequence, coupon after coupon. Each coupon gets the same number of issuances, the first
 * coupons one more. Members take turns along the sequence: no member gets a coupon twice, every member holds the same
 * number. Neighbours in the sequence are neighbours in the index by member, which makes inserting fast.
 */

export interface SeedSizes {
  readonly members: number;
  readonly coupons: number;
  readonly memberCoupons: number;
}

/** Why the sizes fit no tables; `undefined` when they do. */
export function sizesFault({ members, coupons, memberCoupons }: SeedSizes): string | undefined {
  if (memberCoupons > 0 && coupons === 0) return 'Issuances need coupons. Give --coupons.';
  if (memberCoupons > members * coupons) {
    const least = Math.ceil(memberCoupons / coupons).toLocaleString('en');
    return `A member holds a coupon at most once, so this number of issuances needs more members. Give --members ${least} or more.`;
  }
  return undefined;
}

export class SeedPlan {
  readonly sizes: SeedSizes;
  readonly #least: number;
  readonly #withOneMore: number;

  constructor(sizes: SeedSizes) {
    this.sizes = sizes;
    this.#least = sizes.coupons === 0 ? 0 : Math.floor(sizes.memberCoupons / sizes.coupons);
    this.#withOneMore = sizes.coupons === 0 ? 0 : sizes.memberCoupons % sizes.coupons;
  }

  /** Issuances of the coupon at this place (from 0). */
  issuancesOf(couponPlace: number): number {
    return this.#least + (couponPlace < this.#withOneMore ? 1 : 0);
  }

  /** What the coupon at this place is registered with: it is sold out, but a coupon has at least one unit. */
  quantityOf(couponPlace: number): number {
    return Math.max(1, this.issuancesOf(couponPlace));
  }

  /** Place (from 0) of the member who holds this number (from 1) of the coupon at this place. */
  memberPlaceOf(couponPlace: number, issueNo: number): number {
    const inLine = couponPlace * this.#least + Math.min(couponPlace, this.#withOneMore) + issueNo - 1;
    return inLine % this.sizes.members;
  }
}
