/** Calls the seller's routes, which the baselines serve as well. */
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient } from '../../test/clients/http-client.js';
import { signSeller } from '../load/sign-tokens.js';
import type { UnitCounts } from '../measure/promise-checks.js';
import type { NewCoupon } from './system.js';

const CONNECTIONS = 4;
const LISTED_AT_ONCE = 1_000;
/** A list is in force on every process within a second. */
const LIST_KNOWN_MS = 1_500;

export class SellerClient {
  readonly #http: HttpClient;
  readonly #token: Promise<string>;

  constructor(host: string, secret: string) {
    this.#http = new HttpClient(`http://${host}`, CONNECTIONS);
    this.#token = signSeller(secret);
  }

  async createCoupon({ quantity, opensInMs, listed, ...demand }: NewCoupon): Promise<number> {
    const window = opensInMs === undefined ? {} : { opensAt: new Date(Date.now() + opensInMs).toISOString() };
    const answer = await this.#http.call('/v1/coupons', {
      method: 'POST',
      token: await this.#token,
      body: {
        ...{ name: 'bench', quantity, ...window, ...demand },
        ...(listed === undefined ? {} : { eligibility: { audience: true } }),
      },
    });
    if (answer.status !== 201)
      throw new Error(`creating a coupon: ${answer.status} ${JSON.stringify(answer.body)}`);
    const couponId = Number(answer.body['id']);
    if (listed !== undefined) await this.#list(couponId, listed);
    return couponId;
  }

  async #list(couponId: number, count: number): Promise<void> {
    for (let first = 1; first <= count; first += LISTED_AT_ONCE) {
      const length = Math.min(LISTED_AT_ONCE, count - first + 1);
      const add = Array.from({ length }, (_, place) => String(first + place));
      const token = await this.#token;
      const answer = await this.#http.call(`/v1/coupons/${couponId}/audience`, {
        ...{ method: 'POST', token, body: { add } },
      });
      if (answer.status !== 200) throw new Error(`audience: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    await pause(LIST_KNOWN_MS);
  }

  async whereabouts(couponId: number): Promise<UnitCounts> {
    const answer = await this.#http.call(`/v1/coupons/${couponId}/stats`, { token: await this.#token });
    if (answer.status !== 200) throw new Error(`stats: ${answer.status} ${JSON.stringify(answer.body)}`);
    const count = (name: keyof UnitCounts): number => Number(answer.body[name]);
    return {
      quantity: count('quantity'),
      remaining: count('remaining'),
      queued: count('queued'),
      claimed: count('claimed'),
      recorded: count('recorded'),
      deadLettered: count('deadLettered'),
    };
  }

  close(): void {
    this.#http.close();
  }
}
