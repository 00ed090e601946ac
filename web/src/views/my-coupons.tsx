/** Lists the coupons that a member holds, and uses them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WalletItem } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useGrowingList, useTitle } from '../hooks.js';
import { Dialog } from '../parts/dialog.js';
import { GrowingListEnd } from '../parts/growing-list-end.js';
import { Empty } from '../parts/states.js';
import { problemText } from '../problem-text.js';
import { eventAddress, home, signInAddress } from '../route.js';

const PAGE_ROWS = 12;
const DAY_MS = 86_400_000;

export function MyCouponsPage() {
  const { words, session, go, address } = useConsole();
  useTitle(words.mine.title);
  const signedIn = session.current !== undefined;
  useEffect(() => {
    if (!signedIn) go(signInAddress(address));
  }, [signedIn]);
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{words.mine.title}</h1>
          <p class="lead">{words.mine.lead}</p>
        </div>
      </header>
      {signedIn && <Wallet />}
    </div>
  );
}

function Wallet() {
  const { words, api } = useConsole();
  const list = useGrowingList((after) => api.myCoupons(after, PAGE_ROWS), []);
  return (
    <>
      <ul class="issued-list" ref={list.listRef}>
        {list.items.map((item) => (
          <WalletCard
            key={item.couponId}
            item={item}
            onChanged={(changed) =>
              list.replace(list.items.map((one) => (one.couponId === changed.couponId ? changed : one)))
            }
          />
        ))}
      </ul>
      <GrowingListEnd list={list}>
        <Empty title={words.mine.empty} text={words.mine.emptyText}>
          <a class="button" href={home}>
            {words.mine.browse}
          </a>
        </Empty>
      </GrowingListEnd>
    </>
  );
}

interface WalletCardOptions {
  readonly item: WalletItem;
  readonly onChanged: (item: WalletItem) => void;
}

function WalletCard({ item, onChanged }: WalletCardOptions) {
  const { words, format } = useConsole();
  const [asking, setAsking] = useState(false);
  const name = useRef<HTMLAnchorElement>(null);
  const { expiresAtMs, discount, usedAtMs } = item;
  return (
    <li class="mine" data-used={String(usedAtMs !== undefined)}>
      <div class="mine-number">
        <span>{words.mine.number(format.whole(item.issueNo))}</span>
      </div>
      <div class="mine-main">
        <h2>
          <a href={eventAddress(item.couponId)} ref={name} title={item.name}>
            {item.name}
          </a>
        </h2>
        <p class="quiet">{words.mine.issuedAt(format.moment(item.issuedAtMs))}</p>
        {expiresAtMs !== undefined && (
          <p class="quiet">{words.mine.validUntil(format.moment(expiresAtMs), daysLeft(expiresAtMs))}</p>
        )}
        {discount !== undefined && <span class="discount">{format.discount(discount)}</span>}
      </div>
      <div class="mine-side">
        <WalletSide item={item} onUse={() => setAsking(true)} />
      </div>
      {asking && (
        <UseDialog
          item={item}
          onChanged={onChanged}
          focusAfter={() => name.current}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function WalletSide({ item, onUse }: { readonly item: WalletItem; readonly onUse: () => void }) {
  const { words, format } = useConsole();
  const { usedAtMs, orderId } = item;
  if (usedAtMs !== undefined) {
    return (
      <>
        <span class="stamp stamp-small">{words.mine.used}</span>
        <p class="quiet">{words.mine.usedAt(format.moment(usedAtMs))}</p>
        {/* An order id of our own is of no use to a member. */}
        {orderId !== undefined && !orderId.startsWith('use:') && (
          <p class="quiet">{words.mine.order(orderId)}</p>
        )}
      </>
    );
  }
  if (item.state === 'expired') return <span class="stamp stamp-small">{words.mine.expired}</span>;
  return (
    <button type="button" class="button button-primary" onClick={onUse}>
      {words.mine.use}
    </button>
  );
}

interface UseDialogOptions extends WalletCardOptions {
  readonly focusAfter: () => HTMLElement | null;
  readonly onClose: () => void;
}

function UseDialog({ item, onChanged, focusAfter, onClose }: UseDialogOptions) {
  const { words, api, notify } = useConsole();
  return (
    <Dialog
      title={words.mine.useTitle}
      text={words.mine.useText(item.name)}
      submit={words.mine.use}
      focusAfter={focusAfter}
      onClose={onClose}
      run={async () => {
        const result = await api.use(item.couponId);
        if (!result.ok) return problemText(words, result.problem);
        onChanged({ ...item, usedAtMs: result.value.usedAtMs });
        notify(words.mine.useDone);
        return undefined;
      }}
    />
  );
}

/** Whole days until then, by the clock of this device: a hint, the server decides. */
function daysLeft(untilMs: number): number {
  return Math.max(0, Math.floor((untilMs - Date.now()) / DAY_MS));
}
