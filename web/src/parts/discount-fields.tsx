/** Draws the fields of a coupon's discount, for registering and for editing. */
import { useEffect, useState } from 'preact/hooks';
import type { Coupon, Discount } from '../api/coupon.js';
import { useConsole } from '../context.js';
import { fractionDigits } from '../format.js';
import type { Words } from '../language/en.js';
import { groupThousands, readMoney, readPercent } from './coupon-rules.js';
import { CurrencyField } from './currency-field.js';
import { Segments, Field, showFaults, useField } from './field.js';
import type { FieldState } from './field.js';

type Kind = 'none' | Discount['type'];

export interface DiscountFieldsState {
  readonly kind: Kind;
  readonly setKind: (kind: Kind) => void;
  readonly value: FieldState;
  readonly currency: string;
  readonly setCurrency: (currency: string) => void;
  /** The discount of an edited coupon. */
  readonly before: Discount | undefined;
}

/** @param before the coupon whose discount the form shows, when it is edited. */
export function useDiscountFields(before?: Coupon): DiscountFieldsState {
  const discount = before?.discount;
  const [kind, setKind] = useState<Kind>(discount?.type ?? 'none');
  const value = useField(valueText(discount));
  const [currency, setCurrency] = useState(currencyOf(discount));
  return { kind, setKind, value, currency, setCurrency, before: discount };
}

/** Replaces what was chosen with the discount of the coupon. */
export function showDiscount(state: DiscountFieldsState, { discount }: Pick<Coupon, 'discount'>): void {
  state.setKind(discount?.type ?? 'none');
  state.value.set(valueText(discount));
  state.setCurrency(currencyOf(discount));
}

/** @returns the discount where it differs from that of the coupon that is edited, or `undefined` after the fault has been shown. */
export function readDiscount(
  state: DiscountFieldsState,
  words: Words,
): { readonly discount?: Discount | null } | undefined {
  const discount = discountIn(state);
  if (discount === undefined) {
    const { percentRange, amountRange } = words.form;
    showFaults(new Map([[state.value, state.kind === 'percent' ? percentRange : amountRange]]));
    return undefined;
  }
  return discountKey(discount) === discountKey(state.before ?? null) ? {} : { discount };
}

interface DiscountFieldsOptions {
  readonly state: DiscountFieldsState;
  /** Why it cannot be changed; absent where it can. */
  readonly fixed?: string | undefined;
}

export function DiscountFields({ state, fixed }: DiscountFieldsOptions) {
  const { words, format } = useConsole();
  const { form } = words;
  const { kind, value, before } = state;
  const isFixed = fixed !== undefined;

  // A member may win while the seller types.
  useEffect(() => {
    if (isFixed) showDiscount(state, { discount: before });
  }, [isFixed]);

  return (
    <>
      <Segments
        label={form.discount}
        value={kind}
        choices={[
          ['none', form.discountNone],
          ['percent', form.discountPercent],
          ['amount', form.discountAmount],
        ]}
        fixed={fixed}
        onChange={(chosen) => {
          state.setKind(chosen);
          value.setFault(undefined);
        }}
      />
      {kind !== 'none' && (
        <Field
          state={value}
          label={form.discountValue}
          name="discount"
          inputMode="decimal"
          unit={kind === 'percent' ? '%' : format.currencySign(state.currency)}
          tidy={groupThousands}
          disabled={isFixed}
        />
      )}
      {kind === 'amount' && (
        <CurrencyField value={state.currency} disabled={isFixed} onChange={state.setCurrency} />
      )}
    </>
  );
}

/** @returns `undefined` where the value is none of its kind. */
function discountIn({ kind, value, currency }: DiscountFieldsState): Discount | null | undefined {
  if (kind === 'none') return null;
  const number = kind === 'percent' ? readPercent(value.value) : readMoney(value.value, currency);
  if (number === undefined) return undefined;
  return kind === 'percent' ? { type: kind, value: number } : { type: kind, value: number, currency };
}

function valueText(discount: Discount | undefined): string {
  if (discount === undefined) return '';
  if (discount.type === 'percent') return String(discount.value);
  const digits = fractionDigits(discount.currency);
  return groupThousands((discount.value / 10 ** digits).toFixed(digits));
}

function currencyOf(discount: Discount | undefined): string {
  return discount?.type === 'amount' ? discount.currency : 'KRW';
}

function discountKey(discount: Discount | null): string {
  if (discount === null) return '';
  return `${discount.type} ${discount.value} ${discount.type === 'amount' ? discount.currency : ''}`;
}
