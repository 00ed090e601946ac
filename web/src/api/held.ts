/** Reads what a member holds of a coupon. */
import { unitOf } from './coupon.js';
import { fieldsOf, instantOrNothingIn, listIn, numberIn, textIn } from './read.js';

/** Holding one, and whether this was the first time of asking. */
export interface Held {
  readonly issueNo: number;
  readonly issuedAtMs: number;
  readonly again: boolean;
  /** Which of the member's units of the coupon, from 1. */
  readonly unit: number;
  /** While it is held and not confirmed. */
  readonly confirmByMs: number | undefined;
}

/** The first unit, and all that the member holds. */
export interface OwnIssuance extends Held {
  readonly units: readonly (Held & { readonly recorded: boolean })[];
}

export const readHeld = (value: unknown): Held => {
  const fields = fieldsOf(value);
  return {
    issueNo: numberIn(fields, 'issueNo'),
    issuedAtMs: Date.parse(textIn(fields, 'issuedAt')),
    again: fields['outcome'] === 'already_issued',
    unit: unitOf(fields),
    confirmByMs: instantOrNothingIn(fields, 'confirmBy'),
  };
};

export const readOwn = (value: unknown): OwnIssuance | undefined => {
  const { issuance } = fieldsOf(value);
  if (issuance === null) return undefined;
  return {
    ...readHeld(issuance),
    units: listIn(fieldsOf(issuance), 'units', (unit) => ({
      ...readHeld(unit),
      recorded: fieldsOf(unit)['recorded'] === true,
    })),
  };
};
