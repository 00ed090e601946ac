/** Defines the discount that a coupon promises. */

/** ISO 4217; of a discount that names none. */
export const DEFAULT_CURRENCY = 'KRW';

export type Discount =
  | { readonly type: 'percent'; readonly value: number }
  /** `value` counts the smallest unit of the currency. */
  | { readonly type: 'amount'; readonly value: number; readonly currency: string };

export function sameDiscount(one: Discount | undefined, other: Discount | undefined): boolean {
  return discountKey(one) === discountKey(other);
}

function discountKey(discount: Discount | undefined): string {
  if (discount === undefined) return '';
  const { type, value } = discount;
  return `${type} ${value} ${type === 'amount' ? discount.currency : ''}`;
}
