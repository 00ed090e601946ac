/** Lists the used issuances of a coupon to its seller with their orders, and cancels a use. */
import { useRef, useState } from 'preact/hooks';
import type { Coupon, Issuance, Redemption } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useTitle } from '../hooks.js';
import { OwnCoupon, SubpageHead } from '../parts/own-coupon.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { HolderCells, RowAction } from '../parts/row-cells.js';
import { TableHead } from '../parts/table-head.js';
import { CancelUseDialog } from './issuance-dialogs.js';
import type { LiveUse } from './issuance-dialogs.js';

const PAGE_ROWS = 20;
const ROWS_MAX = 500;
const REFRESH_MS = 5_000;

export function RedemptionsPage({ couponId }: { readonly couponId: number }) {
  const { sales } = useConsole().words;
  useTitle(sales.redemptions);
  return <OwnCoupon couponId={couponId}>{(coupon) => <Redemptions coupon={coupon} />}</OwnCoupon>;
}

function Redemptions({ coupon }: { readonly coupon: Coupon }) {
  const { words, api } = useConsole();
  const { sales } = words;
  const [limit, setLimit] = useState(PAGE_ROWS);
  const [cancelling, setCancelling] = useState<LiveUse>();
  const root = useRef<HTMLElement>(null);
  const { result, reload } = useLoaded(() => api.usedIssuances(coupon.id, limit), [coupon.id, limit]);
  useInterval(() => void reload(), REFRESH_MS);
  return (
    <>
      <SubpageHead coupon={coupon} title={sales.redemptions} lead={sales.redemptionsLead} />
      <section class="panel" ref={root}>
        {result === undefined ? (
          <Loading />
        ) : !result.ok ? (
          <Failed problem={result.problem} retry={() => void reload()} />
        ) : result.value.items.length === 0 ? (
          <Empty title={sales.redemptionsEmpty} text={sales.redemptionsEmptyText}>
            <a class="button" href="till">
              {words.shop.tabs.till}
            </a>
          </Empty>
        ) : (
          <UsedTable items={result.value.items} onCancel={setCancelling} />
        )}
        {result?.ok === true && result.value.next !== undefined && limit < ROWS_MAX && (
          <div class="below">
            <button type="button" class="button" onClick={() => setLimit(Math.min(ROWS_MAX, 2 * limit))}>
              {words.more}
            </button>
          </div>
        )}
      </section>
      {cancelling !== undefined && (
        <CancelUseDialog
          couponId={coupon.id}
          use={cancelling}
          focusAfter={() => root.current?.querySelector<HTMLElement>('tbody button')}
          onDone={reload}
          onClose={() => setCancelling(undefined)}
        />
      )}
    </>
  );
}

interface UsedTableOptions {
  readonly items: readonly Issuance[];
  readonly onCancel: (use: LiveUse) => void;
}

function UsedTable({ items, onCancel }: UsedTableOptions) {
  const { sales, detail } = useConsole().words;
  return (
    <div class="table-place">
      <table class="table table-issuances">
        <caption class="visually-hidden">{sales.redemptions}</caption>
        <TableHead names={[detail.number, detail.member, detail.usedAt, sales.orders]} actions />
        <tbody>
          {items.map((issuance) => (
            <UsedRow key={issuance.issueNo} issuance={issuance} onCancel={onCancel} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Reads the orders of its issuance for itself: no list carries them. */
function UsedRow({
  issuance,
  onCancel,
}: Pick<UsedTableOptions, 'onCancel'> & { readonly issuance: Issuance }) {
  const { words, api, format } = useConsole();
  const { detail, sales } = words;
  const { couponId, issueNo, usedAtMs } = issuance;
  const { result } = useLoaded(() => api.redemptions(couponId, issueNo), [couponId, issueNo, usedAtMs]);
  const orders = result?.ok === true ? result.value : [];
  const live = orders.find(({ cancelledAtMs }) => cancelledAtMs === undefined);
  const number = format.whole(issueNo);
  return (
    <tr data-issue-no={issueNo}>
      <HolderCells {...issuance} />
      <td class="cell-time" data-label={detail.usedAt}>
        {usedAtMs === undefined ? words.none : format.happened(usedAtMs)}
      </td>
      <td class="cell-orders">
        {result?.ok === true && orders.length === 0 && <span class="quiet">{sales.ordersNone}</span>}
        {orders.map((order) => (
          <Order key={order.orderId} order={order} />
        ))}
      </td>
      <td class="cell-action">
        {live !== undefined && (
          <RowAction
            text={detail.cancelUse}
            spoken={detail.cancelUseOne(number)}
            onClick={() => onCancel({ issuance, orderId: live.orderId })}
          />
        )}
      </td>
    </tr>
  );
}

function Order({ order: { orderId, cancelledAtMs, by } }: { readonly order: Redemption }) {
  const { sales } = useConsole().words;
  // Ids that this console and the server make up mean nothing to a person.
  const name = orderId.startsWith('use:')
    ? sales.ownOrder
    : orderId.startsWith('till:')
      ? sales.tillOrder
      : orderId;
  return (
    <p class="order">
      {cancelledAtMs === undefined ? name : sales.orderCancelled(name)}{' '}
      <span class="quiet">{sales.by(by.kind, by.id)}</span>
    </p>
  );
}
