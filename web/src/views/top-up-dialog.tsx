/** Adds units to a coupon. */
import { useRef } from 'preact/hooks';
import { useConsole } from '../context.js';
import { groupThousands, QUANTITY_MAX, readWhole } from '../parts/coupon-rules.js';
import { Dialog } from '../parts/dialog.js';
import { Field, useField } from '../parts/field.js';
import { randomKey } from '../parts/random-key.js';
import { useTakeChange } from './changed-coupon.js';
import type { CouponDialogOptions } from './coupon-action-options.js';

/** Sends no ETag: units are added to whatever the quantity is, so nothing is overwritten. */
export function TopUpDialog({ coupon, onChanged, onClose }: CouponDialogOptions) {
  const { words, api, format } = useConsole();
  const { detail } = words;
  const more = useField();
  const { take } = useTakeChange(coupon.id, onChanged);
  // One key for each amount of this dialog: submitting it again after a lost answer adds once.
  const keys = useRef(new Map<number, string>());

  async function run(): Promise<string | undefined> {
    const { id, quantity: before } = coupon;
    const by = readWhole(more.value);
    if (by === undefined || before + by > QUANTITY_MAX) {
      more.setFault(detail.topUpRange);
      return '';
    }
    const key = keys.current.get(by) ?? randomKey();
    keys.current.set(by, key);
    const topped = await api.topUp(id, by, key);
    const quantity = topped.ok ? topped.value.quantity : before + by;
    return take(topped, detail.done.topUp(format.whole(quantity)));
  }

  return (
    <Dialog title={detail.topUpTitle} submit={detail.topUpSubmit} run={run} onClose={onClose}>
      <Field
        state={more}
        label={detail.topUpBy}
        name="more"
        inputMode="numeric"
        unit={words.form.units}
        tidy={groupThousands}
        required
      />
    </Dialog>
  );
}
