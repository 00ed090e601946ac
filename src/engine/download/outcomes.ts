/** Makes the objects of outcomes that are equal for every member, once: the hot path allocates none of them. Their names: domain/download.ts. */
import type { Refusal } from '../ports/admission.js';
import type { CouponSnapshot } from '../domain/coupon.js';
import type { DownloadOutcome } from '../domain/download.js';

const constant = <Name extends DownloadOutcome['outcome']>(outcome: Name): { readonly outcome: Name } =>
  Object.freeze({ outcome });

export const UNKNOWN_COUPON = constant('unknown_coupon');
export const LIMIT_REACHED = constant('limit_reached');
export const PAUSED = constant('paused');
export const CLOSED = constant('closed');
export const SOLD_OUT = constant('sold_out');
export const BUSY = constant('busy');
export const NOT_READY = constant('not_ready');
export const OUTCOME_UNKNOWN = constant('outcome_unknown');

/** `opensAtMs` of `not_open` comes from the terms, which must be those the refusal was made under. */
export function refusedOutcome(
  refusal: Refusal,
  terms: Pick<CouponSnapshot, 'opensAtMs'>,
  storeNowMs: number,
): DownloadOutcome {
  switch (refusal) {
    case 'not_open':
      return {
        outcome: 'not_open',
        opensAtMs: terms.opensAtMs ?? storeNowMs,
        storeNowMs,
      };
    case 'paused':
      return PAUSED;
    case 'closed':
      return CLOSED;
    case 'sold_out':
      return SOLD_OUT;
  }
}
