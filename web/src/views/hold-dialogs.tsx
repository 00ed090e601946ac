/** Asks before a hold is confirmed for an order, or released. */
import type { OpenHold } from '../api/rules.js';
import { useConsole } from '../context.js';
import { Dialog } from '../parts/dialog.js';
import { Field, showFaults, useField } from '../parts/field.js';
import { problemText } from '../problem-text.js';

interface HoldDialogOptions {
  readonly couponId: number;
  readonly hold: OpenHold;
  readonly onDone: () => Promise<void>;
  readonly onClose: () => void;
}

export function ConfirmDialog({ couponId, hold, onDone, onClose }: HoldDialogOptions) {
  const { words, api, format, notify } = useConsole();
  const { holds } = words;
  const order = useField();
  const number = format.whole(hold.issueNo);

  async function run(): Promise<string | undefined> {
    if (!/^[A-Za-z0-9._:-]{1,64}$/.test(order.value)) {
      showFaults(new Map([[order, holds.orderForm]]));
      return '';
    }
    const result = await api.confirmHold(couponId, hold.issueNo, order.value);
    if (!result.ok) return problemText(words, result.problem);
    notify(holds.done.confirm(number));
    await onDone();
    return undefined;
  }

  return (
    <Dialog
      title={holds.confirmTitle(number)}
      text={holds.confirmText(hold.memberId)}
      submit={holds.confirmShort}
      run={run}
      onClose={onClose}
    >
      <Field
        state={order}
        label={holds.order}
        name="order"
        hint={holds.orderHint}
        maxLength={64}
        spellcheck={false}
        required
      />
    </Dialog>
  );
}

export function ReleaseSellerHoldDialog({ couponId, hold, onDone, onClose }: HoldDialogOptions) {
  const { words, api, format, notify } = useConsole();
  const { holds } = words;
  const number = format.whole(hold.issueNo);
  return (
    <Dialog
      title={holds.giveBackTitle(number)}
      text={holds.giveBackText(hold.memberId)}
      submit={holds.giveBack}
      danger
      onClose={onClose}
      run={async () => {
        const result = await api.releaseHold(couponId, hold.issueNo);
        if (!result.ok) return problemText(words, result.problem);
        notify(holds.done.release(number));
        await onDone();
        return undefined;
      }}
    />
  );
}
