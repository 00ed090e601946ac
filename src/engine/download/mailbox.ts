/** A bounded line of tickets, first in, first out, each with the time it came. */
import type { DownloadTicket } from '../domain/download.js';

/** Tickets that leave together. `sinceMs` has one arrival time per ticket, ascending. */
export interface TicketBatch {
  readonly tickets: DownloadTicket[];
  readonly sinceMs: number[];
}

export class Mailbox {
  readonly #limit: number;
  #tickets: DownloadTicket[] = [];
  #sinceMs: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#tickets.length;
  }

  /** `false` when the mailbox is full: the ticket was not taken. */
  offer(ticket: DownloadTicket, nowMs: number): boolean {
    if (this.#tickets.length >= this.#limit) return false;
    this.#tickets.push(ticket);
    this.#sinceMs.push(nowMs);
    return true;
  }

  /** Up to `most` from the front, without those whose member has gone; the next in line take their places. */
  take(most: number): TicketBatch {
    const batch = presentOf(this.#cut(most));
    while (batch.tickets.length < most && this.#tickets.length > 0) {
      const { tickets, sinceMs } = presentOf(this.#cut(most - batch.tickets.length));
      batch.tickets.push(...tickets);
      batch.sinceMs.push(...sinceMs);
    }
    return batch;
  }

  /** Members who have gone keep no place from those who come. */
  dropAbandoned(): void {
    const present = presentOf({ tickets: this.#tickets, sinceMs: this.#sinceMs });
    this.#tickets = present.tickets;
    this.#sinceMs = present.sinceMs;
  }

  /** All that came at or before `beforeMs`. */
  takeOverdue(beforeMs: number): DownloadTicket[] {
    const firstFresh = this.#sinceMs.findIndex((since) => since > beforeMs);
    return this.#cut(firstFresh === -1 ? this.#tickets.length : firstFresh).tickets;
  }

  #cut(most: number): TicketBatch {
    if (this.#tickets.length <= most) {
      const all = { tickets: this.#tickets, sinceMs: this.#sinceMs };
      this.#tickets = [];
      this.#sinceMs = [];
      return all;
    }
    return { tickets: this.#tickets.splice(0, most), sinceMs: this.#sinceMs.splice(0, most) };
  }
}

function presentOf(batch: TicketBatch): TicketBatch {
  if (!batch.tickets.some((ticket) => ticket.abandoned)) return batch;
  const present: TicketBatch = { tickets: [], sinceMs: [] };
  batch.tickets.forEach((ticket, place) => {
    if (ticket.abandoned) return;
    present.tickets.push(ticket);
    present.sinceMs.push(batch.sinceMs[place] ?? 0);
  });
  return present;
}
