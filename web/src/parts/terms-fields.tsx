/** Draws the fields of a coupon's terms, for registering and for editing. */
import type { ComponentChildren } from 'preact';
import type { Coupon } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { localText } from './coupon-rules.js';
import type { TermsFields } from './coupon-rules.js';
import { Field, useField } from './field.js';

/** @param coupon the present state, when it is edited. */
export function useTermsFields(coupon?: Coupon): TermsFields {
  return {
    name: useField(coupon?.name),
    quantity: useField(coupon === undefined ? '' : String(coupon.quantity)),
    opensAt: useField(localText(coupon?.opensAtMs)),
    closesAt: useField(localText(coupon?.closesAtMs)),
  };
}

/** Replaces what was typed with the values of the coupon. */
export function showTerms(fields: TermsFields, coupon: Coupon): void {
  fields.name.set(coupon.name);
  fields.quantity.set(String(coupon.quantity));
  fields.opensAt.set(localText(coupon.opensAtMs));
  fields.closesAt.set(localText(coupon.closesAtMs));
}

interface TermsOptions {
  readonly fields: TermsFields;
  /** Below the opening. */
  readonly children?: ComponentChildren;
}

export function Terms({ fields, children }: TermsOptions) {
  const { form } = useConsole().words;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <Field
        state={fields.name}
        label={form.name}
        name="name"
        hint={form.nameHint}
        required
        maxLength={200}
      />
      <Field
        state={fields.quantity}
        label={form.quantity}
        name="quantity"
        hint={form.quantityHint}
        inputMode="numeric"
        required
      />
      <div class="form-pair">
        <div>
          <Field
            state={fields.opensAt}
            label={form.opens}
            name="opensAt"
            type="datetime-local"
            step="1"
            hint={form.opensHint(zone)}
          />
          {children}
        </div>
        <Field
          state={fields.closesAt}
          label={form.closes}
          name="closesAt"
          type="datetime-local"
          step="1"
          hint={form.closesHint}
        />
      </div>
    </>
  );
}
