/** Shows in the wallet the units that were issued on this page and whose rows are on their way. */
import { useEffect, useRef } from 'preact/hooks';
import type { ApiClient } from '../api/client.js';
import type { WalletItem } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useInterval, useRedraw } from '../hooks.js';
import type { GrowingList } from '../hooks.js';
import { forgetIssued, justIssuedTo } from '../just-issued.js';
import type { JustIssued } from '../just-issued.js';
import { eventAddress } from '../route.js';

/** Recorders are rarely later than a second. */
const WAITING_POLL_MS = 2_000;

/** @returns the units issued on this page that the list does not have yet; the list is read again once their rows are there. */
export function useWaitingUnits(
  list: GrowingList<WalletItem>,
  readFirstPage: () => ReturnType<ApiClient['myCoupons']>,
): readonly JustIssued[] {
  const { api, session } = useConsole();
  const memberId = session.current?.id ?? '';
  const redraw = useRedraw();
  const polling = useRef(false);
  const loaded = !list.loading && list.problem === undefined;
  const waiting = loaded
    ? justIssuedTo(memberId).filter(({ issueNo, couponId }) =>
        list.items.every((item) => item.couponId !== couponId || item.issueNo !== issueNo),
      )
    : [];

  async function poll(): Promise<void> {
    if (polling.current || waiting.length === 0) return;
    polling.current = true;
    for (const unit of waiting) await check(unit);
    polling.current = false;
    redraw();
  }

  async function check(unit: JustIssued): Promise<void> {
    const result = await api.issuance(unit.couponId);
    if (!result.ok) return;
    const own = result.value?.units.find(({ issueNo }) => issueNo === unit.issueNo);
    if (own?.recorded === false) return;
    const page = await readFirstPage();
    if (!page.ok) return;
    forgetIssued(unit);
    const news = page.value.items.filter((item) => !list.items.some((one) => isSame(one, item)));
    if (news.length > 0) list.replace([...news, ...list.items]);
  }

  useEffect(() => void poll(), [loaded]);
  useInterval(() => void poll(), WAITING_POLL_MS);
  return waiting;
}

export function WaitingUnits({ units }: { readonly units: readonly JustIssued[] }) {
  if (units.length === 0) return null;
  return (
    <ul class="issued-list">
      {units.map((unit) => (
        <WaitingCard key={`${unit.couponId}.${unit.unit}`} unit={unit} />
      ))}
    </ul>
  );
}

/** The unit is the member's already. */
function WaitingCard({ unit }: { readonly unit: JustIssued }) {
  const { words, format } = useConsole();
  return (
    <li class="mine">
      <div class="mine-number">
        <span>{words.mine.number(format.whole(unit.issueNo))}</span>
      </div>
      <div class="mine-main">
        <h2 title={unit.name}>
          <a href={eventAddress(unit.couponId)}>{unit.name}</a>
        </h2>
        <p class="quiet">{words.mine.issuedAt(format.happened(unit.issuedAtMs))}</p>
      </div>
      <div class="mine-side">
        <p class="quiet">{words.event.recordedNo}</p>
      </div>
    </li>
  );
}

/** A member may hold several units of one coupon. */
export function isSame(one: WalletItem, other: WalletItem): boolean {
  return one.couponId === other.couponId && one.unit === other.unit;
}
