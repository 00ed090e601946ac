/**
 * Handles `GET /v1/coupons/:id/live`: server-sent events until the client disconnects.
 *
 * The route is outside the wrapper of the other routes: an answer that never ends must not count as a request in
 * flight, or a shutdown would never finish.
 */
import type { Admission } from '../../engine/ports/admission.js';
import type { CouponRegistry } from '../../engine/sellers/coupon-registry.js';
import type { Clock } from '../../engine/domain/clock.js';
import type { Scheduler } from '../../engine/domain/clock.js';
import type { Logger } from 'pino';
import type { HttpRequest, HttpResponse } from '../wire/http-app.js';
import { parseCouponId } from '../../engine/domain/coupon.js';
import { isStoreFault } from '../../engine/domain/errors.js';
import { LiveFeed } from '../../engine/live/live-feed.js';
import type { LiveTopic } from '../../engine/live/live-topic.js';
import type { InFlight } from '../wire/in-flight.js';
import { LiveBroadcast } from './live-broadcast.js';
import { eventText, LiveWatcher } from './live-watcher.js';
import { constantReply, UNKNOWN_COUPON, writeConstant } from '../download/replies.js';
import type { ConstantReply } from '../download/replies.js';
import { responseHead } from '../wire/status-lines.js';

/** Concurrent streams in one process: some 5 KB each, most of it the kernel's. */
export const LIVE_WATCHERS_MAX = 10_000;

/** How long a client waits before it reconnects after a break: short, since its countdown does not run meanwhile. */
const RETRY_MS = 1_000;

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // Proxies of the nginx family would gather the events into blocks otherwise.
  'X-Accel-Buffering': 'no',
};
const STREAM_HEAD = responseHead(200, 'text/event-stream; charset=utf-8', HEADERS);
const LAST_STREAM_HEAD = `${STREAM_HEAD}\r\nConnection: close`;

const TOO_MANY = constantReply(
  'busy',
  'Too many live streams are open on this server. Reconnect in a moment.',
);
const NOT_READY = constantReply(
  'not_ready',
  'The coupon is being verified or rebuilt. Reconnect in a moment.',
);
const INTERNAL_ERROR = constantReply('internal_error', 'The request failed. The error has been logged.');

const eventId = /^\d{1,15}$/;

export interface LivePorts {
  readonly admission: Pick<Admission, 'snapshots'>;
  readonly registry: Pick<CouponRegistry, 'find'>;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'every'>;
  readonly logger: Logger;
}

export class LiveStreams {
  readonly #feed: LiveFeed;
  readonly #broadcast: LiveBroadcast;
  readonly #inFlight: InFlight;
  readonly #logger: LivePorts['logger'];
  readonly #watchersMax: number;
  #joining = 0;

  constructor(services: LivePorts, inFlight: InFlight, watchersMax = LIVE_WATCHERS_MAX) {
    const { admission, registry, clock, scheduler, logger } = services;
    this.#broadcast = new LiveBroadcast(scheduler);
    this.#feed = new LiveFeed({
      admission,
      registry,
      clock,
      scheduler,
      publish: (update) => this.#broadcast.publish(update),
      onFault: (fault) =>
        logger.warn({ err: fault }, 'Watched coupons could not be read; the next interval retries'),
    });
    this.#inFlight = inFlight;
    this.#logger = logger;
    this.#watchersMax = watchersMax;
  }

  /** Streams open now. */
  get size(): number {
    return this.#broadcast.size;
  }

  /** Ends every stream; clients reconnect automatically, to a server that is not stopping. */
  close(): void {
    this.#feed.stop();
    this.#broadcast.close();
  }

  readonly handle = (response: HttpResponse, request: HttpRequest): void => {
    const couponText = request.getParameter(0);
    const lastEventId = request.getHeader('last-event-id') || (request.getQuery('lastEventId') ?? '');
    const reader = { disconnected: false, leave: (): void => undefined };
    response.onAborted(() => {
      reader.disconnected = true;
      reader.leave();
    });
    this.#inFlight.enter();
    this.#join(couponText)
      .then((result) => {
        if ('head' in result) this.#refuse(response, reader.disconnected, result);
        else reader.leave = this.#open(response, reader.disconnected, result, lastEventId);
      })
      .catch((fault: unknown) =>
        this.#logger.error(
          { err: fault },
          'Unexpected error while opening a live stream; the client has to reconnect',
        ),
      )
      .finally(() => this.#inFlight.leave());
  };

  /** The same head, and nothing to follow. */
  readonly handleHead = (response: HttpResponse): void => {
    response.writeStatus(STREAM_HEAD).endWithoutBody();
  };

  async #join(couponText: string): Promise<LiveTopic | ConstantReply> {
    const couponId = parseCouponId(couponText);
    if (couponId === undefined) return UNKNOWN_COUPON;
    if (this.#broadcast.size + this.#joining >= this.#watchersMax) return TOO_MANY;
    this.#joining++;
    try {
      const topic = await this.#feed.join(couponId);
      if (topic === undefined) return UNKNOWN_COUPON;
      if (topic === 'busy') return TOO_MANY;
      return topic;
    } catch (fault) {
      if (isStoreFault(fault)) return NOT_READY;
      this.#logger.error(
        { err: fault, couponId },
        'Live stream could not be opened; the client got internal_error',
      );
      return INTERNAL_ERROR;
    } finally {
      this.#joining--;
    }
  }

  #refuse(response: HttpResponse, disconnected: boolean, reply: ConstantReply): void {
    if (!disconnected) response.cork(() => writeConstant(response, reply, this.#inFlight.isShuttingDown));
  }

  /** @returns what to do when the client disconnects. */
  #open(response: HttpResponse, disconnected: boolean, topic: LiveTopic, lastEventId: string): () => void {
    if (disconnected) {
      this.#feed.leave(topic);
      return () => undefined;
    }
    const isLast = this.#inFlight.isShuttingDown;
    response.cork(() => response.writeStatus(isLast ? LAST_STREAM_HEAD : STREAM_HEAD));
    const watcher = new LiveWatcher(topic, response, () => this.#broadcast.catchUp(watcher));
    watcher.send(`retry: ${RETRY_MS}\n\n${this.#missedSince(topic, lastEventId)}`);
    if (isLast) {
      // One event, and the reader reconnects elsewhere. A browser would not reconnect after a 503.
      watcher.end();
      this.#feed.leave(topic);
      return () => undefined;
    }
    this.#broadcast.add(watcher);
    return () => {
      watcher.markDisconnected();
      this.#broadcast.remove(watcher);
      this.#feed.leave(topic);
    };
  }

  /** What the reader has missed, as far as it is kept, and in any case the state as it is now. */
  #missedSince(topic: LiveTopic, lastEventId: string): string {
    const { latest } = topic;
    const updates = eventId.test(lastEventId) ? topic.publishedAfter(Number(lastEventId)) : [];
    const missed = updates.filter((update) => update.storeNowMs < latest.storeNowMs);
    return [...missed, latest].map(eventText).join('');
  }
}
