/** Presses download until the answer is definite: a retry is always safe, since a winner gets the same number again. */
import type { operations } from './api-types.js';
import type { Schemas, SeonchakClient } from './client.js';
import { mayRepeat, pause, pauseMs } from './repeat.js';

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
  | { readonly status: 'held'; readonly issuance: Schemas['Issued'] | Schemas['AlreadyIssued'] }
  /** Definite for now: `not_open` has `opensAt`, and a top-up can follow `sold_out`. */
  | { readonly status: 'refused'; readonly problem: Refusal }
  /** The time was up. The member may hold the coupon all the same: press again, or read its issuance. */
  | { readonly status: 'unknown' };

export interface PressOptions {
  /** How long to repeat the download, 60 seconds unless given. */
  readonly timeoutMs?: number;
  /** Of the waiting room or captcha service, for a coupon with `presenceRequired`. */
  readonly presenceTicket?: string;
  /** Ends the presses; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 60_000;
/** A server that is alive answers sooner; a connection that hangs is given up and the press repeated. */
const ANSWER_WAIT_MS = 15_000;

/** @throws the reason of `signal`, and nothing else: a connection that breaks is an answer that was lost, and the press is repeated. */
export async function pressUntilDefinite(
  client: SeonchakClient,
  couponId: number,
  { timeoutMs = TIMEOUT_MS, presenceTicket, signal }: PressOptions = {},
): Promise<PressResult> {
  const endsAtMs = Date.now() + timeoutMs;
  const params = {
    path: { id: couponId },
    ...(presenceTicket === undefined ? {} : { header: { 'X-Presence-Ticket': presenceTicket } }),
  };
  for (let attempt = 0; ; attempt += 1) {
    let response: Response | undefined;
    try {
      signal?.throwIfAborted();
      const limits = [AbortSignal.timeout(ANSWER_WAIT_MS), ...(signal === undefined ? [] : [signal])];
      const answer = await client.POST('/v1/coupons/{id}/download', {
        params,
        signal: AbortSignal.any(limits),
      });
      if (answer.data !== undefined) return { status: 'held', issuance: answer.data };
      response = answer.response;
      if (!mayRepeat(response.status)) return { status: 'refused', problem: answer.error };
    } catch (error) {
      if (signal?.aborted === true) throw error;
    }
    const ms = pauseMs(attempt, response);
    if (Date.now() + ms > endsAtMs) return { status: 'unknown' };
    await pause(ms, signal);
  }
}
