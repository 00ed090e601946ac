/**
 * Delivers to one webhook: replay, then feed, until all of it has arrived or a request fails.
 *
 * The order of the steps is the promise: the end of the batch is stored, then the batch is sent, then the position moves. Whatever dies in
 * between, the next relay reads the same batch from the stored bounds.
 */
import type { Clock } from '../domain/clock.js';
import type { CouponId } from '../domain/coupon.js';
import { feedCursor, type FeedEvent, type FeedPosition, isSamePosition } from '../domain/events.js';
import {
  RELAY_BATCHES_MAX,
  RELAY_SEND_WITHIN_MS,
  WEBHOOK_BATCH_MAX,
  WEBHOOK_DISABLED_AFTER_MS,
  WEBHOOK_HISTORY_MARGIN_MS,
  WEBHOOK_RETRY_DELAYS_MS,
} from '../domain/limits.js';
import type { AuditEntry } from '../ports/audit-log.js';
import type { EventLog } from '../ports/event-log.js';
import type { Delivery, LeasedWebhook, Lessee, Replay, Webhook, Webhooks } from '../ports/webhooks.js';
import type { EventFeed } from './event-feed.js';
import { type EventFilter, readEvents, recordedEvent } from './read-events.js';
import type { RelayCounters } from './relay-counters.js';

/** What is sent: the same id and body at every attempt. */
export interface Message {
  readonly id: string;
  readonly body: string;
}

/** Never rejects: what went wrong is its result. */
export type SendMessage = (
  webhook: Pick<Webhook, 'url' | 'secret' | 'previousSecret'>,
  message: Message,
) => Promise<Pick<Delivery, 'status' | 'result'>>;

export interface WebhookDeliveryPorts {
  readonly webhooks: Pick<Webhooks, 'begin' | 'advance' | 'advanceReplay' | 'fail'>;
  readonly events: Pick<EventLog, 'entries' | 'issuances' | 'takenBack'>;
  readonly feed: Pick<EventFeed, 'place'>;
  readonly clock: Clock;
  readonly lessee: Lessee;
  readonly counters: RelayCounters;
  readonly retryDelaysMs?: readonly number[];
  send: SendMessage;
  onDisabled(webhook: LeasedWebhook): void;
}

/** `stopped`: a request failed, or another relay has the webhook. */
type Step = 'more' | 'done' | 'stopped';

export class WebhookDelivery {
  readonly #ports: WebhookDeliveryPorts;
  readonly #isStopping: () => boolean;

  constructor(ports: WebhookDeliveryPorts, isStopping: () => boolean) {
    this.#ports = ports;
    this.#isStopping = isStopping;
  }

  async deliver(leased: LeasedWebhook): Promise<void> {
    const { counters } = this.#ports;
    let webhook = leased;
    for (let batches = 0; batches < RELAY_BATCHES_MAX && !this.#isStopping(); batches += 1) {
      const { replay } = webhook;
      if (replay !== undefined && webhook.sendingTo === undefined) {
        const remaining = await this.#deliverReplay(webhook, replay);
        if (remaining === 'stopped') return;
        webhook = { ...webhook, ...ARRIVED, replay: remaining };
        continue;
      }
      const { step, position } = await this.#deliverFeed(webhook);
      if (step === 'stopped') return;
      webhook = { ...webhook, ...ARRIVED, position, sendingTo: undefined };
      if (step === 'done') {
        counters.caughtUp(webhook.id);
        return;
      }
    }
  }

  async #deliverFeed(webhook: LeasedWebhook): Promise<{ step: Step; position: Webhook['position'] }> {
    const { feed, events, webhooks, lessee } = this.#ports;
    const { id, sellerId, position, sendingTo } = webhook;
    const stopped = { step: 'stopped' as const, position };
    if (sendingTo === undefined) await feed.place(sellerId);
    const page = await readEvents(events, sellerId, position, filterOf(webhook), WEBHOOK_BATCH_MAX);
    const [first] = page.events;
    const step = page.more || sendingTo !== undefined ? 'more' : 'done';
    if (first === undefined) {
      const to = sendingTo ?? page.position;
      if (!isSamePosition(to, position) && !(await webhooks.advance(id, lessee, to))) return stopped;
      return { step, position: to };
    }
    if (!(await this.#begin(id, page.position))) return stopped;
    const message = {
      id: messageId(`msg_${id}_${feedCursor(position)}_${feedCursor(page.position)}`),
      body: bodyOf(first.couponId, page.events),
    };
    const delivery = await this.#send(webhook, message, first.couponId, page.events.length);
    if (delivery === 'stopped') return stopped;
    if (!(await webhooks.advance(id, lessee, page.position, delivery))) return stopped;
    return { step, position: page.position };
  }

  /** What is left of the replay. */
  async #deliverReplay(webhook: LeasedWebhook, replay: Replay): Promise<Replay | undefined | 'stopped'> {
    const { events, webhooks, lessee } = this.#ports;
    const { couponId, nextNo, lastNo } = replay;
    const rows = await events.issuances(couponId, nextNo - 1, lastNo, WEBHOOK_BATCH_MAX);
    const endsAt = rows.length < WEBHOOK_BATCH_MAX ? lastNo : (rows.at(-1)?.issueNo ?? lastNo);
    let delivery: Delivery | undefined;
    if (rows.length > 0) {
      const message = {
        id: messageId(`rpl_${replay.id}_${nextNo}_${endsAt}`),
        body: bodyOf(
          couponId,
          rows.map((row) => recordedEvent(couponId, row)),
        ),
      };
      if (!(await this.#begin(webhook.id, undefined))) return 'stopped';
      const sent = await this.#send(webhook, message, couponId, rows.length);
      if (sent === 'stopped') return sent;
      delivery = sent;
    }
    const after = { ...replay, nextNo: endsAt + 1 };
    if (!(await webhooks.advanceReplay(webhook.id, lessee, after, delivery))) return 'stopped';
    return after.nextNo > lastNo ? undefined : after;
  }

  /** Renews the lease as well. A relay that was frozen meanwhile may have lost it, and must not send what another has sent. */
  async #begin(id: number, sendingTo: FeedPosition | undefined): Promise<boolean> {
    const { clock, webhooks, lessee } = this.#ports;
    const beforeMs = clock.monotonicMs();
    const begun = await webhooks.begin(id, lessee, sendingTo);
    return begun && clock.monotonicMs() - beforeMs < RELAY_SEND_WITHIN_MS;
  }

  /** `stopped`: the request failed, and that is stored. */
  async #send(
    webhook: LeasedWebhook,
    message: Message,
    couponId: CouponId,
    events: number,
  ): Promise<Delivery | 'stopped'> {
    const { clock, counters, send, webhooks, lessee } = this.#ports;
    const startedMs = clock.monotonicMs();
    counters.behind(webhook.id, startedMs);
    const atMs = clock.nowMs();
    const { status, result } = await send(webhook, message);
    counters.deliveries[result] += 1;
    const delivery: Delivery = {
      ...{ messageId: message.id, couponId, events, atMs, status, result },
      durationMs: Math.round(clock.monotonicMs() - startedMs),
    };
    if (result === 'delivered') return delivery;
    const failingSinceMs = webhook.failingSinceMs ?? atMs;
    const disables = status === REMOVED_STATUS || atMs - failingSinceMs >= WEBHOOK_DISABLED_AFTER_MS;
    const nextAtMs = clock.nowMs() + this.#delayMs(webhook.attempts);
    const entry = disables ? disabledEntry(webhook, delivery, atMs) : undefined;
    if ((await webhooks.fail(webhook.id, lessee, delivery, nextAtMs, entry)) && disables) {
      this.#ports.onDisabled(webhook);
    }
    return 'stopped';
  }

  /** With jitter, so that many that failed together do not come back together. */
  #delayMs(attempts: number): number {
    const delays = this.#ports.retryDelaysMs ?? WEBHOOK_RETRY_DELAYS_MS;
    const delayMs = delays[Math.min(attempts, delays.length - 1)] ?? 0;
    return Math.round(delayMs * (1 + Math.random() / 4));
  }
}

const REMOVED_STATUS = 410;
const ARRIVED = { attempts: 0, failingSinceMs: undefined };

function filterOf({ kinds, couponIds, createdAtMs, sendingTo }: Webhook): EventFilter {
  return {
    kinds: new Set(kinds),
    couponIds: couponIds === undefined ? undefined : new Set(couponIds),
    issuedSinceMs: createdAtMs - WEBHOOK_HISTORY_MARGIN_MS,
    oneCoupon: true,
    until: sendingTo,
  };
}

/** The signature separates its parts with dots. */
function messageId(text: string): string {
  return text.replaceAll('.', '-');
}

function bodyOf(couponId: CouponId, events: readonly FeedEvent[]): string {
  return JSON.stringify({
    couponId,
    events: events.map(({ id, kind, fields }) => ({ id, type: kind, ...fields })),
  });
}

function disabledEntry({ id, url }: Webhook, { status, result }: Delivery, atMs: number): AuditEntry {
  return {
    ...{ atMs, actor: { kind: 'operator', id: 'relay', address: '-' }, action: 'webhook_disabled' },
    target: `webhook ${id}`,
    detail: { url, result, status: status ?? null },
  };
}
