/** Defines what a coupon shows besides its name: to messengers that unfold a link, and to pages of a shop. */

export const DESCRIPTION_LENGTH_MAX = 300;
/** Most characters of an image's address. */
export const IMAGE_LENGTH_MAX = 500;

export interface CouponDisplay {
  readonly image?: string;
  readonly description?: string;
}

/** What is absent stays; `null` removes it. */
export interface DisplayChange {
  readonly image?: string | null;
  readonly description?: string | null;
}

export function displayAfter(before: CouponDisplay, change: DisplayChange): CouponDisplay {
  const image = change.image === undefined ? before.image : (change.image ?? undefined);
  const description =
    change.description === undefined ? before.description : (change.description ?? undefined);
  return {
    ...(image === undefined ? {} : { image }),
    ...(description === undefined ? {} : { description }),
  };
}

export function sameDisplay(one: CouponDisplay, other: CouponDisplay): boolean {
  return one.image === other.image && one.description === other.description;
}
