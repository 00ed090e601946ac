/** Shows the image of a coupon, which is where its seller keeps it. */
import { useState } from 'preact/hooks';

interface CouponImageOptions {
  readonly address: string;
  /** Shown in the place of an image that cannot be loaded; without it nothing is. */
  readonly fault?: string;
}

export function CouponImage({ address, fault }: CouponImageOptions) {
  const [failed, setFailed] = useState(false);
  if (failed) return fault === undefined ? null : <p class="hint-box hint-bad">{fault}</p>;
  return (
    <img
      class="coupon-image"
      src={address}
      // The name of the coupon is beside it.
      alt=""
      decoding="async"
      referrerpolicy="no-referrer"
      onError={() => setFailed(true)}
    />
  );
}
