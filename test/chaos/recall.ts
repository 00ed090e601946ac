/** Recalls a coupon as its seller: stops it, asks page by page until it is done, and records every request. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RecallCall } from '../../src/engine/testing/checker/history.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { type Seller, SELLER_ID } from './seller.js';

const STOP = { kind: 'amend', change: { paused: true } } as const;
const AGAIN_MS = 100;
const HANG_UP_AFTER_MS = 5_000;
/** A request without an answer is carried out within this, or never. */
const LATE_MS = 15_000;
const PATIENCE_MS = 90_000;

export class Recall {
  readonly calls: RecallCall[] = [];
  readonly #clients: readonly HttpClient[];
  readonly #couponId: number;
  #isPending = false;

  constructor(origins: readonly string[], couponId: number) {
    this.#clients = origins.map((origin) => new HttpClient(origin, 1));
    this.#couponId = couponId;
  }

  /** Begun, and not done. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Until the answer is that it is done, or the patience ends. */
  async run(seller: Seller): Promise<void> {
    this.#isPending = true;
    const untilMs = performance.now() + PATIENCE_MS;
    await seller.insist(STOP, PATIENCE_MS);
    let after = 0;
    for (let turn = 0; performance.now() < untilMs; turn += 1) {
      const answer = await this.#ask(after, turn);
      if (answer?.['code'] === 'recall_while_open') {
        // An earlier change, whose answer was lost, has resumed it.
        await seller.insist(STOP, PATIENCE_MS);
        after = 0;
      } else if (typeof answer?.['recalled'] !== 'number') await pause(AGAIN_MS);
      else if (typeof answer['next'] === 'number') after = answer['next'];
      else if (answer['unrecorded'] === 0) {
        this.#isPending = false;
        return;
      } else {
        after = 0;
        await pause(AGAIN_MS);
      }
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #ask(after: number, turn: number): Promise<Readonly<Record<string, unknown>> | undefined> {
    const fromMs = performance.now();
    const answer = await this.#clients[turn % this.#clients.length]?.tryCall(
      `/v1/coupons/${this.#couponId}/recall`,
      {
        ...{ method: 'POST', token: await signToken(SELLER_ID, 'seller'), hangUpAfterMs: HANG_UP_AFTER_MS },
        body: { after },
      },
    );
    const isDefinite = answer !== undefined && answer.status < 500;
    const body = answer?.body;
    this.calls.push({
      ...{ fromMs, toMs: isDefinite ? performance.now() : fromMs + LATE_MS },
      isLast: answer?.status === 200 && body?.['next'] === null && body['unrecorded'] === 0,
    });
    return body;
  }
}
