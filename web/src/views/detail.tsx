/** Shows one coupon to its seller: figures, actions and holders. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Coupon, CouponStats, LiveUpdate } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useRedraw, useTitle } from '../hooks.js';
import { useLive } from '../live.js';
import { StateBadge } from '../parts/badge.js';
import { ConnectionNote } from '../parts/connection.js';
import { Empty, Failed, Loading, SellersOnly } from '../parts/states.js';
import { eventAddress } from '../route.js';
import { BurnDown } from './burn-down.js';
import { CouponActions } from './coupon-actions.js';
import { Balance, Tiles } from './figures.js';
import { IssuanceTable } from './issuance-table.js';

/** Stats come from three stores, so they are read less often than the live view changes. */
const STATS_BUSY_MS = 1_000;
const STATS_QUIET_MS = 5_000;

export function DetailPage({ couponId }: { readonly couponId: number }) {
  const { words, session } = useConsole();
  useTitle(words.sell.title);
  return (
    <div class="page page-detail">
      {session.current?.role === 'seller' ? (
        <OwnCoupon couponId={couponId} sellerId={session.current.id} />
      ) : (
        <SellersOnly wholePage />
      )}
    </div>
  );
}

function OwnCoupon({ couponId, sellerId }: { readonly couponId: number; readonly sellerId: string }) {
  const { words, api } = useConsole();
  const { result, reload } = useLoaded(() => api.coupon(couponId), [couponId]);
  if (result === undefined) return <Loading />;
  if (!result.ok) {
    const retry = result.problem.code === 'unknown_coupon' ? undefined : () => void reload();
    return <Failed problem={result.problem} retry={retry} wholePage />;
  }
  if (result.value.sellerId === sellerId) return <Detail registered={result.value} />;
  return (
    <Empty title={words.detail.notYours} text={result.value.name} wholePage>
      <a class="button" href={eventAddress(couponId)}>
        {words.detail.eventPage}
      </a>
    </Empty>
  );
}

function Detail({ registered }: { readonly registered: Coupon }) {
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
      <DetailHead coupon={coupon} nowMs={() => clock.nowMs()} />
      <CouponActions coupon={coupon} onChanged={onChanged} />
      <BurnDown coupon={registered} update={update} nowMs={() => clock.nowMs()} />
      <Tiles live={update} stats={stats} />
      <IssuanceTable coupon={coupon} onChanged={readStats} />
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

function DetailHead({ coupon, nowMs }: { readonly coupon: Coupon; readonly nowMs: () => number }) {
  const { words, format, notify } = useConsole();
  useInterval(useRedraw(), 1_000);
  const { opensAtMs, state, discount } = coupon;
  const opens =
    state === 'scheduled' && opensAtMs !== undefined
      ? ` · ${words.detail.opensIn(format.clock(opensAtMs - nowMs()))}`
      : '';

  async function copy(): Promise<void> {
    const link = new URL(eventAddress(coupon.id), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      notify(words.detail.copied);
    } catch {
      // Not allowed here (plain http on another machine): the address itself can be copied by hand.
      notify(link);
    }
  }

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
