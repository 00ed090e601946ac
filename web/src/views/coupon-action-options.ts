/** Defines what the actions on a coupon and their dialogs are given. */
import type { Coupon } from '../api/coupon.js';

export interface CouponActionOptions {
  /** As last received. */
  readonly coupon: Coupon;
  /** Is given the coupon as it is after a change. */
  readonly onChanged: (coupon: Coupon) => void;
}

export interface CouponDialogOptions extends CouponActionOptions {
  readonly onClose: () => void;
}
