/**
 * Which rows a seeding consists of: decided by its sizes alone, so that a run that was interrupted is continued by the same command.
 *
 * All issuances stand in one line, coupon after coupon. Each coupon gets as many as the others, the first ones one more, and the
 * members take their turns along the line: nobody meets a coupon twice, everybody holds as many as the others, and neighbours
 * in the line are neighbours in the index by member, which makes filling it fast.
 */

export interface SeedSizes {
  readonly members: number;
  readonly coupons: number;
  readonly memberCoupons: number;
}

/** Why the sizes fit no tables; `undefined` when they do. */
export function sizesFault({ members, coupons, memberCoupons }: SeedSizes): string | undefined {
  if (memberCoupons > 0 && coupons === 0) return 'issuances need coupons: give --coupons';
  if (memberCoupons > members * coupons) {
    const least = Math.ceil(memberCoupons / coupons).toLocaleString('en');
    return `a member holds a coupon at most once: this number of issuances needs --members ${least} or more`;
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
