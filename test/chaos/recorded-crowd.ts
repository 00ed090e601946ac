/** Members who press until they know, over one or several servers, and write down every call. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Member } from '../clients/member-crowd.js';
import { HttpClient } from '../clients/http-client.js';
import { isDefinite, type Press } from './press.js';

/** Between two presses of a member who does not know yet. */
const PRESS_AGAIN_MS = 25;
/** The same without any answer: refusals of a server that is down cost nothing but the processor with which it starts. */
const PRESS_AGAIN_UNANSWERED_MS = 100;
/** Between two presses of a member who goes on whatever it is told: a whole crowd of those must leave the servers some time. */
const PRESS_ON_MS = 100;
const POLL_MS = 20;

export interface CrowdOptions {
  /** Members pressing at the same time. */
  readonly atOnce: number;
  /** Between two members of one lane, so that a burst lasts long enough to be struck in its middle. */
  readonly paceMs: number;
  /** How long a member goes on asking. */
  readonly patienceMs: number;
}

export class Crowd {
  readonly presses: Press[] = [];
  readonly #clients: readonly HttpClient[];
  readonly #waiting: { readonly wins: number; readonly resolve: () => void }[] = [];
  #wins = 0;
  #turn = 0;

  constructor(origins: readonly string[], connections: number) {
    this.#clients = origins.map((origin) => new HttpClient(origin, connections));
  }

  /** Everybody presses until the answer is definite or patience ends; side by side, each member's presses one after another. */
  async press(couponId: number, members: readonly Member[], options: CrowdOptions): Promise<void> {
    const line = members.values();
    await Promise.all(
      Array.from({ length: options.atOnce }, async () => {
        for (const member of line) {
          await this.#insist(couponId, member, options.patienceMs);
          await pause(options.paceMs);
        }
      }),
    );
  }

  /** @param hangUpAfterMs closes the connection when there is no answer by then. */
  async pressOnce(couponId: number, member: Member, hangUpAfterMs?: number): Promise<Press> {
    const client = this.#clients[this.#turn++ % this.#clients.length];
    const invokedMs = performance.now();
    const answer = await client?.tryCall(`/v1/coupons/${couponId}/download`, {
      method: 'POST',
      token: member.token,
      hangUpAfterMs,
    });
    const issueNo = answer?.body['issueNo'];
    const instant = answer?.body['issuedAt'] ?? answer?.body['opensAt'];
    const press: Press = {
      memberId: member.memberId,
      invokedMs,
      answeredMs: answer === undefined ? undefined : performance.now(),
      outcome: answer === undefined ? 'lost' : String(answer.body['outcome'] ?? answer.body['code']),
      issueNo: typeof issueNo === 'number' ? issueNo : undefined,
      storeMs: typeof instant === 'string' ? Date.parse(instant) : undefined,
    };
    this.presses.push(press);
    if (press.outcome === 'issued') {
      this.#wins += 1;
      for (const waiting of this.#waiting) if (waiting.wins <= this.#wins) waiting.resolve();
    }
    return press;
  }

  /** Resolves when so many members have been told that they won: where a test strikes. */
  winners(wins: number): Promise<void> {
    if (this.#wins >= wins) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ wins, resolve }));
  }

  /** Members press again and again, definite answer or not, until `until` resolves. `hangUp` draws whether and when one hangs up. */
  async pressUntil(
    until: Promise<unknown>,
    couponId: number,
    members: readonly Member[],
    hangUp: () => number | undefined = () => undefined,
  ): Promise<void> {
    const state = { ended: false };
    const end = (): void => {
      state.ended = true;
    };
    until.then(end, end);
    await Promise.all(
      members.map(async (member) => {
        while (!state.ended) {
          await this.pressOnce(couponId, member, hangUp());
          await pause(PRESS_ON_MS);
        }
      }),
    );
  }

  /** Resolves when somebody has been told this. */
  async answered(outcome: string): Promise<void> {
    while (!this.presses.some((press) => press.outcome === outcome)) await pause(POLL_MS);
  }

  /** Resolves when so many presses made after an instant have been answered. */
  async answeredSince(sinceMs: number, presses: number): Promise<void> {
    while (this.presses.filter((press) => press.invokedMs > sinceMs).length < presses) await pause(POLL_MS);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #insist(couponId: number, member: Member, patienceMs: number): Promise<void> {
    const untilMs = performance.now() + patienceMs;
    for (;;) {
      const press = await this.pressOnce(couponId, member);
      if (isDefinite(press) || performance.now() > untilMs) return;
      await pause(press.outcome === 'lost' ? PRESS_AGAIN_UNANSWERED_MS : PRESS_AGAIN_MS);
    }
  }
}
