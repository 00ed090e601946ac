/** Shows the coupon as it is after a seller's action, or after a change in another tab. */
import type { Result } from '../api/calls.js';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { problemText } from '../problem-text.js';

interface ChangedCoupon {
  readonly coupon: Coupon;
  /** Describes the coupon as it is now. */
  readonly text: string;
}

interface TakeChange {
  /** @returns why nothing was done; `undefined` after the change was shown. */
  readonly take: (result: Result<Coupon>, done: string) => string | undefined;
  /** Reads the coupon that another tab has changed, shows it on the page, and describes it. */
  readonly readChanged: () => Promise<Result<ChangedCoupon>>;
}

export function useTakeChange(couponId: number, onChanged: (coupon: Coupon) => void): TakeChange {
  const { words, api, format, notify } = useConsole();
  return {
    take: (result, done) => {
      if (!result.ok) return problemText(words, result.problem);
      onChanged(result.value);
      notify(done);
      return undefined;
    },

    readChanged: async () => {
      const read = await api.coupon(couponId);
      if (!read.ok) return read;
      const coupon = read.value;
      onChanged(coupon);
      const quantity = format.whole(coupon.quantity);
      const text = words.detail.changedMeanwhile(
        coupon.name,
        quantity,
        format.window(coupon),
        words.state[coupon.state],
      );
      return { ok: true, value: { coupon, text } };
    },
  };
}
