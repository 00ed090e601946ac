/** Creates a shop with a webhook, and relays that deliver to it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../domain/clock.js';
import type { CouponId, MemberId } from '../../domain/coupon.js';
import { eventKinds, FEED_START, type EventFields, type EventKind } from '../../domain/events.js';
import { RelayCounters } from '../../feed/relay-counters.js';
import { type Message, type SendMessage, WebhookDelivery } from '../../feed/webhook-delivery.js';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.js';
import type { LeasedWebhook, NewWebhook, Webhook, Webhooks } from '../../ports/webhooks.js';
import { type EventsUnderTest, FollowedShop } from './followed-shop.js';

export interface WebhooksUnderTest extends EventsUnderTest {
  readonly webhooks: Webhooks;
  readonly auditLog: AuditLog;
}

/** Each some 20 ms: far more than a loaded machine needs. */
const TRIES_MAX = 500;
export const LEASE_MS = 60_000;

export const HOUR_MS = 3_600_000;

export const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

const actor = { kind: 'seller', id: 's', address: '127.0.0.1' } as const;

export const entry =
  (action: AuditEntry['action']) =>
  (id: number): AuditEntry => ({ atMs: 1, actor, action, target: `webhook ${id}`, detail: {} });

/** A shop with a webhook, and relays that deliver to it. */
export class Receiver {
  readonly shop: FollowedShop;
  readonly webhook: Webhook;
  readonly got: Message[] = [];
  readonly counters = new RelayCounters();
  readonly disabled: number[] = [];
  readonly #under: WebhooksUnderTest;

  private constructor(under: WebhooksUnderTest, shop: FollowedShop, webhook: Webhook) {
    this.#under = under;
    this.shop = shop;
    this.webhook = webhook;
  }

  static async open(under: WebhooksUnderTest, fields: Partial<NewWebhook> = {}): Promise<Receiver> {
    const shop = new FollowedShop(under);
    return new Receiver(
      under,
      shop,
      await created(under, newWebhook({ sellerId: shop.sellerId as MemberId, ...fields })),
    );
  }

  readonly arrive: SendMessage = (_webhook, message) => {
    this.got.push(message);
    return Promise.resolve({ status: 200, result: 'delivered' });
  };

  readonly refuse =
    (status: number): SendMessage =>
    (_webhook, message) => {
      this.got.push(message);
      return Promise.resolve({ status, result: 'status' });
    };

  /** Every webhook that this relay gets is delivered to, once through. */
  async relay(
    owner: string,
    send: SendMessage = this.arrive,
    retryDelaysMs: readonly number[] = [0],
  ): Promise<void> {
    const webhook = await this.lease(owner);
    if (webhook === undefined) return;
    const delivery = new WebhookDelivery(
      {
        ...this.#under,
        ...{ clock, lessee: { owner, leaseMs: LEASE_MS }, counters: this.counters, retryDelaysMs, send },
        feed: this.shop.feed(),
        onDisabled: ({ id }) => this.disabled.push(id),
      },
      () => false,
    );
    await delivery.deliver(webhook);
  }

  async lease(owner: string, leaseMs = LEASE_MS): Promise<LeasedWebhook | undefined> {
    const leased = await this.#under.webhooks.lease({ owner, leaseMs }, 1_000);
    return leased.find(({ id }) => id === this.webhook.id);
  }

  /** As when the relay is silent for longer than its lease. */
  lapse(owner: string): Promise<void> {
    return this.#under.webhooks.release(owner);
  }

  /** Event ids, message by message. */
  ids(): string[][] {
    return this.got.map((message) => eventsOf(message).map(({ id }) => id));
  }
}

interface SentEvent {
  readonly id: string;
  readonly type: EventKind;
}

export function eventsOf({ body }: Message): (SentEvent & EventFields)[] {
  return (JSON.parse(body) as { events: (SentEvent & EventFields)[] }).events;
}

export function couponOf({ body }: Message): CouponId {
  return (JSON.parse(body) as { couponId: CouponId }).couponId;
}

export function newWebhook(fields: Partial<NewWebhook> = {}): NewWebhook {
  return {
    ...{ sellerId: `hooks-${randomUUID()}` as MemberId, url: 'https://shop.example/hook', kinds: eventKinds },
    ...{ couponIds: undefined, secret: 'whsec_c2VjcmV0', createdAtMs: Date.now() },
    ...fields,
  };
}

export async function created({ webhooks }: WebhooksUnderTest, webhook: NewWebhook): Promise<Webhook> {
  const reply = await webhooks.create(webhook, FEED_START, entry('webhook_created'));
  if (reply.status !== 'created') throw new Error(reply.status);
  return reply.webhook;
}

export const issued = (couponId: CouponId, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, place) => `iss_${couponId}_${first + place}`);

export async function until(isTrue: () => boolean | Promise<boolean>, meanwhile = (): void => undefined) {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (await isTrue()) return;
    meanwhile();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
