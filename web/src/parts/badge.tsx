/** Shows the state of a coupon as word, colour and shape, because colour alone is not accessible. */
import type { CouponState } from '../api/coupon.js';
import { useConsole } from '../context.js';

export function StateBadge({ state }: { readonly state: CouponState }) {
  const { words } = useConsole();
  return (
    <span class="badge" data-state={state}>
      {words.state[state]}
    </span>
  );
}
