/** Lists the coupons of every seller with their units by stage. */
import { useState } from 'preact/hooks';
import type { CouponStages } from '../../api/admin.js';
import { useConsole } from '../../context.js';
import { useGrowingList, useDebounced } from '../../hooks.js';
import { AdminPage } from '../../parts/admin-page.js';
import { StateBadge } from '../../parts/badge.js';
import { NameCell, StateChoice, StockCell } from '../../parts/coupon-cells.js';
import type { StateFilter } from '../../parts/coupon-cells.js';
import { GrowingListEnd } from '../../parts/growing-list-end.js';
import { Search } from '../../parts/search.js';
import { Empty } from '../../parts/states.js';
import { TableHead } from '../../parts/table-head.js';
import { comparisonAddress } from '../../route.js';

const PAGE_ROWS = 50;
/** A person who types does not ask for every letter. */
const TYPED_MS = 250;

export function AllCouponsPage() {
  const { coupons } = useConsole().words.admin;
  return (
    <AdminPage title={coupons.title} lead={coupons.lead}>
      <AllCoupons />
    </AdminPage>
  );
}

function AllCoupons() {
  const { words, admin } = useConsole();
  const { coupons } = words.admin;
  const [typed, setTyped] = useState('');
  const [state, setState] = useState<StateFilter>('all');
  const q = useDebounced(typed.trim(), TYPED_MS);
  const filter = { ...(q !== '' && { q }), ...(state !== 'all' && { state }) };
  const list = useGrowingList((after) => admin.coupons(filter, after, PAGE_ROWS), [q, state]);
  const heads = [
    ...[words.sell.name, coupons.seller, words.sell.stateHeading, words.sell.remaining],
    ...[words.detail.waiting, coupons.setAside],
  ];
  return (
    <>
      <div class="filters">
        <Search label={words.sell.search} value={typed} onInput={setTyped} />
        <StateChoice value={state} onChange={setState} />
      </div>
      {list.items.length > 0 && (
        <div class="table-place table-framed">
          <table class="table table-stacked">
            <TableHead names={heads} />
            <tbody>
              {list.items.map((coupon) => (
                <Row key={coupon.id} coupon={coupon} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <GrowingListEnd list={list}>
        <Empty title={words.sell.noneFound} text={words.sell.noneFoundText} />
      </GrowingListEnd>
    </>
  );
}

function Row({ coupon }: { readonly coupon: CouponStages }) {
  const { words, format } = useConsole();
  const { coupons } = words.admin;
  const { id, name, sellerId, state, remaining, quantity, backlog, deadLettered, inService } = coupon;
  return (
    <tr>
      <NameCell name={name} address={comparisonAddress(id)} />
      <td class="cell-code cell-seller" data-label={coupons.seller}>
        {sellerId}
      </td>
      <td>
        {inService ? (
          <StateBadge state={state} />
        ) : (
          <span class="badge" data-state="paused">
            {coupons.outOfService}
          </span>
        )}
      </td>
      <StockCell remaining={remaining} quantity={quantity} />
      <td class="cell-number" data-label={words.detail.waiting}>
        {format.whole(backlog)}
      </td>
      <td class={deadLettered > 0 ? 'cell-number cell-bad' : 'cell-number'} data-label={coupons.setAside}>
        {format.whole(deadLettered)}
      </td>
    </tr>
  );
}
