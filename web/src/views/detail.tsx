/** Shows one coupon to its seller: figures, actions and holders. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Coupon, CouponStats, LiveUpdate } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useRedraw, useTitle } from '../hooks.js';
import { useLive } from '../live.js';
import { StateBadge } from '../parts/badge.js';
import { ConnectionNote } from '../parts/connection.js';
import { useLinkSharing } from '../parts/share-link.js';
import { OwnCoupon } from '../parts/own-coupon.js';
import { eventAddress, holdsAddress, redemptionsAddress, rulesAddress } from '../route.js';
import { BurnDown } from './burn-down.js';
import { CouponActions } from './coupon-actions.js';
import { Balance, HoldFigures, Tiles } from './figures.js';
import { IssuanceTable } from './issuance-table.js';

/** Stats come from three stores, so they are read less often than the live view changes. */
const STATS_BUSY_MS = 1_000;
const STATS_QUIET_MS = 5_000;

export function DetailPage({ couponId }: { readonly couponId: number }) {
  const { words } = useConsole();
  useTitle(words.sell.title);
  return <OwnCoupon couponId={couponId}>{(coupon) => <Detail registered={coupon} />}</OwnCoupon>;
}

function Detail({ registered }: { readonly registered: Coupon }) {
  const { words } = useConsole();
  const [coupon, setCoupon] = useState(registered);
  const [update, setUpdate] = useState<LiveUpdate>();
  useTitle(coupon.name);
  const { stats, readStats } = useStats(coupon);
  const { clock, status } = useLive(coupon.id, (latest) => {
    const { state, quantity, issued, remaining, opensAtMs, closesAtMs } = latest;
    setCoupon((before) => ({ ...before, state, quantity, issued, remaining, opensAtMs, closesAtMs }));
    setUpdate(latest);
  });
  const onChanged = (changed: Coupon): void => {
    setCoupon(changed);
    readStats();
  };
  return (
    <>
      <ConnectionNote status={status} />
      <DetailHead coupon={coupon} held={stats?.holds?.held} nowMs={() => clock.nowMs()} />
      <CouponActions coupon={coupon} onChanged={onChanged} />
      <BurnDown coupon={registered} update={update} nowMs={() => clock.nowMs()} />
      <Tiles live={update} stats={stats} />
      {coupon.holdSeconds !== undefined && (
        <section class="panel">
          <h2>{words.holds.title}</h2>
          <HoldFigures counts={stats?.holds} />
        </section>
      )}
      <IssuanceTable coupon={coupon} recorded={stats?.recorded} onChanged={readStats} />
      <Balance stats={stats} />
    </>
  );
}

/** Reads the stats more often while they change. */
function useStats(coupon: Coupon): {
  readonly stats: CouponStats | undefined;
  readonly readStats: () => void;
} {
  const { api } = useConsole();
  const [stats, setStats] = useState<CouponStats>();
  const issued = useRef(coupon.issued);
  issued.current = coupon.issued;
  const moving = useRef(true);
  const readNow = useRef<(() => void) | undefined>(undefined);

  useEffect(() => {
    let timer: number | undefined;
    let left = false;
    async function read(): Promise<void> {
      window.clearTimeout(timer);
      const issuedBefore = issued.current;
      const result = await api.stats(coupon.id);
      if (left) return;
      if (result.ok) {
        setStats(result.value);
        const { queued, claimed } = result.value;
        moving.current = queued + claimed > 0 || issued.current !== issuedBefore;
      }
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void read(), moving.current ? STATS_BUSY_MS : STATS_QUIET_MS);
    }
    readNow.current = () => void read();
    void read();
    return () => {
      left = true;
      window.clearTimeout(timer);
    };
  }, [coupon.id]);

  useEffect(() => {
    if (moving.current) return;
    moving.current = true;
    readNow.current?.();
  }, [coupon.issued]);
  return { stats, readStats: () => readNow.current?.() };
}

interface DetailHeadOptions {
  readonly coupon: Coupon;
  /** Units held now; absent for a coupon without holds. */
  readonly held: number | undefined;
  readonly nowMs: () => number;
}

function DetailHead({ coupon, held, nowMs }: DetailHeadOptions) {
  const { words, format } = useConsole();
  const { copy } = useLinkSharing(coupon);
  useInterval(useRedraw(), 1_000);
  const { opensAtMs, state, discount } = coupon;
  const opens =
    state === 'scheduled' && opensAtMs !== undefined
      ? ` · ${words.detail.opensIn(format.clock(opensAtMs - nowMs()))}`
      : '';

  return (
    <header class="detail-head">
      <div>
        <p class="detail-badges">
          <StateBadge state={state} />
          {discount !== undefined && <span class="discount">{format.discount(discount)}</span>}
        </p>
        <h1 title={coupon.name}>{coupon.name}</h1>
        <p class="quiet">
          {format.window(coupon)}
          {opens}
        </p>
      </div>
      <div class="panel-actions">
        <a class="button button-small" href={rulesAddress(coupon.id)}>
          {words.rules.tab}
        </a>
        <a class="button button-small" href={redemptionsAddress(coupon.id)}>
          {words.sales.redemptions}
        </a>
        {coupon.holdSeconds !== undefined && (
          <a class="button button-small" href={holdsAddress(coupon.id)}>
            {words.holds.title}
            {held !== undefined && ` (${format.whole(held)})`}
          </a>
        )}
        <button type="button" class="button button-small" onClick={() => void copy()}>
          {words.detail.copyLink}
        </button>
        <a class="button button-small" href={eventAddress(coupon.id)}>
          {words.detail.eventPage}
        </a>
      </div>
    </header>
  );
}
