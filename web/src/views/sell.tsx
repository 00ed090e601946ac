/** Lists a seller's own coupons, newest first. */
import type { ApiClient, Result } from '../api/client.js';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useTitle } from '../hooks.js';
import { StateBadge } from '../parts/badge.js';
import { Empty, Failed, Loading, SellersOnly } from '../parts/states.js';
import { StockBar } from '../parts/stock-bar.js';
import { detailAddress } from '../route.js';

const PAGE_ROWS = 500;
/** The API lists by age, so newest first means reading all; a seller with more finds the rest by address. */
const COUPONS_MAX = 2_000;
const REFRESH_MS = 3_000;

export function SellPage() {
  const { words, session } = useConsole();
  useTitle(words.sell.title);
  const isSeller = session.current?.role === 'seller';
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{words.sell.title}</h1>
          <p class="lead">{words.sell.lead}</p>
        </div>
        {isSeller && (
          <a class="button button-primary" href="#/sell/new">
            {words.sell.register}
          </a>
        )}
      </header>
      {isSeller ? <OwnCoupons sellerId={session.current.id} /> : <SellersOnly />}
    </div>
  );
}

function OwnCoupons({ sellerId }: { readonly sellerId: string }) {
  const { words, api, format } = useConsole();
  const { result, reload } = useLoaded(() => ownCoupons(api, sellerId), [sellerId]);
  useInterval(() => void reload(), REFRESH_MS);
  if (result === undefined) return <Loading />;
  if (!result.ok) return <Failed problem={result.problem} retry={() => void reload()} />;
  const coupons = result.value;
  if (coupons.length === 0) return <Empty title={words.sell.empty} text={words.sell.emptyText} />;
  return (
    <div>
      <div class="table-place">
        <table class="table table-coupons">
          <thead>
            <tr>
              {[words.sell.name, words.sell.stateHeading, words.sell.remaining, words.sell.window].map(
                (text) => (
                  <th key={text} scope="col">
                    {text}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {coupons.map((coupon) => (
              <CouponRow key={coupon.id} coupon={coupon} />
            ))}
          </tbody>
        </table>
      </div>
      {coupons.length >= COUPONS_MAX && <p class="quiet">{words.sell.tooMany(format.whole(COUPONS_MAX))}</p>}
    </div>
  );
}

function CouponRow({ coupon }: { readonly coupon: Coupon }) {
  const { format } = useConsole();
  const { remaining, quantity, discount } = coupon;
  return (
    <tr>
      <td class="cell-name">
        <a href={detailAddress(coupon.id)} title={coupon.name}>
          {coupon.name}
        </a>
        {discount !== undefined && <span class="quiet">{format.discount(discount)}</span>}
      </td>
      <td>
        <StateBadge state={coupon.state} />
      </td>
      <td class="cell-stock">
        <span class="figure-line">
          {format.whole(remaining)} / {format.whole(quantity)}
        </span>
        <StockBar remaining={remaining} quantity={quantity} />
      </td>
      <td class="quiet">{format.window(coupon)}</td>
    </tr>
  );
}

async function ownCoupons(api: ApiClient, sellerId: string): Promise<Result<readonly Coupon[]>> {
  const coupons: Coupon[] = [];
  for (let after = 0; coupons.length < COUPONS_MAX;) {
    const result = await api.coupons({ sellerId }, after, PAGE_ROWS);
    if (!result.ok) return result;
    coupons.push(...result.value.items);
    if (result.value.next === undefined) break;
    after = Number(result.value.next);
  }
  return { ok: true, value: coupons.reverse() };
}
