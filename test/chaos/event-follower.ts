/**
 * Polls `GET /v1/events` as a shop's backend does, and records the events of one coupon as they arrive.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient } from '../clients/http-client.js';
import { signToken } from '../clients/tokens.js';

const PAUSE_MS = 50;
const PAGE = 20;
const PATIENCE_MS = 120_000;

export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly couponId: number;
  readonly issueNo?: number;
  readonly orderId?: string;
}

/** One event as a line; a list of lines can be compared with the tables. */
export function eventLine({ type, issueNo, orderId }: SeenEvent): string {
  return [type, issueNo, orderId].filter((part) => part !== undefined).join(' ');
}

/** Numbers that do not ascend, and events about a number before the number. */
export function orderFaults(lines: readonly string[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  let highest = 0;
  for (const line of lines) {
    const [type = '', number = ''] = line.split(' ');
    if (type === 'issuance.recorded') {
      if (Number(number) <= highest) faults.push(`${line} after ${highest}`);
      highest = Number(number);
    } else if (number !== '' && !seen.has(`issuance.recorded ${number}`))
      faults.push(`${line} before its number`);
    if (type === 'redemption.cancelled' && !seen.has(line.replace('cancelled', 'made')))
      faults.push(`${line} before its redemption`);
    seen.add(line);
  }
  return faults;
}

export class EventFollower {
  readonly lines: string[] = [];
  readonly #client: HttpClient;
  readonly #couponId: number;
  readonly #running: Promise<void>;
  #cursor = '0';
  #following = true;

  constructor(origin: string, couponId: number) {
    this.#client = new HttpClient(origin, 1);
    this.#couponId = couponId;
    this.#running = this.#follow();
  }

  /** Continues until this many events have come, and for two polls more. */
  async until(count: number): Promise<void> {
    const giveUpMs = performance.now() + PATIENCE_MS;
    while (this.lines.length < count && performance.now() < giveUpMs) await pause(PAUSE_MS);
    await pause(10 * PAUSE_MS);
    this.#following = false;
    await this.#running;
    this.#client.close();
  }

  outOfOrder(): string[] {
    return orderFaults(this.lines);
  }

  async #follow(): Promise<void> {
    const token = await signToken('900001', 'seller');
    while (this.#following) {
      const answer = await this.#client.tryCall(`/v1/events?limit=${PAGE}&after=${this.#cursor}`, { token });
      if (answer?.status === 200) {
        const { items, cursor } = answer.body as unknown as { items: SeenEvent[]; cursor: string };
        this.lines.push(...items.filter(({ couponId }) => couponId === this.#couponId).map(eventLine));
        this.#cursor = cursor;
      }
      await pause(PAUSE_MS);
    }
  }
}
