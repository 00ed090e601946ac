/** Shows a seller at a glance what is open, what opens today, and what opens next. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import type { Coupon, Page } from '../api/coupon.js';
import type { Result } from '../api/calls.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded } from '../hooks.js';
import { StockBar } from '../parts/stock-bar.js';
import { detailAddress } from '../route.js';

const SHOWN_MAX = 3;
/** The most coupons that one figure counts; above it the figure is a lower bound. */
const COUNTED_MAX = 100;
const REFRESH_MS = 5_000;

interface SalesSummaryOptions {
  readonly sellerId: string;
  /** Called once it is known what there is to show, be it nothing. */
  readonly onSettled: () => void;
}

export function SalesSummary({ sellerId, onSettled }: SalesSummaryOptions) {
  const { words, api, format } = useConsole();
  const { sales } = words;
  const { result, reload } = useLoaded(async () => {
    const [live, today, next] = await Promise.all([
      api.allCoupons({ sellerId, state: 'open', sort: '-id' }, COUNTED_MAX),
      api.allCoupons({ sellerId, ...thisDay(), sort: 'opensAt' }, COUNTED_MAX),
      api.allCoupons({ sellerId, state: 'scheduled', sort: 'opensAt' }, SHOWN_MAX),
    ]);
    if (!live.ok) return live;
    if (!today.ok) return today;
    if (!next.ok) return next;
    const value = { live: live.value, today: today.value, next: next.value };
    return { ok: true, value } satisfies Result<Readonly<Record<string, Page<Coupon>>>>;
  }, [sellerId]);
  useInterval(() => void reload(), REFRESH_MS);
  const settled = result !== undefined;
  useLayoutEffect(() => {
    if (settled) onSettled();
  }, [settled]);
  if (result?.ok !== true) return null;
  const { live, today, next } = result.value;
  // A seller without coupons is led to the first one by the list below.
  if (live.items.length + today.items.length + next.items.length === 0) return null;
  return (
    <section class="summary" aria-label={sales.summary}>
      <Part title={sales.live} page={live} none={sales.liveNone}>
        {({ remaining, quantity }) => (
          <>
            <span class="quiet">{sales.liveLeft(format.whole(remaining))}</span>
            <StockBar remaining={remaining} quantity={quantity} />
          </>
        )}
      </Part>
      <Part title={sales.today} page={today} none={sales.todayNone}>
        {({ state, opensAtMs, issued, quantity }) => (
          <span class="quiet">
            {state === 'scheduled' && opensAtMs !== undefined
              ? format.timeOfDay(opensAtMs)
              : sales.todayIssued(format.whole(issued), format.whole(quantity))}
          </span>
        )}
      </Part>
      <Part title={sales.next} page={next} none={sales.nextNone} uncounted>
        {({ opensAtMs }) => (
          <span class="quiet summary-moment">{opensAtMs === undefined ? '' : format.moment(opensAtMs)}</span>
        )}
      </Part>
    </section>
  );
}

interface PartOptions {
  readonly title: string;
  readonly page: Page<Coupon>;
  readonly none: string;
  /** The list below has only the first of them. */
  readonly uncounted?: boolean;
  readonly children: (coupon: Coupon) => ComponentChildren;
}

function Part({ title, page: { items, next }, none, uncounted, children }: PartOptions) {
  const { words, format } = useConsole();
  const count = format.whole(items.length);
  return (
    <div class="panel">
      <h2>
        {title}{' '}
        {uncounted !== true && (
          <span class="summary-count">{next === undefined ? count : words.sales.atLeast(count)}</span>
        )}
      </h2>
      {items.length === 0 && <p class="quiet">{none}</p>}
      <ul>
        {items.slice(0, SHOWN_MAX).map((coupon) => (
          <li key={coupon.id}>
            <a href={detailAddress(coupon.id)} title={coupon.name}>
              {coupon.name}
            </a>
            {children(coupon)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** From midnight to midnight of this device. */
function thisDay(): { readonly opensFrom: string; readonly opensBefore: string } {
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  const end = new Date(start);
  end.setDate(end.getDate() + 1);
  return { opensFrom: start.toISOString(), opensBefore: end.toISOString() };
}
