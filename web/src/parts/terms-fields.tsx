/** Draws the fields of a coupon's terms, for registering and for editing. */
import type { ComponentChildren } from 'preact';
import type { Coupon } from '../api/coupon.js';
import type { RuleOffer } from '../api/rules.js';
import { useConsole } from '../context.js';
import { useLoaded } from '../hooks.js';
import type { Words } from '../language/en.js';
import { groupThousands, isImageAddress, localText } from './coupon-rules.js';
import type { TermsFields } from './coupon-rules.js';
import { Checks } from './checks.js';
import { CouponImage } from './coupon-image.js';
import { Field, useField } from './field.js';

const PRESENCE = 'presence';

/** @param coupon the present state, when it is edited. */
export function useTermsFields(coupon?: Coupon): TermsFields {
  return {
    name: useField(coupon?.name),
    quantity: useField(coupon === undefined ? '' : groupThousands(String(coupon.quantity))),
    opensAt: useField(localText(coupon?.opensAtMs)),
    closesAt: useField(localText(coupon?.closesAtMs)),
    image: useField(coupon?.image),
    description: useField(coupon?.description),
    presenceRequired: useField(checkText(coupon?.presenceRequired)),
  };
}

/** Replaces what was typed with the values of the coupon. */
export function showTerms(fields: TermsFields, coupon: Coupon): void {
  fields.name.set(coupon.name);
  fields.quantity.set(groupThousands(String(coupon.quantity)));
  fields.opensAt.set(localText(coupon.opensAtMs));
  fields.closesAt.set(localText(coupon.closesAtMs));
  fields.image.set(coupon.image ?? '');
  fields.description.set(coupon.description ?? '');
  fields.presenceRequired.set(checkText(coupon.presenceRequired));
}

function checkText(checked: boolean | undefined): string {
  return checked === true ? PRESENCE : '';
}

interface TermsOptions {
  readonly fields: TermsFields;
  /** The values of an edited coupon; absent for a new one. */
  readonly before?: Coupon;
  /** Below the opening. */
  readonly children?: ComponentChildren;
}

export function Terms({ fields, before, children }: TermsOptions) {
  const { words, api } = useConsole();
  const { form } = words;
  const { result } = useLoaded(() => api.ruleOffer(), []);
  const presence = result?.ok === true ? result.value.presence : 'available';
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
        state={fields.description}
        label={form.description}
        name="description"
        hint={form.descriptionHint}
        maxLength={300}
        rows={2}
      />
      <Field
        state={fields.image}
        label={form.image}
        name="image"
        type="url"
        hint={form.imageHint}
        maxLength={500}
        spellcheck={false}
      />
      {isImageAddress(fields.image.value) && (
        <CouponImage key={fields.image.value} address={fields.image.value} fault={form.imageMissing} />
      )}
      <Field
        state={fields.quantity}
        label={form.quantity}
        name="quantity"
        hint={form.quantityHint}
        inputMode="numeric"
        unit={form.units}
        tidy={groupThousands}
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
      <Checks
        label={form.presence}
        choices={[{ value: PRESENCE, label: form.presenceRequired }]}
        checked={new Set(fields.presenceRequired.value === '' ? [] : [PRESENCE])}
        fault={fields.presenceRequired.fault}
        fixed={presenceFixed(presence, before, words)}
        onChange={(checked) => fields.presenceRequired.set(checkText(checked.size > 0))}
      />
    </>
  );
}

/** Why the waiting room can be neither chosen nor left out; a coupon that has any rule takes no place of another one. */
function presenceFixed(
  presence: RuleOffer['presence'],
  before: Coupon | undefined,
  { form }: Words,
): string | undefined {
  if (presence === 'available' || before?.presenceRequired === true) return undefined;
  if (presence === 'full' && before !== undefined && hasRule(before)) return undefined;
  return form.presenceFixed[presence];
}

function hasRule({ eligibility, perMember, holdSeconds }: Coupon): boolean {
  return eligibility !== undefined || perMember > 1 || holdSeconds !== undefined;
}
