/** Asks before an issuance is revoked, or its use cancelled. */
import type { Issuance } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { Dialog } from '../parts/dialog.js';
import { problemText } from '../problem-text.js';

/** A use that an order has made and that is not cancelled. */
export interface LiveUse {
  readonly issuance: Issuance;
  readonly orderId: string;
}

interface IssuanceDialogOptions {
  readonly couponId: number;
  readonly focusAfter: () => HTMLElement | null | undefined;
  /** Shows what has changed. */
  readonly onDone: () => Promise<void>;
  readonly onClose: () => void;
}

export function RevokeDialog({
  couponId,
  issuance: { issueNo, memberId },
  onDone,
  ...dialog
}: IssuanceDialogOptions & { readonly issuance: Issuance }) {
  const { words, api, format, notify } = useConsole();
  const number = format.whole(issueNo);
  return (
    <Dialog
      {...dialog}
      title={words.detail.revokeTitle(number)}
      text={words.detail.revokeText(memberId)}
      submit={words.detail.revoke}
      dismiss={words.detail.keepIt}
      danger
      run={async () => {
        const result = await api.revoke(couponId, issueNo);
        if (!result.ok) return problemText(words, result.problem);
        notify(words.detail.done.revoke(number));
        await onDone();
        return undefined;
      }}
    />
  );
}

export function CancelUseDialog({
  couponId,
  use: { issuance, orderId },
  onDone,
  ...dialog
}: IssuanceDialogOptions & { readonly use: LiveUse }) {
  const { words, api, format, notify } = useConsole();
  const number = format.whole(issuance.issueNo);
  return (
    <Dialog
      {...dialog}
      title={words.detail.cancelUseTitle(number)}
      text={words.detail.cancelUseText(issuance.memberId, orderId)}
      submit={words.detail.cancelUse}
      dismiss={words.detail.keepIt}
      danger
      run={async () => {
        const result = await api.cancelRedemption(couponId, issuance.issueNo, orderId);
        if (!result.ok) return problemText(words, result.problem);
        notify(words.detail.done.cancelUse(number));
        await onDone();
        return undefined;
      }}
    />
  );
}
