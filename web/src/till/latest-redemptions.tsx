/** Lists what was redeemed on this page, so that a mistake can be cancelled at once. */
import { useRef, useState } from 'preact/hooks';
import type { WalletItem } from '../api/coupon.js';
import type { TillCalls } from '../api/till-calls.js';
import { useConsole } from '../context.js';
import { Dialog } from '../parts/dialog.js';
import { problemText } from '../problem-text.js';

export interface RedeemedHere {
  readonly item: WalletItem;
  readonly orderId: string;
  readonly redeemedAtMs: number;
  readonly cancelled: boolean;
}

interface LatestRedemptionsOptions {
  readonly calls: TillCalls;
  readonly items: readonly RedeemedHere[];
  readonly onCancelled: (one: RedeemedHere) => void;
}

export function LatestRedemptions({ calls, items, onCancelled }: LatestRedemptionsOptions) {
  const { words, format, notify } = useConsole();
  const { till, detail } = words;
  const [asked, ask] = useState<RedeemedHere>();
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <section class="panel">
      <h2 ref={heading} tabIndex={-1}>
        {till.latest}
      </h2>
      <p class="quiet">{till.latestText}</p>
      <ul class="latest">
        {items.map((one) => {
          const number = format.whole(one.item.issueNo);
          return (
            <li key={`${one.item.couponId}.${one.orderId}`} data-over={String(one.cancelled)}>
              <span class="latest-name">
                {one.item.name}
                <small class="quiet">
                  {till.of(number, one.item.memberId)} · {format.happened(one.redeemedAtMs)}
                </small>
              </span>
              {one.cancelled ? (
                <span class="quiet">{till.undone}</span>
              ) : (
                <button
                  type="button"
                  class="button button-small button-quiet-danger"
                  aria-label={till.undoOne(number)}
                  onClick={() => ask(one)}
                >
                  {till.undo}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {asked !== undefined && (
        <Dialog
          title={detail.cancelUseTitle(format.whole(asked.item.issueNo))}
          text={detail.cancelUseText(asked.item.memberId, asked.orderId)}
          submit={detail.cancelUse}
          danger
          focusAfter={() => heading.current}
          onClose={() => ask(undefined)}
          run={async () => {
            const result = await calls.cancel(asked.item, asked.orderId);
            if (!result.ok) return problemText(words, result.problem);
            onCancelled(asked);
            notify(till.undoneText(format.whole(asked.item.issueNo)));
            return undefined;
          }}
        />
      )}
    </section>
  );
}
