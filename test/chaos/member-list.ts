/** Fills and changes the list of members of a coupon as its seller, and records every change. */
import { setTimeout as pause } from 'node:timers/promises';
import type { MemberId } from '../../src/engine/domain/coupon.js';
import type { ListChange, ListedMembers, TimeSpan } from '../../src/engine/testing/checker/history.js';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';
import { SELLER_ID } from './seller.js';

const CHANGE_MAX = 1_000;
const AGAIN_MS = 100;
const HANG_UP_AFTER_MS = 2_000;
const PATIENCE_MS = 60_000;
/** A change counts everywhere by then, if the database is within reach. */
export const LIST_KNOWN_MS = 1_200;

export interface ListPlan {
  readonly first: readonly MemberId[];
  /** Members of whom each is added, or removed, once. */
  readonly toAdd: readonly MemberId[];
  readonly toRemove: readonly MemberId[];
}

export class MemberList {
  readonly #clients: readonly HttpClient[];
  readonly #couponId: number;
  readonly #first: readonly MemberId[];
  readonly #toAdd: MemberId[];
  readonly #toRemove: MemberId[];
  readonly #changes = new Map<MemberId, ListChange>();
  readonly #unreadable: TimeSpan[] = [];
  #turn = 0;

  constructor(origins: readonly string[], couponId: number, { first, toAdd, toRemove }: ListPlan) {
    this.#clients = origins.map((origin) => new HttpClient(origin, 1));
    this.#couponId = couponId;
    this.#first = first;
    this.#toAdd = [...toAdd];
    this.#toRemove = [...toRemove];
  }

  /** Resolves when every server knows the list. */
  async fill(): Promise<void> {
    for (let from = 0; from < this.#first.length; from += CHANGE_MAX)
      await this.#insist({ add: this.#first.slice(from, from + CHANGE_MAX), remove: [] });
    await pause(LIST_KNOWN_MS);
  }

  /** Whether some members are still to be added or removed. */
  get isMoving(): boolean {
    return this.#toAdd.length + this.#toRemove.length > 0;
  }

  /** Adds and removes up to `most` of the planned members each, and repeats the request until it is done. */
  async change(most: number): Promise<void> {
    const [add, remove] = [this.#toAdd.splice(0, most), this.#toRemove.splice(0, most)];
    if (add.length + remove.length === 0) return;
    const invokedMs = performance.now();
    const changes = [...add, ...remove].map((memberId): ListChange => {
      const change = { isListed: add.includes(memberId), invokedMs, doneMs: undefined };
      this.#changes.set(memberId, change);
      return change;
    });
    await this.#insist({ add, remove });
    for (const change of changes) change.doneMs = performance.now();
  }

  /** Makes every change that is left. */
  async finish(): Promise<void> {
    while (this.isMoving) await this.change(CHANGE_MAX);
  }

  /** A server may have been unable to read the list meanwhile. */
  unreadable(span: TimeSpan): void {
    this.#unreadable.push(span);
  }

  get known(): ListedMembers {
    return { first: new Set(this.#first), changes: this.#changes, unreadable: this.#unreadable };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #insist(body: {
    readonly add: readonly MemberId[];
    readonly remove: readonly MemberId[];
  }): Promise<void> {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const client = this.#clients[this.#turn++ % this.#clients.length];
      const answer = await client?.tryCall(`/v1/coupons/${this.#couponId}/audience`, {
        ...{
          method: 'POST',
          token: await signToken(SELLER_ID, 'seller'),
          body,
          hangUpAfterMs: HANG_UP_AFTER_MS,
        },
      });
      if (answer?.status === 200) return;
      const isFinal = answer !== undefined && answer.status < 500 && answer.status !== 429;
      if (isFinal || performance.now() > untilMs)
        throw new Error(`changing the list: ${JSON.stringify(answer?.body)}`);
      await pause(AGAIN_MS);
    }
  }
}
