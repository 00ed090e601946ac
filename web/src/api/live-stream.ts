/**
 * Reads the live view of one coupon from server-sent events.
 *
 * Rejected: the browser's own EventSource, which gives up permanently on any answer but 200 (a server restarting behind
 * a proxy answers 502 for a while) and does not notice a dead connection. The server sends something every five
 * seconds, so silence means that the connection is dead.
 */
import { readLiveUpdate } from './coupon.js';
import type { LiveUpdate } from './coupon.js';

const SILENCE_MS = 12_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 8_000;
/**
 * A page in the background closes its stream after this: a browser has six connections to a server, and the server
 * counts.
 */
const HIDDEN_MS = 30_000;

export interface LiveStreamListener {
  onUpdate(update: LiveUpdate): void;
  /** `lost`: what is shown may be old; it is tried again and again. */
  onStatus(status: 'live' | 'lost'): void;
}

export class LiveStream {
  readonly #couponId: number;
  readonly #listener: LiveStreamListener;
  #source: EventSource | undefined;
  #lastEventId = '';
  #retryMs = RETRY_MIN_MS;
  #watchdog: number | undefined;
  #retry: number | undefined;
  #hide: number | undefined;
  #ended = false;

  constructor(couponId: number, listener: LiveStreamListener) {
    this.#couponId = couponId;
    this.#listener = listener;
    document.addEventListener('visibilitychange', this.#onVisibility);
    window.addEventListener('online', this.#reopen);
    this.#open();
  }

  end(): void {
    this.#ended = true;
    document.removeEventListener('visibilitychange', this.#onVisibility);
    window.removeEventListener('online', this.#reopen);
    window.clearTimeout(this.#hide);
    this.#close();
  }

  #open(): void {
    if (this.#ended) return;
    this.#close();
    const resume = this.#lastEventId === '' ? '' : `?lastEventId=${this.#lastEventId}`;
    const source = new EventSource(`v1/coupons/${this.#couponId}/live${resume}`);
    this.#source = source;
    source.addEventListener('message', (event: MessageEvent<string>) => this.#take(event));
    source.addEventListener('error', () => {
      this.#listener.onStatus('lost');
      if (source.readyState === EventSource.CLOSED) this.#openLater();
    });
    this.#watch();
  }

  #take(event: MessageEvent<string>): void {
    this.#lastEventId = event.lastEventId;
    this.#retryMs = RETRY_MIN_MS;
    this.#watch();
    this.#listener.onUpdate(readLiveUpdate(JSON.parse(event.data)));
    this.#listener.onStatus('live');
  }

  #watch(): void {
    window.clearTimeout(this.#watchdog);
    this.#watchdog = window.setTimeout(() => {
      this.#listener.onStatus('lost');
      this.#open();
    }, SILENCE_MS);
  }

  #openLater(): void {
    this.#close();
    // Spread out: after a restart every watcher comes back.
    this.#retry = window.setTimeout(() => this.#open(), this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  #close(): void {
    window.clearTimeout(this.#watchdog);
    window.clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = undefined;
  }

  readonly #reopen = (): void => this.#open();

  readonly #onVisibility = (): void => {
    window.clearTimeout(this.#hide);
    if (document.hidden) this.#hide = window.setTimeout(() => this.#close(), HIDDEN_MS);
    else if (this.#source === undefined) this.#open();
  };
}
