/** Writes one stream of server-sent events, and skips updates for clients that read slowly. */
import type { HttpResponse } from '../wire/http-app.js';
import type { LiveTopic, LiveUpdate } from '../../engine/live/live-topic.js';
import { rfc3339 } from '../wire/rfc3339.js';

/**
 * The instant of the store's clock is the event's id. So a watcher that comes back, to whichever process, names where it
 * stopped, and a process that was restarted meanwhile understands it.
 */
export function eventText(update: LiveUpdate): string {
  const { opensAtMs, closesAtMs, storeNowMs, ...numbers } = update;
  const data = JSON.stringify({
    ...numbers,
    opensAt: opensAtMs === undefined ? null : rfc3339(opensAtMs),
    closesAt: closesAtMs === undefined ? null : rfc3339(closesAtMs),
    storeNow: rfc3339(storeNowMs),
  });
  return `id: ${storeNowMs}\ndata: ${data}\n\n`;
}

export class LiveWatcher {
  readonly topic: LiveTopic;
  readonly #response: HttpResponse;
  readonly #onMove: (watcher: LiveWatcher) => void;
  #open = true;
  #blocked = false;
  /** There was news while the reader had not taken what was written before. */
  #missed = false;

  /** @param onMove called when a watcher that has missed an update can take it. */
  constructor(topic: LiveTopic, response: HttpResponse, onMove: (watcher: LiveWatcher) => void) {
    this.topic = topic;
    this.#response = response;
    this.#onMove = onMove;
    response.onWritable(() => {
      this.#blocked = false;
      if (this.#missed) this.#onMove(this);
      return true;
    });
  }

  /**
   * Writes, unless the reader has not taken what was written before: then nothing is kept for it but the fact, and it gets the
   * newest state once it has caught up. So a reader on a bad line costs one event of memory. One that takes nothing at all is cut
   * off by the library.
   */
  send(text: string): void {
    if (!this.#open) return;
    this.#missed = this.#blocked;
    if (this.#blocked) return;
    this.#response.cork(() => {
      this.#blocked = !this.#response.write(text);
    });
  }

  /** Ends the stream; the client reconnects. `end(…, true)` would write the header `Connection` into the last chunk. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#response.cork(() => this.#response.end());
  }

  /** The client has disconnected; the response must not be touched any more. */
  markDisconnected(): void {
    this.#open = false;
  }
}
