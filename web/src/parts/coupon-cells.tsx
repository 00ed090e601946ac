/** Draws what lists of coupons share: the filter by state, and the cells of name and stock. */
import { couponStates } from '../api/coupon.js';
import type { Coupon, CouponState } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Segments } from './field.js';
import { StockBar } from './stock-bar.js';

export type StateFilter = CouponState | 'all';

interface StateChoiceOptions {
  readonly value: StateFilter;
  readonly onChange: (state: StateFilter) => void;
}

export function StateChoice({ value, onChange }: StateChoiceOptions) {
  const { words } = useConsole();
  return (
    <Segments
      label={words.coupons.filter}
      value={value}
      choices={[
        ['all', words.coupons.all],
        ...couponStates.map((state) => [state, words.state[state]] as const),
      ]}
      onChange={onChange}
    />
  );
}

interface NameCellOptions {
  readonly name: string;
  readonly address: string;
  readonly note?: string | undefined;
}

export function NameCell({ name, address, note }: NameCellOptions) {
  return (
    <td class="cell-main cell-name">
      <a href={address} title={name}>
        {name}
      </a>
      {note !== undefined && <span class="quiet">{note}</span>}
    </td>
  );
}

export function StockCell({ remaining, quantity }: Pick<Coupon, 'remaining' | 'quantity'>) {
  const { format } = useConsole();
  return (
    <td class="cell-stock">
      <span class="figure-line">
        {format.whole(remaining)} / {format.whole(quantity)}
      </span>
      <StockBar remaining={remaining} quantity={quantity} />
    </td>
  );
}
