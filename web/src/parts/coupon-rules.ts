/** Checks a seller's input by the API's rules before it is sent. The server's schema is authoritative. */
import type { CouponTerms, NewCoupon } from '../api/client.js';
import type { FieldFault, Problem } from '../api/problem.js';
import { fractionDigits } from '../format.js';
import type { Words } from '../language/en.js';
import { showFaults } from './field.js';
import type { FieldState } from './field.js';

const NAME_LENGTH_MAX = 200;
export const QUANTITY_MAX = 1_000_000_000;
const DESCRIPTION_LENGTH_MAX = 300;
const IMAGE_LENGTH_MAX = 500;
const AMOUNT_MAX = 1_000_000_000_000;

/** Three digits after each mark, as people write thousands: `1,000`, `1 000`. A lone comma may be a decimal one, so `1,5` is none. */
const grouped = /^\d{1,3}(?:[,\u00a0\u202f ]\d{3})+$/;

/** @returns the whole number from 1 that was typed, or `undefined`. */
export function readWhole(typed: string): number | undefined {
  const digits = grouped.test(typed) ? typed.replace(/\D/g, '') : typed;
  return /^\d{1,15}$/.test(digits) && Number(digits) >= 1 ? Number(digits) : undefined;
}

/** Groups the thousands of a plain number, `12500.5` as `12,500.5`; any other text stays as it is. */
export function groupThousands(typed: string): string {
  const [, whole, fraction = ''] = /^\s*(\d{4,15})(\.\d*)?\s*$/.exec(typed) ?? [];
  return whole === undefined ? typed : whole.replace(/\B(?=(?:\d{3})+$)/g, ',') + fraction;
}

/** The text of a date-and-time input, in the reader's zone. */
export function localText(epochMs: number | undefined): string {
  if (epochMs === undefined) return '';
  const date = new Date(epochMs);
  return new Date(epochMs - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

export function instantText(localTime: string): string | undefined {
  const epochMs = Date.parse(localTime);
  return localTime === '' || Number.isNaN(epochMs) ? undefined : new Date(epochMs).toISOString();
}

/** As the API takes it: https, since a page shown over https shows no other image. */
export function isImageAddress(text: string): boolean {
  return /^https:\/\/\S+$/.test(text) && URL.canParse(text) && text.length <= IMAGE_LENGTH_MAX;
}

export interface TermsFields {
  readonly name: FieldState;
  readonly quantity: FieldState;
  readonly opensAt: FieldState;
  readonly closesAt: FieldState;
  readonly image: FieldState;
  readonly description: FieldState;
  /** State of a checkbox: any text means that it is checked. */
  readonly presenceRequired: FieldState;
}

/** @returns the terms as the API takes them, or `undefined` after the faults have been shown at their fields. */
export function readTerms(
  fields: TermsFields,
  words: Words,
): (CouponTerms & Pick<NewCoupon, 'name' | 'quantity'>) | undefined {
  const { form } = words;
  const faults = new Map<FieldState, string>();
  const name = fields.name.value;
  if (name === '') faults.set(fields.name, form.required);
  else if (name.length > NAME_LENGTH_MAX) faults.set(fields.name, form.nameLong);

  const quantity = readWhole(fields.quantity.value) ?? 0;
  if (quantity < 1 || quantity > QUANTITY_MAX) faults.set(fields.quantity, form.quantityRange);
  const opensAt = instantText(fields.opensAt.value) ?? null;
  const closesAt = instantText(fields.closesAt.value) ?? null;
  if (opensAt !== null && closesAt !== null && closesAt <= opensAt) {
    faults.set(fields.closesAt, form.windowOrder);
  }
  const image = fields.image.value;
  if (image !== '' && !isImageAddress(image)) faults.set(fields.image, form.imageWrong);
  const description = fields.description.value;
  if (description.length > DESCRIPTION_LENGTH_MAX) faults.set(fields.description, form.descriptionLong);
  if (showFaults(faults)) return undefined;
  return {
    ...{ name, quantity, opensAt, closesAt },
    image: image === '' ? null : image,
    description: description === '' ? null : description,
    presenceRequired: fields.presenceRequired.value !== '',
  };
}

/** Puts the server's faults at the fields they name. @returns those that name none of them. */
export function showServerFaults(
  problem: Problem,
  fields: Readonly<Record<string, FieldState>>,
): FieldFault[] {
  const others: FieldFault[] = [];
  const faults = new Map<FieldState, string>();
  for (const fault of problem.errors) {
    const target = fields[fault.field.split('.')[0] ?? ''];
    if (target === undefined) others.push(fault);
    else faults.set(target, fault.message);
  }
  showFaults(faults);
  return others;
}

/** Above 0, up to 100; `12,5` and `12.5%` as well. */
export function readPercent(typed: string): number | undefined {
  const value = Number(typed.replace(/\s*%$/, '').replace(',', '.'));
  return typed !== '' && value > 0 && value <= 100 ? value : undefined;
}

/** @returns the amount in the smallest unit of the currency. Three digits after a comma are thousands, after a point a fraction. */
export function readMoney(typed: string, currency: string): number | undefined {
  const digits = fractionDigits(currency);
  const [, whole = '', point, fraction = point ?? ''] =
    /^(.*?)(?:\.(\d{1,3})|,(\d{1,2}))?$/.exec(typed) ?? [];
  if (fraction.length > digits) return undefined;
  const units = readWhole(whole) ?? (/^0?$/.test(whole) ? 0 : undefined);
  if (units === undefined) return undefined;
  const value = units * 10 ** digits + Number(fraction.padEnd(digits, '0'));
  return value >= 1 && value <= AMOUNT_MAX ? value : undefined;
}
