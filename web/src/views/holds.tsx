/** Lists the open holds of a coupon to its seller, confirms and releases them, and recalls what is unused. */
import { useMemo, useState } from 'preact/hooks';
import type { OpenHold } from '../api/rules.js';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useLoaded, useRedraw, useTitle } from '../hooks.js';
import { OwnCoupon, SubpageHead } from '../parts/own-coupon.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { HolderCells, RowAction } from '../parts/row-cells.js';
import { TableHead } from '../parts/table-head.js';
import { ServerClock } from '../server-clock.js';
import { HoldFigures } from './figures.js';
import { ConfirmDialog, ReleaseSellerHoldDialog } from './hold-dialogs.js';
import { RecallPanel } from './recall-panel.js';

const PAGE_ROWS = 50;
const ROWS_MAX = 1_000;
const REFRESH_MS = 3_000;

export function HoldsPage({ couponId }: { readonly couponId: number }) {
  const { holds } = useConsole().words;
  useTitle(holds.title);
  return (
    <OwnCoupon couponId={couponId}>{(coupon, reload) => <Holds coupon={coupon} reload={reload} />}</OwnCoupon>
  );
}

interface HoldsOptions {
  readonly coupon: Coupon;
  readonly reload: () => Promise<void>;
}

function Holds({ coupon, reload }: HoldsOptions) {
  const { words, api, format } = useConsole();
  const { holds } = words;
  const { result: stats, reload: readStats } = useLoaded(() => api.stats(coupon.id), [coupon.id]);
  useInterval(() => void Promise.all([readStats(), reload()]), REFRESH_MS);
  const onChanged = async (): Promise<void> => {
    await Promise.all([readStats(), reload()]);
  };
  if (coupon.holdSeconds === undefined) {
    return (
      <>
        <SubpageHead coupon={coupon} title={holds.title} />
        <Empty title={holds.none} text={holds.noneText} />
        <RecallPanel coupon={coupon} onChanged={onChanged} />
      </>
    );
  }
  return (
    <>
      <SubpageHead
        coupon={coupon}
        title={holds.title}
        lead={holds.lead(format.duration(coupon.holdSeconds * 1_000))}
      />
      <section class="panel">
        <HoldFigures counts={stats?.ok === true ? stats.value.holds : undefined} />
        <OpenHolds couponId={coupon.id} onChanged={onChanged} />
      </section>
      <RecallPanel coupon={coupon} onChanged={onChanged} />
    </>
  );
}

interface OpenHoldsOptions {
  readonly couponId: number;
  readonly onChanged: () => Promise<void>;
}

function OpenHolds({ couponId, onChanged }: OpenHoldsOptions) {
  const { words, api } = useConsole();
  const { holds } = words;
  const [limit, setLimit] = useState(PAGE_ROWS);
  const [asked, setAsked] = useState<{ readonly what: 'confirm' | 'release'; readonly hold: OpenHold }>();
  const clock = useMemo(() => new ServerClock(), [couponId]);
  const { result, reload } = useLoaded(async () => {
    const answer = await api.holds(couponId, 0, limit);
    if (answer.ok && answer.value.nowMs !== undefined) clock.observe(answer.value.nowMs);
    return answer;
  }, [couponId, limit]);
  useInterval(() => void reload(), REFRESH_MS);
  if (result === undefined) return <Loading />;
  if (!result.ok) return <Failed problem={result.problem} retry={() => void reload()} />;
  const { items, next } = result.value;
  const dialog = {
    couponId,
    onDone: async () => {
      await Promise.all([reload(), onChanged()]);
    },
    onClose: () => setAsked(undefined),
  };
  return (
    <>
      {items.length === 0 ? (
        <Empty title={holds.empty} text={holds.emptyText} />
      ) : (
        <HoldTable
          items={items}
          nowMs={() => clock.nowMs()}
          onAsk={(what, hold) => setAsked({ what, hold })}
        />
      )}
      {next !== undefined && limit < ROWS_MAX && (
        <div class="below">
          <button type="button" class="button" onClick={() => setLimit(Math.min(ROWS_MAX, 2 * limit))}>
            {words.more}
          </button>
        </div>
      )}
      {asked?.what === 'confirm' && <ConfirmDialog {...dialog} hold={asked.hold} />}
      {asked?.what === 'release' && <ReleaseSellerHoldDialog {...dialog} hold={asked.hold} />}
    </>
  );
}

interface HoldTableOptions {
  readonly items: readonly OpenHold[];
  readonly nowMs: () => number;
  readonly onAsk: (what: 'confirm' | 'release', hold: OpenHold) => void;
}

function HoldTable({ items, nowMs, onAsk }: HoldTableOptions) {
  const { words, format } = useConsole();
  const { holds, detail } = words;
  useInterval(useRedraw(), 1_000);
  return (
    <div class="table-place">
      <table class="table table-stacked">
        <caption class="visually-hidden">{holds.title}</caption>
        <TableHead names={[detail.number, detail.member, holds.left]} actions />
        <tbody>
          {items.map((hold) => {
            const number = format.whole(hold.issueNo);
            const leftMs = hold.confirmByMs - nowMs();
            return (
              <tr key={hold.issueNo} data-issue-no={hold.issueNo}>
                <HolderCells {...hold} />
                <td class="cell-time" data-label={holds.left} title={format.moment(hold.confirmByMs)}>
                  {leftMs > 0 ? format.timer(leftMs) : holds.ending}
                </td>
                <td class="cell-action">
                  <RowAction
                    text={holds.confirmShort}
                    spoken={holds.confirmOne(number)}
                    gives
                    onClick={() => onAsk('confirm', hold)}
                  />{' '}
                  <RowAction
                    text={holds.giveBack}
                    spoken={holds.releaseOne(number)}
                    onClick={() => onAsk('release', hold)}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
