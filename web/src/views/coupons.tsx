/** Lists all coupons for every visitor. */
import { useState } from 'preact/hooks';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { useGrowingList, useTitle } from '../hooks.js';
import { StateBadge } from '../parts/badge.js';
import { StateChoice } from '../parts/coupon-cells.js';
import type { StateFilter } from '../parts/coupon-cells.js';
import { GrowingListEnd } from '../parts/growing-list-end.js';
import { Empty } from '../parts/states.js';
import { StockBar } from '../parts/stock-bar.js';
import { eventAddress } from '../route.js';

const PAGE_ROWS = 24;

export function CouponsPage() {
  const { words, api } = useConsole();
  const [state, setState] = useState<StateFilter>('all');
  const list = useGrowingList(
    (after) => api.coupons({ sort: '-id', ...(state !== 'all' && { state }) }, after, PAGE_ROWS),
    [state],
  );
  useTitle(words.coupons.title);
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{words.coupons.title}</h1>
          <p class="lead">{words.coupons.lead}</p>
        </div>
      </header>
      <StateChoice value={state} onChange={setState} />
      <ul class="cards" ref={list.listRef}>
        {list.items.map((coupon) => (
          <li key={coupon.id}>
            <Card coupon={coupon} />
          </li>
        ))}
      </ul>
      <GrowingListEnd list={list}>
        {state === 'all' ? (
          <Empty title={words.coupons.empty} text={words.coupons.emptyText} />
        ) : (
          <Empty title={words.coupons.noneInState} text={words.coupons.noneInStateText} />
        )}
      </GrowingListEnd>
    </div>
  );
}

export function Card({ coupon }: { readonly coupon: Coupon }) {
  const context = useConsole();
  const { format } = context;
  const { remaining, quantity, discount } = coupon;
  return (
    <a class="card" href={eventAddress(coupon.id)}>
      <div class="card-top">
        <StateBadge state={coupon.state} />
        {discount !== undefined && <span class="discount">{format.discount(discount)}</span>}
      </div>
      <h2 title={coupon.name}>{coupon.name}</h2>
      <p class="quiet">{windowText(context, coupon)}</p>
      <div class="card-stock">
        <StockBar remaining={remaining} quantity={quantity} />
        <p class="figure-line">{stockText(context, coupon)}</p>
      </div>
    </a>
  );
}

/** What a closed coupon has left is not to be had. */
function stockText(
  { words, format }: ConsoleContext,
  { state, issued, remaining, quantity }: Coupon,
): string {
  return state === 'closed'
    ? words.sales.todayIssued(format.whole(issued), format.whole(quantity))
    : words.remainingOf(format.whole(remaining), format.whole(quantity));
}

function windowText({ words, format }: ConsoleContext, { opensAtMs, closesAtMs, state }: Coupon): string {
  if (state === 'closed') return words.coupons.over;
  if (state === 'scheduled' && opensAtMs !== undefined) return words.coupons.opens(format.moment(opensAtMs));
  return closesAtMs === undefined ? words.coupons.always : words.coupons.closes(format.moment(closesAtMs));
}
