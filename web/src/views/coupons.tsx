/** Lists all coupons for every visitor. */
import { useState } from 'preact/hooks';
import { couponStates } from '../api/coupon.js';
import type { Coupon, CouponState } from '../api/coupon.js';
import { useConsole } from '../context.js';
import type { ConsoleContext } from '../context.js';
import { useGrowingList, useTitle } from '../hooks.js';
import { StateBadge } from '../parts/badge.js';
import { Choice } from '../parts/field.js';
import { GrowingListEnd } from '../parts/growing-list-end.js';
import { Empty } from '../parts/states.js';
import { StockBar } from '../parts/stock-bar.js';
import { eventAddress } from '../route.js';

const PAGE_ROWS = 24;

export function CouponsPage() {
  const { words, api } = useConsole();
  const [state, setState] = useState<CouponState | 'all'>('all');
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
      <Choice
        label={words.coupons.filter}
        value={state}
        style="segments"
        choices={[
          { value: 'all', label: words.coupons.all },
          ...couponStates.map((value) => ({ value, label: words.state[value] })),
        ]}
        onChange={setState}
      />
      <ul class="cards" ref={list.listRef}>
        {list.items.map((coupon) => (
          <li key={coupon.id}>
            <Card coupon={coupon} />
          </li>
        ))}
      </ul>
      <GrowingListEnd list={list}>
        <Empty title={words.coupons.empty} text={words.coupons.emptyText} />
      </GrowingListEnd>
    </div>
  );
}

export function Card({ coupon }: { readonly coupon: Coupon }) {
  const context = useConsole();
  const { words, format } = context;
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
        <p class="figure-line">{words.remainingOf(format.whole(remaining), format.whole(quantity))}</p>
      </div>
    </a>
  );
}

function windowText({ words, format }: ConsoleContext, { opensAtMs, closesAtMs, state }: Coupon): string {
  if (state === 'scheduled' && opensAtMs !== undefined) return words.coupons.opens(format.moment(opensAtMs));
  return closesAtMs === undefined ? words.coupons.always : words.coupons.closes(format.moment(closesAtMs));
}
