/**
 * Determines the terms of a coupon that the admission store has lost, an unsettled change included.
 *
 * That change may have been in force before the loss, so it must not come back undone. It counts as decided then: its own process, or whichever
 * settles it, is answered what was decided here.
 */
import type { LastChange } from '../ports/admission.js';
import type { CouponWithChange } from '../ports/coupon-changes.js';
import type { CouponTerms } from '../domain/coupon.js';
import { sameTerms, termsAfter, termsOf } from '../ports/terms-change.js';

export interface ResumedTerms extends CouponTerms {
  readonly version: number;
  readonly lastChange: LastChange;
}

/**
 * @param issued live issuances of the coupon, for a change of its quantity.
 * @param kept terms that the store still had, where they are newer than the record's.
 */
export function termsToResume(
  { record, unsettled }: CouponWithChange,
  issued: number,
  kept?: CouponTerms & { readonly version: number },
): ResumedTerms {
  const newest = kept !== undefined && kept.version > record.version ? kept : record;
  const before = termsOf(newest);
  if (unsettled === undefined) {
    const lastChange = { changeNo: record.changesBegun, refused: undefined };
    return { ...before, version: newest.version, lastChange };
  }
  const after = termsAfter(before, unsettled.terms, issued);
  const { changeNo } = unsettled;
  if (typeof after === 'string') {
    return { ...before, version: newest.version, lastChange: { changeNo, refused: after } };
  }
  const version = sameTerms(after, before) ? newest.version : newest.version + 1;
  return { ...after, version, lastChange: { changeNo, refused: undefined } };
}
