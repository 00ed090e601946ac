/** Lists a seller's own coupons, the newest first, with search, filter and other orders. */
import { useEffect, useState } from 'preact/hooks';
import type { CouponSort } from '../api/client.js';
import type { Coupon, Page } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useDebounced } from '../hooks.js';
import { StateBadge } from '../parts/badge.js';
import { NameCell, StateChoice, StockCell } from '../parts/coupon-cells.js';
import type { StateFilter } from '../parts/coupon-cells.js';
import { Segments } from '../parts/field.js';
import { Search } from '../parts/search.js';
import { SellerPage } from '../parts/seller-page.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { TableHead } from '../parts/table-head.js';
import { detailAddress } from '../route.js';
import { SalesSummary } from './sales-summary.js';

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
      {session.current !== undefined && <Sales sellerId={session.current.id} />}
    </SellerPage>
  );
}

interface SalesOptions {
  readonly sellerId: string;
}

/** Shows both parts together: the list would jump down when the summary above it comes later. */
function Sales({ sellerId }: SalesOptions) {
  const [summarised, setSummarised] = useState(false);
  return (
    <>
      {!summarised && <Loading />}
      <div hidden={!summarised}>
        <SalesSummary sellerId={sellerId} onSettled={() => setSummarised(true)} />
        <OwnCoupons sellerId={sellerId} />
      </div>
    </>
  );
}

function OwnCoupons({ sellerId }: SalesOptions) {
  const { words, api } = useConsole();
  const [typed, setTyped] = useState('');
  const [state, setState] = useState<StateFilter>('all');
  const [sort, setSort] = useState<CouponSort>('-id');
  const q = useDebounced(typed.trim(), TYPED_MS);
  const everything = q === '' && state === 'all' && typed === '';
  const filter = { sellerId, sort, ...(q !== '' && { q }), ...(state !== 'all' && { state }) };
  const [limit, setLimit] = useState(PAGE_ROWS);
  const question = JSON.stringify(filter);
  const { result, reload } = useLoaded(() => api.allCoupons(filter, limit), [question]);
  useEffect(() => void reload(), [limit]);
  useInterval(() => void reload(), REFRESH_MS);
  if (result === undefined) return <Loading />;
  // Nothing to search yet.
  if (everything && result.ok && result.value.items.length === 0)
    return <Empty title={words.sell.empty} text={words.sell.emptyText} />;
  return (
    <>
      <div class="filters">
        <Search label={words.sell.search} value={typed} onInput={setTyped} />
        <Segments
          label={words.sell.sort}
          value={sort}
          choices={[
            ['-id', words.sell.sorts.newest],
            ['-opensAt', words.sell.sorts.opening],
          ]}
          onChange={setSort}
        />
        <StateChoice value={state} onChange={setState} />
      </div>
      {!result.ok ? (
        <Failed problem={result.problem} retry={() => void reload()} />
      ) : result.value.items.length === 0 ? (
        <Empty title={words.sell.noneFound} text={words.sell.noneFoundText} />
      ) : (
        <CouponList
          {...result.value}
          isWhole={limit === ROWS_MAX}
          onMore={() => setLimit((rows) => Math.min(ROWS_MAX, 2 * rows))}
        />
      )}
    </>
  );
}

interface CouponListOptions extends Page<Coupon> {
  /** The API gives no more at once. */
  readonly isWhole: boolean;
  readonly onMore: () => void;
}

function CouponList({ items, next, isWhole, onMore }: CouponListOptions) {
  const { words, format } = useConsole();
  const heads = [words.sell.name, words.sell.stateHeading, words.sell.remaining, words.sell.window];
  return (
    <>
      <div class="table-place table-framed">
        <table class="table table-coupons">
          <TableHead names={heads} />
          <tbody>
            {items.map((coupon) => (
              <CouponRow key={coupon.id} coupon={coupon} />
            ))}
          </tbody>
        </table>
      </div>
      <div class="below">
        {next !== undefined &&
          (isWhole ? (
            <p class="quiet">{words.sell.tooMany(format.whole(ROWS_MAX))}</p>
          ) : (
            <button type="button" class="button" onClick={onMore}>
              {words.more}
            </button>
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
      <NameCell
        name={coupon.name}
        address={detailAddress(coupon.id)}
        note={discount && format.discount(discount)}
      />
      <td>
        <StateBadge state={coupon.state} />
      </td>
      <StockCell remaining={remaining} quantity={quantity} />
      <td class="quiet">{format.window(coupon)}</td>
    </tr>
  );
}
