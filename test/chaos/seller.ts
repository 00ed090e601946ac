/** Changes a coupon under fault as its seller, over any server, and records every call. */
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import type { SellerAct, SellerCall } from '../../src/engine/testing/checker/history.js';

/** The seller of `registerCoupon`. */
export const SELLER_ID = '900001';
const REPEAT_PAUSE_MS = 100;

/** With these codes the seller is answered that nothing was changed. */
const unattempted: ReadonlySet<unknown> = new Set(['not_ready', 'busy', 'shutting_down', 'rate_limited']);

export class Seller {
  readonly calls: SellerCall[] = [];
  readonly #clients: readonly HttpClient[];
  readonly #couponId: number;

  /** @param connections to each server: as many of its calls are concurrent there. */
  constructor(origins: readonly string[], couponId: number, connections = 1) {
    this.#clients = origins.map((origin) => new HttpClient(origin, connections));
    this.#couponId = couponId;
  }

  /**
   * Over the server at that place; what is not answered may have been carried out.
   *
   * @param condition revision that the change is made for, as its entity tag.
   */
  async act(act: SellerAct, server = 0, condition?: string): Promise<SellerCall['result']> {
    const call: SellerCall = { act, invokedMs: performance.now(), answeredMs: undefined, result: 'unknown' };
    this.calls.push(call);
    const { method, path, body, headers } = requestFor(act);
    const answer = await this.#clients[server]?.tryCall(`/v1/coupons/${this.#couponId}${path}`, {
      ...{ method, token: await signToken(SELLER_ID, 'seller') },
      ...(body === undefined ? {} : { body }),
      headers: { ...headers, ...(condition === undefined ? {} : { 'if-match': condition }) },
    });
    if (answer === undefined) return 'unknown';
    const code = answer.body['code'];
    if (typeof code === 'string') call.code = code;
    call.result = resultOf(answer.status, code);
    if (call.result !== 'unknown') call.answeredMs = performance.now();
    return call.result;
  }

  /** Repeats the call until its outcome is known, over the servers in turn. */
  async insist(act: SellerAct, patienceMs = 30_000): Promise<SellerCall['result']> {
    const untilMs = performance.now() + patienceMs;
    for (let turn = 0; ; turn += 1) {
      const result = await this.act(act, turn % this.#clients.length);
      if (result === 'done' || result === 'refused' || performance.now() > untilMs) return result;
      await pause(REPEAT_PAUSE_MS);
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function resultOf(status: number, code: unknown): SellerCall['result'] {
  if (status < 300) return 'done';
  if (unattempted.has(code)) return 'unattempted';
  return status < 500 ? 'refused' : 'unknown';
}

function requestFor(act: SellerAct): {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
} {
  if (act.kind === 'revoke') return { method: 'DELETE', path: `/issuances/${act.issueNo}` };
  if (act.kind === 'top_up') {
    const { by, key } = act;
    return { method: 'POST', path: '/top-up', body: { by }, headers: { 'idempotency-key': key } };
  }
  const { quantity, opensAtMs, closesAtMs, paused, closed } = act.change;
  if (closed !== undefined) return { method: 'POST', path: '/close' };
  if (paused !== undefined) return { method: 'POST', path: paused ? '/pause' : '/resume' };
  const instant = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const body = {
    ...(quantity === undefined ? {} : { quantity }),
    ...(opensAtMs === undefined ? {} : { opensAt: instant(opensAtMs) }),
    ...(closesAtMs === undefined ? {} : { closesAt: instant(closesAtMs) }),
  };
  return { method: 'PATCH', path: '', body };
}
