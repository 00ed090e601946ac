/** Creates the fields of a coupon's terms, for registering and for editing. */
import type { Coupon } from '../api/coupon.js';
import type { Words } from '../language/en.js';
import { localText } from './coupon-rules.js';
import type { TermsFields } from './coupon-rules.js';
import { field } from './field.js';

/** Replaces what was typed with the values of the coupon. */
export function showTerms(fields: TermsFields, coupon: Coupon): void {
  fields.name.set(coupon.name);
  fields.quantity.set(String(coupon.quantity));
  fields.opensAt.set(localText(coupon.opensAtMs));
  fields.closesAt.set(localText(coupon.closesAtMs));
}

/** @param coupon the present state, when it is edited. */
export function termsFields(words: Words, coupon?: Coupon): TermsFields {
  const { form } = words;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return {
    name: field({
      label: form.name,
      name: 'name',
      hint: form.nameHint,
      value: coupon?.name ?? '',
      required: true,
      attributes: { maxlength: '200' },
    }),
    quantity: field({
      label: form.quantity,
      name: 'quantity',
      hint: form.quantityHint,
      inputmode: 'numeric',
      value: coupon === undefined ? '' : String(coupon.quantity),
      required: true,
    }),
    opensAt: field({
      label: form.opens,
      name: 'opensAt',
      type: 'datetime-local',
      hint: form.opensHint(zone),
      value: localText(coupon?.opensAtMs),
      attributes: { step: '1' },
    }),
    closesAt: field({
      label: form.closes,
      name: 'closesAt',
      type: 'datetime-local',
      hint: form.closesHint,
      value: localText(coupon?.closesAtMs),
      attributes: { step: '1' },
    }),
  };
}
