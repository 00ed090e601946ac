/**
 * Tests the channel of news with beats: a process publishes them and must receive each of its own, in order.
 *
 * Redis delivers what it publishes to one connection in order, so a beat that arrives proves that all news published before it have arrived.
 * A connection that is half open, or a proxy that swallows messages, is noticed by silence, and a lost message by a missing number.
 *
 * Rejected: PING on the connection of the subscription. Its reply proves the connection and not that messages pass, and a Cluster forwards
 * messages between nodes.
 */
import { randomUUID } from 'node:crypto';
import { BEAT_MS, NEWS_TRUSTED_MS } from '../../engine/domain/limits.js';
import type { NewsReception } from '../../engine/ports/versions.js';
import { VERSIONS_CHANNEL } from './keys.js';
import type { RedisCalls } from './redis-calls.js';
import { RedisChannel } from './redis-channel.js';
import type { RedisNodes } from './redis-nodes.js';

/** While nothing is received, subscriptions are renewed after this number of beats. */
const RENEW_BEATS = 10;

/** Silence of this length is reported. A shorter one may be a busy event loop. */
const SILENCE_REPORTED_MS = 2_000;

export class NewsPulse {
  readonly reception: NewsReception = {
    untilMs: Number.NEGATIVE_INFINITY,
    sinceMs: Number.NEGATIVE_INFINITY,
  };
  readonly #calls: RedisCalls;
  readonly #channel: string;
  readonly #beats: RedisChannel;
  readonly #news: RedisChannel;
  readonly #onGap = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  readonly #onReception: (received: boolean) => void;
  #sent = 0;
  #received = 0;
  #receivedAtMs = 0;
  #wasReceiving = true;

  /**
   * @param news is subscribed to again, like the beats, while nothing is received.
   * @param onReception called when nothing was received for {@link SILENCE_REPORTED_MS}, and at the next beat.
   */
  constructor(
    calls: RedisCalls,
    nodes: RedisNodes,
    news: RedisChannel,
    onReception: (received: boolean) => void = () => undefined,
  ) {
    this.#onReception = onReception;
    this.#calls = calls;
    this.#news = news;
    this.#channel = `${VERSIONS_CHANNEL}:${randomUUID()}`;
    this.#beats = new RedisChannel(nodes, this.#channel, () => this.#interrupted());
  }

  /** Resolves when beats are being received. */
  async start(onGap: () => void): Promise<() => void> {
    this.#onGap.add(onGap);
    if (this.#timer === undefined) {
      this.#receivedAtMs = performance.now();
      this.#timer = setInterval(() => this.#beat(), BEAT_MS);
      this.#timer.unref();
      await this.#beats.listen((message) => this.#onBeat(message));
      this.#beat();
    }
    return () => {
      this.#onGap.delete(onGap);
      if (this.#onGap.size === 0) this.stop();
    };
  }

  /** Publishes no beat and reports no silence from now on. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #interrupted(): void {
    this.#received = Number.NaN;
    this.reception.untilMs = Number.NEGATIVE_INFINITY;
  }

  #beat(): void {
    this.#sent += 1;
    if (performance.now() - this.#receivedAtMs > SILENCE_REPORTED_MS) this.#report(false);
    if (this.#sent % RENEW_BEATS === 0 && performance.now() > this.reception.untilMs) {
      this.#beats.renew();
      this.#news.renew();
    }
    this.#calls.publish(this.#channel, `${this.#sent}:${performance.now()}`);
  }

  #report(received: boolean): void {
    if (received === this.#wasReceiving) return;
    this.#wasReceiving = received;
    this.#onReception(received);
  }

  #onBeat(message: string): void {
    const [number = NaN, sentAtMs = NaN] = message.split(':').map(Number);
    // Any client that may publish on this Redis could send any text.
    if (!(number <= this.#sent && sentAtMs <= performance.now())) return;
    const missedSome = number !== this.#received + 1;
    this.#received = number;
    if (missedSome) this.reception.sinceMs = sentAtMs;
    this.reception.untilMs = sentAtMs + NEWS_TRUSTED_MS;
    this.#receivedAtMs = performance.now();
    this.#report(true);
    if (missedSome) for (const onGap of this.#onGap) onGap();
  }
}
