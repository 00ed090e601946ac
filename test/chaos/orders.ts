/** Confirms holds as orders that are paid, repeats what was not answered, and records every answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { type OrderId, parseOrderId } from '../../src/engine/domain/redemption.js';
import type { ConfirmCall } from '../../src/engine/testing/checker/history.js';
import { type HttpAnswer, HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';

/** The seller of `registerCoupon`. */
const SELLER_ID = '900001';
const AGAIN_MS = 100;
const HANG_UP_AFTER_MS = 2_000;

const answers: Readonly<Record<string, ConfirmCall['answer']>> = {
  hold_expired: 'hold_expired',
  confirmed_by_other_order: 'confirmed_by_other_order',
  not_issued: 'absent',
  no_hold: 'no_hold',
};

export class Orders {
  readonly calls: ConfirmCall[] = [];
  /** Numbers whose release was asked for. */
  readonly released = new Set<number>();
  /** Numbers whose redemption was acknowledged. */
  readonly redeemed = new Set<number>();
  /** Set by a test that has waited until every hold was over. */
  allOver = false;
  readonly #clients: readonly HttpClient[];
  readonly #couponId: number;

  constructor(origins: readonly string[], couponId: number) {
    this.#clients = origins.map((origin) => new HttpClient(origin, 20));
    this.#couponId = couponId;
  }

  /** Until the answer is definite or the patience ends, over the servers in turn. */
  async confirm(issueNo: number, order = 'A', patienceMs = 20_000): Promise<ConfirmCall['answer']> {
    const untilMs = performance.now() + patienceMs;
    const orderId = orderNamed(`${order}-${issueNo}`);
    for (let turn = issueNo; ; turn += 1) {
      const call: ConfirmCall = {
        ...{ issueNo, orderId, byNumber: true, invokedMs: performance.now(), answer: undefined },
      };
      this.calls.push(call);
      call.answer = await this.#ask(issueNo, orderId, turn);
      if (call.answer !== undefined || performance.now() > untilMs) return call.answer;
      await pause(AGAIN_MS);
    }
  }

  /** Asks once, for an order of its own. */
  async redeem(issueNo: number): Promise<void> {
    const answer = await this.#send('POST', `${issueNo}/redemptions`, issueNo, { orderId: `R-${issueNo}` });
    if (answer !== undefined && answer.status < 300) this.redeemed.add(issueNo);
  }

  /** Asks once; what is not answered may have been carried out. */
  async release(issueNo: number): Promise<void> {
    this.released.add(issueNo);
    await this.#send('DELETE', `${issueNo}/hold`, issueNo);
  }

  async #ask(issueNo: number, orderId: OrderId, turn: number): Promise<ConfirmCall['answer']> {
    const answer = await this.#send('POST', `${issueNo}/confirm`, turn, { orderId });
    if (answer?.status === 200) return 'confirmed';
    return answers[String(answer?.body['code'])];
  }

  async #send(method: string, path: string, turn: number, body?: unknown): Promise<HttpAnswer | undefined> {
    const client = this.#clients[turn % this.#clients.length];
    return client?.tryCall(`/v1/coupons/${this.#couponId}/issuances/${path}`, {
      ...{ method, token: await signToken(SELLER_ID, 'seller'), hangUpAfterMs: HANG_UP_AFTER_MS },
      ...(body === undefined ? {} : { body }),
    });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function orderNamed(text: string): OrderId {
  const orderId = parseOrderId(text);
  if (orderId === undefined) throw new Error(`${text} is no order id`);
  return orderId;
}
