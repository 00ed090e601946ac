/** Follows the issuances of one coupon as a shop's backend does, and records them in the order of their arrival. */
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';

const PAUSE_MS = 20;
const PAGE = 50;

interface Page {
  readonly items: readonly { readonly issueNo: number; readonly memberId: string }[];
  readonly next: number | null;
  readonly frontier?: number;
}

export class Follower {
  /** The rows received, in order. */
  readonly delivered: { readonly issueNo: number; readonly memberId: string }[] = [];
  readonly #client: HttpClient;
  readonly #path: string;
  readonly #settled: boolean;
  #cursor = 0;
  #following = true;
  #running: Promise<void>;

  /** @param settled false: the cursor is the highest number seen, which is the fault that the frontier is there for. */
  constructor(origin: string, couponId: number, settled: boolean) {
    this.#client = new HttpClient(origin, 1);
    this.#path = `/v1/coupons/${couponId}/issuances?limit=${PAGE}&settled=${settled}`;
    this.#settled = settled;
    this.#running = this.#follow();
  }

  /** Stops once everything that can be read has been. */
  async finish(): Promise<void> {
    this.#following = false;
    await this.#running;
    this.#client.close();
  }

  async #follow(): Promise<void> {
    const token = await signToken('900001', 'seller');
    for (;;) {
      const last = !this.#following;
      const answer = await this.#client.tryCall(`${this.#path}&after=${this.#cursor}`, { token });
      if (answer?.status !== 200) {
        await pause(PAUSE_MS);
        continue;
      }
      const { items, next, frontier } = answer.body as unknown as Page;
      this.delivered.push(...items);
      this.#cursor = (this.#settled ? frontier : items.at(-1)?.issueNo) ?? this.#cursor;
      if (next !== null) continue;
      if (last) return;
      await pause(PAUSE_MS);
    }
  }
}
