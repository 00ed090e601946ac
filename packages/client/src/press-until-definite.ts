/** Presses download until the answer is definite: a retry is always safe, since a winner gets the same number again. */
import type { operations } from './api-types.js';
import type { Schemas, SeonchakClient } from './client.js';
import { untilDefinite } from './until-definite.js';
import type { RepeatOptions } from './until-definite.js';

/** Every reason why a download is not answered with an issuance. */
export type Refusal = {
  [
    Status in keyof operations['downloadCoupon']['responses']
  ]: operations['downloadCoupon']['responses'][Status] extends {
    content: { 'application/problem+json': infer Body };
  }
    ? Body
    : never;
}[keyof operations['downloadCoupon']['responses']];

export type PressResult =
  | { readonly status: 'held'; readonly issuance: Schemas['Issued'] }
  /** Definite for now: `not_open` has `opensAt`, and a top-up can follow `sold_out`. */
  | { readonly status: 'refused'; readonly problem: Refusal }
  /** The time was up. The member may hold the coupon all the same: press again, or read its issuance. */
  | { readonly status: 'unknown' };

export interface PressOptions extends RepeatOptions {
  /** Of the waiting room or captcha service, for a coupon with `presenceRequired`. */
  readonly presenceTicket?: string;
}

/** @throws the reason of `options.signal`, and nothing else: a connection that breaks is an answer that was lost, and the press is repeated. */
export async function pressUntilDefinite(
  client: SeonchakClient,
  couponId: number,
  options: PressOptions = {},
): Promise<PressResult> {
  const { presenceTicket } = options;
  const params = {
    path: { id: couponId },
    ...(presenceTicket === undefined ? {} : { header: { 'X-Presence-Ticket': presenceTicket } }),
  };
  const answer = await untilDefinite(
    (signal) => client.POST('/v1/coupons/{id}/download', { params, signal }),
    options,
  );
  if (answer === undefined) return { status: 'unknown' };
  if (answer.data !== undefined) return { status: 'held', issuance: answer.data };
  return { status: 'refused', problem: answer.error };
}
