/** Edits the terms of a coupon. */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import type { Words } from '../language/en.js';
import { readTerms, showServerFaults } from '../parts/coupon-rules.js';
import { Dialog } from '../parts/dialog.js';
import { DiscountFields, readDiscount, showDiscount, useDiscountFields } from '../parts/discount-fields.js';
import { showTerms, Terms, useTermsFields } from '../parts/terms-fields.js';
import { readUse, showUse, UseFields, useUseFields } from '../parts/use-fields.js';
import { problemText } from '../problem-text.js';
import { useTakeChange } from './changed-coupon.js';
import type { CouponDialogOptions } from './coupon-action-options.js';

/** @param props `coupon` has the values that the form shows at first, and follows the live view. */
export function EditDialog({ coupon, onChanged, onClose }: CouponDialogOptions) {
  const { words, api, format } = useConsole();
  const { detail } = words;
  const fields = useTermsFields(coupon);
  /** As the seller has seen it: what differs from it is what the seller changes. */
  const [known, setKnown] = useState(coupon);
  const discount = useDiscountFields(known);
  const use = useUseFields(known);
  const { take, readChanged } = useTakeChange(coupon.id, onChanged);
  /** The entity tag of the values that the seller has seen, not of the latest that were read. */
  const etag = useRef(coupon.etag);
  const [changed, setChanged] = useState<{ readonly coupon: Coupon; readonly text: string }>();

  async function run(): Promise<ComponentChildren> {
    setChanged(undefined);
    const how = readUse(use, { words, format });
    const amount = readDiscount(discount, words);
    const terms = readTerms(fields, words);
    if (terms === undefined || how === undefined || amount === undefined) return '';
    const { presenceRequired = false, ...others } = terms;
    // Even one that stays is refused where there is no waiting room any more.
    const presence = presenceRequired === known.presenceRequired ? {} : { presenceRequired };
    const result = await api.amend(coupon.id, { ...others, ...presence, ...how, ...amount }, etag.current);
    if (!result.ok && result.problem.code === 'changed_meanwhile') return showChanged();
    if (!result.ok) showServerFaults(result.problem, { ...fields, discount: discount.value });
    return take(result, detail.done.edit);
  }

  /** What the seller typed stays: saving again replaces the values that the note shows. */
  async function showChanged(): Promise<string> {
    const read = await readChanged();
    if (!read.ok) return problemText(words, read.problem);
    etag.current = read.value.coupon.etag;
    setKnown(read.value.coupon);
    setChanged(read.value);
    return '';
  }

  return (
    <Dialog title={detail.editTitle} submit={words.form.save} run={run} onClose={onClose}>
      <Terms fields={fields} before={known} />
      <DiscountFields state={discount} fixed={discountFixed(coupon, words)} />
      <UseFields state={use} />
      <div role="alert">
        {changed !== undefined && (
          <p class="form-fault">
            {changed.text} {detail.saveReplaces}{' '}
            <button
              type="button"
              class="button"
              onClick={() => {
                showTerms(fields, changed.coupon);
                showDiscount(discount, changed.coupon);
                showUse(use, changed.coupon);
                setChanged(undefined);
                fields.name.input.current?.focus();
              }}
            >
              {detail.loadCurrent}
            </button>
          </p>
        )}
      </div>
    </Dialog>
  );
}

/** As the API judges it, which also counts the last seconds before the opening. */
function discountFixed({ issued, state }: Coupon, { form }: Words): string | undefined {
  if (issued > 0) return form.discountFixed.issued;
  return state === 'open' ? form.discountFixed.open : undefined;
}
