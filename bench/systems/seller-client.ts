/** Calls the seller's routes, which the baselines serve as well. */
import { HttpClient } from '../../test/clients/http-client.js';
import { signSeller } from '../load/sign-tokens.js';
import type { Whereabouts } from '../measure/promise-checks.js';
import type { NewCoupon } from './system.js';

const CONNECTIONS = 4;

export class SellerClient {
  readonly #http: HttpClient;
  readonly #token: Promise<string>;

  constructor(host: string, secret: string) {
    this.#http = new HttpClient(`http://${host}`, CONNECTIONS);
    this.#token = signSeller(secret);
  }

  async createCoupon({ quantity, opensInMs, ...demand }: NewCoupon): Promise<number> {
    const window = opensInMs === undefined ? {} : { opensAt: new Date(Date.now() + opensInMs).toISOString() };
    const answer = await this.#http.call('/v1/coupons', {
      method: 'POST',
      token: await this.#token,
      body: { name: 'bench', quantity, ...window, ...demand },
    });
    if (answer.status !== 201)
      throw new Error(`creating a coupon: ${answer.status} ${JSON.stringify(answer.body)}`);
    return Number(answer.body['id']);
  }

  async whereabouts(couponId: number): Promise<Whereabouts> {
    const answer = await this.#http.call(`/v1/coupons/${couponId}/stats`, { token: await this.#token });
    if (answer.status !== 200) throw new Error(`stats: ${answer.status} ${JSON.stringify(answer.body)}`);
    const count = (name: keyof Whereabouts): number => Number(answer.body[name]);
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
