/** Changes a coupon under fault as its seller, over any server, and records every call. */
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import type { SellerCall } from '../../src/engine/testing/checker/history.js';

/** The seller of `registerCoupon`. */
const SELLER_ID = '900001';

export type SellerAct =
  | { readonly kind: 'amend'; readonly change: { readonly quantity?: number; readonly paused?: boolean } }
  | { readonly kind: 'revoke'; readonly issueNo: number };

export class Seller {
  readonly calls: SellerCall[] = [];
  readonly #clients: readonly HttpClient[];
  readonly #couponId: number;

  constructor(origins: readonly string[], couponId: number) {
    this.#clients = origins.map((origin) => new HttpClient(origin, 1));
    this.#couponId = couponId;
  }

  /** Over the server at that place; what is not answered may have been carried out. */
  async act(act: SellerAct, server = 0): Promise<SellerCall['result']> {
    const call: SellerCall = { act, invokedMs: performance.now(), answeredMs: undefined, result: 'unknown' };
    this.calls.push(call);
    const { method, path, body } = requestFor(act);
    const answer = await this.#clients[server]?.tryCall(`/v1/coupons/${this.#couponId}${path}`, {
      ...{ method, token: await signToken(SELLER_ID, 'seller') },
      ...(body === undefined ? {} : { body }),
    });
    if (answer === undefined || answer.status >= 500) return 'unknown';
    call.answeredMs = performance.now();
    call.result = answer.status < 300 ? 'done' : 'refused';
    return call.result;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function requestFor(act: SellerAct): { method: string; path: string; body?: unknown } {
  if (act.kind === 'revoke') return { method: 'DELETE', path: `/issuances/${act.issueNo}` };
  if (act.change.paused !== undefined) {
    return { method: 'POST', path: act.change.paused ? '/pause' : '/resume' };
  }
  return { method: 'PATCH', path: '', body: act.change };
}
