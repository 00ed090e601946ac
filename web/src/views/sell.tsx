/** Lists a seller's own coupons, the newest first, with search, filter and other orders. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { CouponFilter, CouponSort } from '../api/client.js';
import { couponStates } from '../api/coupon.js';
import type { Coupon, CouponState } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useSettled } from '../hooks.js';
import { StateBadge } from '../parts/badge.js';
import { Choice } from '../parts/field.js';
import { Search } from '../parts/search.js';
import { SellerPage } from '../parts/seller-page.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { StockBar } from '../parts/stock-bar.js';
import { detailAddress } from '../route.js';

const PAGE_ROWS = 50;
/** The API's largest page; older coupons are found by search. */
const ROWS_MAX = 1_000;
const REFRESH_MS = 3_000;
/** A person who types does not ask for every letter. */
const TYPED_MS = 250;

export function SellPage() {
  const { words, session } = useConsole();
  return (
    <SellerPage
      title={words.sell.title}
      lead={words.sell.lead}
      action={
        <a class="button button-primary" href="#/sell/new">
          {words.sell.register}
        </a>
      }
    >
      {session.current !== undefined && <OwnCoupons sellerId={session.current.id} />}
    </SellerPage>
  );
}

function OwnCoupons({ sellerId }: { readonly sellerId: string }) {
  const { words } = useConsole();
  const [typed, setTyped] = useState('');
  const [state, setState] = useState<CouponState | 'all'>('all');
  const [sort, setSort] = useState<CouponSort>('-id');
  const q = useSettled(typed.trim(), TYPED_MS);
  const everything = q === '' && state === 'all';
  return (
    <>
      <div class="filters">
        <Search label={words.sell.search} value={typed} onInput={setTyped} />
        <Choice
          label={words.sell.sort}
          value={sort}
          style="segments"
          choices={[
            { value: '-id', label: words.sell.sorts.newest },
            { value: '-opensAt', label: words.sell.sorts.opening },
          ]}
          onChange={setSort}
        />
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
      </div>
      <CouponList
        filter={{ sellerId, sort, ...(q !== '' && { q }), ...(state !== 'all' && { state }) }}
        none={
          everything ? (
            <Empty title={words.sell.empty} text={words.sell.emptyText} />
          ) : (
            <Empty title={words.sell.noneFound} text={words.sell.noneFoundText} />
          )
        }
      />
    </>
  );
}

interface CouponListOptions {
  readonly filter: CouponFilter;
  readonly none: ComponentChildren;
}

function CouponList({ filter, none }: CouponListOptions) {
  const { words, api, format } = useConsole();
  const [limit, setLimit] = useState(PAGE_ROWS);
  const question = JSON.stringify(filter);
  const { result, reload } = useLoaded(() => api.allCoupons(filter, limit), [question]);
  useEffect(() => void reload(), [limit]);
  useInterval(() => void reload(), REFRESH_MS);
  if (result === undefined) return <Loading />;
  if (!result.ok) return <Failed problem={result.problem} retry={() => void reload()} />;
  const { items, next } = result.value;
  if (items.length === 0) return none;
  const heads = [words.sell.name, words.sell.stateHeading, words.sell.remaining, words.sell.window];
  return (
    <>
      <div class="table-place table-framed">
        <table class="table table-coupons">
          <thead>
            <tr>
              {heads.map((text) => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((coupon) => (
              <CouponRow key={coupon.id} coupon={coupon} />
            ))}
          </tbody>
        </table>
      </div>
      <div class="below">
        {next !== undefined &&
          (limit < ROWS_MAX ? (
            <button
              type="button"
              class="button"
              onClick={() => setLimit((rows) => Math.min(ROWS_MAX, 2 * rows))}
            >
              {words.more}
            </button>
          ) : (
            <p class="quiet">{words.sell.tooMany(format.whole(ROWS_MAX))}</p>
          ))}
      </div>
    </>
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
