/** Confirms a hold for an order, or releases it, until the answer is definite. */
import type { Problem, Schemas, SeonchakClient } from './client.js';
import { SeonchakError } from './client.js';
import { untilDefinite } from './until-definite.js';
import type { RepeatOptions } from './until-definite.js';

/** A hold of any member, by a server key or a seller; or the caller's own, by a member. */
export type HoldName =
  | { readonly couponId: number; readonly issueNo: number }
  /** `unit`: which of the member's units; the first where it is left out. */
  | { readonly couponId: number; readonly own: true; readonly unit?: number };

export type ConfirmHoldResult =
  | { readonly status: 'confirmed'; readonly confirmation: Schemas['Confirmed'] }
  /** The unit is back in stock: refund the payment. */
  | { readonly status: 'expired' }
  /** The time was up: the order may have confirmed the hold. Repeat it with the same order id. */
  | { readonly status: 'unknown' };

export type ReleaseHoldResult =
  | { readonly status: 'released'; readonly remaining: number }
  /** An order has confirmed the hold, so the member keeps the coupon. */
  | { readonly status: 'confirmed' }
  /** The time was up: the hold may have ended. Repeat it. */
  | { readonly status: 'unknown' };

/** An answer of either route; their problems differ. */
type Answer<Data> = { readonly response: Response } & (
  { readonly data: Data } | { readonly data?: never; readonly error: Problem }
);

/**
 * Confirms a hold for a paid order. The same order always gets the same answer, so it is repeated after lost answers.
 *
 * @throws SeonchakError for every other problem, such as `not_issued` or `confirmed_by_other_order`; the reason of `options.signal`.
 */
export async function confirmHold(
  client: SeonchakClient,
  hold: HoldName,
  orderId: string,
  options: RepeatOptions = {},
): Promise<ConfirmHoldResult> {
  const answer = await untilDefinite<Answer<Schemas['Confirmed']>>(
    (signal) =>
      'own' in hold
        ? client.POST('/v1/me/coupons/{couponId}/confirm', {
            params: { path: { couponId: hold.couponId } },
            body: { orderId, ...(hold.unit === undefined ? {} : { unit: hold.unit }) },
            signal,
          })
        : client.POST('/v1/coupons/{id}/issuances/{issueNo}/confirm', {
            params: { path: { id: hold.couponId, issueNo: hold.issueNo } },
            body: { orderId },
            signal,
          }),
    options,
  );
  if (answer === undefined) return { status: 'unknown' };
  if (answer.data !== undefined) return { status: 'confirmed', confirmation: answer.data };
  if (answer.error.code === 'hold_expired') return { status: 'expired' };
  throw new SeonchakError(answer.error);
}

/**
 * Releases a hold: its unit returns to stock immediately. A repeat has the same answer.
 *
 * @throws SeonchakError for every other problem, such as `not_issued`; the reason of `options.signal`.
 */
export async function releaseHold(
  client: SeonchakClient,
  hold: HoldName,
  options: RepeatOptions = {},
): Promise<ReleaseHoldResult> {
  const answer = await untilDefinite<Answer<Schemas['HoldReleased']>>(
    (signal) =>
      'own' in hold
        ? client.DELETE('/v1/me/coupons/{couponId}/hold', {
            params: {
              path: { couponId: hold.couponId },
              query: hold.unit === undefined ? {} : { unit: String(hold.unit) },
            },
            signal,
          })
        : client.DELETE('/v1/coupons/{id}/issuances/{issueNo}/hold', {
            params: { path: { id: hold.couponId, issueNo: hold.issueNo } },
            signal,
          }),
    options,
  );
  if (answer === undefined) return { status: 'unknown' };
  if (answer.data !== undefined) return { status: 'released', remaining: answer.data.remaining };
  if (answer.error.code === 'already_confirmed') return { status: 'confirmed' };
  throw new SeonchakError(answer.error);
}
