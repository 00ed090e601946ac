/** Sends a download until its outcome is definite: a retry is always safe, since a winner gets the same number again. */
import type { operations } from './api-types.js';
import type { Schemas, SeonchakClient } from './client.js';
import { untilDefinite } from './until-definite.js';
import type { RepeatOptions } from './until-definite.js';

type ProblemOf<Operation extends keyof operations> = {
  [Status in keyof operations[Operation]['responses']]: operations[Operation]['responses'][Status] extends {
    content: { 'application/problem+json': infer Body };
  }
    ? Body
    : never;
}[keyof operations[Operation]['responses']];

/** Every reason why a download is not answered with an issuance. */
export type Refusal = ProblemOf<'downloadCoupon'> | ProblemOf<'downloadUnit'>;

export type PressResult =
  | { readonly status: 'held'; readonly issuance: Schemas['Issued'] }
  /** Definite for now: `not_open` has `opensAt`, and a top-up can follow `sold_out`. */
  | { readonly status: 'refused'; readonly problem: Refusal }
  /** The time was up. The member may hold the coupon all the same: press again, or read its issuance. */
  | { readonly status: 'unknown' };

export interface PressOptions extends RepeatOptions {
  /** A ticket from the waiting room or captcha service, for a coupon with `presenceRequired`. */
  readonly presenceTicket?: string;
  /** Which of the member's units, for a coupon with `perMember` above 1. Absent: the first. */
  readonly unit?: number;
}

/** @throws the reason of `options.signal`, and nothing else: a connection that breaks is an answer that was lost, and the press is repeated. */
export async function pressUntilDefinite(
  client: SeonchakClient,
  couponId: number,
  options: PressOptions = {},
): Promise<PressResult> {
  const { presenceTicket, unit = 1 } = options;
  const header = presenceTicket === undefined ? {} : { header: { 'X-Presence-Ticket': presenceTicket } };
  const first = { path: { id: couponId }, ...header };
  const further = { path: { id: couponId, unit: String(unit) }, ...header };
  const answer = await untilDefinite(
    (signal) =>
      unit === 1
        ? client.POST('/v1/coupons/{id}/download', { params: first, signal })
        : client.POST('/v1/coupons/{id}/units/{unit}/download', { params: further, signal }),
    options,
  );
  if (answer === undefined) return { status: 'unknown' };
  if (answer.data !== undefined) return { status: 'held', issuance: answer.data };
  return { status: 'refused', problem: answer.error };
}
