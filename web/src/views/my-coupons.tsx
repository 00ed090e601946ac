/** Lists the coupons that a member holds, and uses them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { WalletItem } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { useGrowingList, useInterval, useRedraw, useTitle } from '../hooks.js';
import { Dialog } from '../parts/dialog.js';
import { GrowingListEnd } from '../parts/growing-list-end.js';
import { Empty } from '../parts/states.js';
import { problemText } from '../problem-text.js';
import { eventAddress, home, signInAddress } from '../route.js';
import { ReleaseOwnHoldDialog, useConfirmOwn } from './hold-part.js';
import { ShowPass } from './pass-dialog.js';
import { isSame, useWaitingUnits, WaitingUnits } from './waiting-units.js';

const PAGE_ROWS = 12;
const DAY_MS = 86_400_000;
const HELD_POLL_MS = 5_000;

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
  const waiting = useWaitingUnits(list, () => api.myCoupons(0, PAGE_ROWS));
  return (
    <>
      <WaitingUnits units={waiting} />
      <ul class="issued-list" ref={list.listRef}>
        {list.items.map((item) => (
          <WalletCard
            key={`${item.couponId}.${item.unit}`}
            item={item}
            onChanged={(changed) =>
              list.replace(list.items.map((one) => (isSame(one, changed) ? changed : one)))
            }
          />
        ))}
      </ul>
      <GrowingListEnd list={list}>
        {waiting.length === 0 && (
          <Empty title={words.mine.empty} text={words.mine.emptyText}>
            <a class="button" href={home}>
              {words.mine.browse}
            </a>
          </Empty>
        )}
      </GrowingListEnd>
    </>
  );
}

interface WalletCardOptions {
  readonly item: WalletItem;
  readonly onChanged: (item: WalletItem) => void;
}

/** Why a coupon cannot be used here, as far as the wallet or an attempt has shown. */
type UnusableReason = 'used' | 'expired' | 'revoked' | 'at_shop' | 'ran_out' | 'given_back';

/** What an attempt to use a coupon shows about it, once and for all. */
const unusableReasons: Readonly<Record<string, UnusableReason>> = {
  already_used: 'used',
  coupon_expired: 'expired',
  not_issued: 'revoked',
  redeem_at_shop: 'at_shop',
  hold_expired: 'ran_out',
};

function WalletCard({ item, onChanged }: WalletCardOptions) {
  const { words, format } = useConsole();
  const [asking, setAsking] = useState(false);
  const [met, setMet] = useState<UnusableReason>();
  const name = useRef<HTMLAnchorElement>(null);
  const { expiresAtMs, discount } = item;
  const unusable = unusableReasonOf(item) ?? met;
  const isHeld = item.state === 'held' && unusable === undefined;
  const over = unusable !== undefined && unusable !== 'at_shop';
  return (
    <li class="mine" data-used={String(over)}>
      <div class="mine-number">
        <span>{words.mine.number(format.whole(item.issueNo))}</span>
      </div>
      <div class="mine-main">
        <h2 title={item.name}>
          <a href={eventAddress(item.couponId)} ref={name}>
            {item.name}
          </a>
        </h2>
        <p class="quiet">{words.mine.issuedAt(format.happened(item.issuedAtMs))}</p>
        {expiresAtMs !== undefined && !over && (
          <p class="quiet">{words.mine.validUntil(format.moment(expiresAtMs), daysLeft(expiresAtMs))}</p>
        )}
        {discount !== undefined && <span class="discount">{format.discount(discount)}</span>}
      </div>
      <div class="mine-side">
        {isHeld && item.confirmByMs !== undefined ? (
          <HeldSide
            item={item}
            confirmByMs={item.confirmByMs}
            onChanged={onChanged}
            onUnusable={setMet}
            focusAfter={() => name.current}
          />
        ) : !over ? (
          <div class="mine-actions">
            {unusable === 'at_shop' && <p class="quiet">{words.mine.atShopText}</p>}
            <ShowPass
              item={item}
              onRefused={({ code }) => {
                const reason = unusableReasons[code];
                if (reason !== undefined) setMet(reason);
              }}
            />
            {unusable !== 'at_shop' && (
              <button type="button" class="button" onClick={() => setAsking(true)}>
                {words.mine.use}
              </button>
            )}
          </div>
        ) : (
          <Explanation item={item} unusable={unusable} />
        )}
      </div>
      {asking && (
        <UseDialog
          item={item}
          onChanged={onChanged}
          onUnusable={setMet}
          focusAfter={() => name.current}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

/** As the list shows it. */
function unusableReasonOf({ usedAtMs, state, redeemBy }: WalletItem): UnusableReason | undefined {
  if (usedAtMs !== undefined) return 'used';
  if (state === 'expired') return 'expired';
  return redeemBy === 'seller' && state === 'usable' ? 'at_shop' : undefined;
}

/** Takes the place of the button: what the coupon is now, and why. */
function Explanation({ item, unusable }: { readonly item: WalletItem; readonly unusable: UnusableReason }) {
  const { words, format } = useConsole();
  const { usedAtMs, orderId, expiresAtMs } = item;
  const [stamp, text] = ((): readonly [stamp: string, text: string] => {
    switch (unusable) {
      case 'used':
        return [
          words.mine.used,
          usedAtMs === undefined ? words.mine.usedText : words.mine.usedAt(format.happened(usedAtMs)),
        ];
      case 'expired':
        return [
          words.mine.expired,
          expiresAtMs === undefined ? '' : words.mine.expiredAt(format.moment(expiresAtMs)),
        ];
      case 'revoked':
        return [words.mine.revoked, words.mine.revokedText];
      case 'given_back':
        return [words.holds.giveBack, words.holds.released];
      case 'ran_out':
        return [words.holds.ranOutStamp, words.holds.ranOut];
      case 'at_shop':
        return ['', ''];
    }
  })();
  return (
    <>
      <span class="stamp stamp-small">{stamp}</span>
      <p class="quiet">{text}</p>
      {/* An order id of our own is of no use to a member. */}
      {orderId !== undefined && !orderId.startsWith('use:') && (
        <p class="quiet">{words.mine.order(orderId)}</p>
      )}
    </>
  );
}

interface HeldSideOptions extends WalletCardOptions {
  readonly confirmByMs: number;
  readonly onUnusable: (unusable: UnusableReason) => void;
  readonly focusAfter: () => HTMLElement | null;
}

/** Shows until when a unit is held, and what the member can do. By the clock of this device; the server decides. */
function HeldSide({ item, confirmByMs, onChanged, onUnusable, focusAfter }: HeldSideOptions) {
  const { words, api, format, notify } = useConsole();
  const { holds } = words;
  const [releasing, setReleasing] = useState(false);
  const { confirm, confirming } = useConfirmOwn(item);
  const leftMs = confirmByMs - Date.now();
  useInterval(useRedraw(), 1_000);
  // Once it has run out, the server reports its state.
  useInterval(() => void (leftMs <= 0 && readAgain()), HELD_POLL_MS);

  async function readAgain(): Promise<void> {
    const result = await api.issuance(item.couponId);
    if (!result.ok) return;
    const own = result.value?.units.find(({ issueNo }) => issueNo === item.issueNo);
    if (own === undefined) onUnusable('ran_out');
    else if (own.confirmByMs === undefined) onChanged({ ...item, state: 'usable', confirmByMs: undefined });
  }

  async function onConfirm(): Promise<void> {
    const problem = await confirm();
    if (problem !== undefined) notify(problem, 'bad');
    else notify(holds.confirmed);
    await readAgain();
  }

  return (
    <>
      <span class="badge" data-state="paused">
        {holds.held}
      </span>
      <p class="quiet">
        {leftMs > 0 ? holds.heldUntil(format.moment(confirmByMs), format.timer(leftMs)) : holds.over}
      </p>
      <div class="panel-actions">
        {item.redeemBy === 'member' && (
          <button
            type="button"
            class="button button-small button-primary"
            aria-busy={confirming}
            onClick={() => void onConfirm()}
          >
            {holds.confirm}
          </button>
        )}
        <button
          type="button"
          class="button button-small button-quiet-danger"
          onClick={() => setReleasing(true)}
        >
          {holds.release}
        </button>
      </div>
      {releasing && (
        <ReleaseOwnHoldDialog
          couponId={item.couponId}
          unit={item.unit}
          name={item.name}
          focusAfter={focusAfter}
          onReleased={() => onUnusable('given_back')}
          onClose={() => setReleasing(false)}
        />
      )}
    </>
  );
}

interface UseDialogOptions extends WalletCardOptions {
  readonly onUnusable: (unusable: UnusableReason) => void;
  readonly focusAfter: () => HTMLElement | null;
  readonly onClose: () => void;
}

function UseDialog({ item, onChanged, onUnusable, focusAfter, onClose }: UseDialogOptions) {
  const { words, api, notify } = useConsole();
  return (
    <Dialog
      title={words.mine.useTitle}
      text={words.mine.useText(item.name)}
      submit={words.mine.use}
      focusAfter={focusAfter}
      onClose={onClose}
      run={async () => {
        const result = await api.use(item);
        if (result.ok) {
          onChanged({ ...item, usedAtMs: result.value.usedAtMs });
          notify(words.mine.useDone);
          return undefined;
        }
        const text = problemText(words, result.problem);
        const unusable = unusableReasons[result.problem.code];
        if (unusable === undefined) return text;
        // No other attempt can succeed, so the question ends and the card explains.
        onUnusable(unusable);
        notify(text, 'bad');
        return undefined;
      }}
    />
  );
}

/** Whole days until then, by the clock of this device: a hint, the server decides. */
function daysLeft(untilMs: number): number {
  return Math.max(0, Math.floor((untilMs - Date.now()) / DAY_MS));
}
