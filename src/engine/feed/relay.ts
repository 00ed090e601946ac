/**
 * Sends the feeds of sellers to their webhooks: leases webhooks, gives events their places, and sends them batch by batch.
 *
 * At most one batch of a webhook is outstanding, so its events arrive in order. A relay that dies leaves its leases to others, who send the
 * same batch again under the same id.
 */
import type { Clock, Scheduler } from '../domain/clock.js';
import {
  EVENTS_KEPT_MS,
  EVENTS_REMOVED_MAX,
  EVENTS_SWEEP_MS,
  RELAY_LEASE_MS,
  RELAY_POLL_MS,
  RELAY_REQUESTS_MAX,
  RELAY_IDLE_POLL_MS,
  RELAY_STOP_POLL_MS,
  RELAY_STOP_WAIT_MS,
  RELAY_WEBHOOKS_MAX,
} from '../domain/limits.js';
import type { EventLog } from '../ports/event-log.js';
import type { LeasedWebhook, Webhooks } from '../ports/webhooks.js';
import type { EventFeed } from './event-feed.js';
import { RelayCounters } from './relay-counters.js';
import { WebhookDelivery } from './webhook-delivery.js';
import type { SendMessage } from './webhook-delivery.js';

export interface RelayPorts {
  readonly webhooks: Webhooks;
  readonly events: EventLog;
  readonly feed: Pick<EventFeed, 'place'>;
  readonly clock: Clock;
  readonly scheduler: Pick<Scheduler, 'every' | 'pause'>;
  /** Names this relay among all that run. */
  readonly owner: string;
  send: SendMessage;
  /** Absent: the schedule of the product. */
  readonly retryDelaysMs?: readonly number[];
  onDisabled(webhook: LeasedWebhook): void;
  onFault(fault: unknown): void;
}

export class Relay {
  readonly counters = new RelayCounters();
  readonly #ports: RelayPorts;
  readonly #delivery: WebhookDelivery;
  readonly #busy = new Map<number, Promise<void>>();
  /** Webhooks whose turn has not come: in the order in which they were found, so that none waits for ever. */
  readonly #waiting = new Map<number, LeasedWebhook>();
  /** Webhooks whose position may have moved since the current pass began to read. */
  #moving = new Set<number>();
  #pass: Promise<void> | undefined;
  #stopping = false;
  #sweepAtMs = 0;
  #hasWebhooks = false;
  #idleUntilMs = 0;
  #stopPolling: (() => void) | undefined;

  constructor(ports: RelayPorts) {
    this.#ports = ports;
    const lessee = { owner: ports.owner, leaseMs: RELAY_LEASE_MS };
    this.#delivery = new WebhookDelivery({ ...ports, lessee, counters: this.counters }, () => this.#stopping);
  }

  start(): void {
    this.#stopPolling = this.#ports.scheduler.every(RELAY_POLL_MS, () => {
      this.#pass ??= this.#leaseDueWebhooks().finally(() => {
        this.#pass = undefined;
      });
    });
  }

  /** Ends after the requests in flight, or without them after a while: what was begun is sent again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopPolling?.();
    await this.#pass;
    const { clock, owner, scheduler, webhooks } = this.#ports;
    const untilMs = clock.monotonicMs() + RELAY_STOP_WAIT_MS;
    // In short pauses: one of the whole time would keep a process without requests from ending.
    while (this.#busy.size > 0 && clock.monotonicMs() < untilMs) await scheduler.pause(RELAY_STOP_POLL_MS);
    await webhooks.release(owner).catch((fault: unknown) => this.#ports.onFault(fault));
  }

  /** Without a webhook a relay asks less often: an installation without any pays for the question alone. */
  #isIdle(): boolean {
    const nowMs = this.#ports.clock.monotonicMs();
    if (!this.#hasWebhooks && nowMs < this.#idleUntilMs) return true;
    this.#idleUntilMs = nowMs + RELAY_IDLE_POLL_MS;
    return false;
  }

  /** Now and then: what is read for metrics, and removing old events. */
  async #sweep(): Promise<void> {
    const { events, webhooks, clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#sweepAtMs) return;
    this.#sweepAtMs = nowMs + EVENTS_SWEEP_MS;
    this.counters.disabled = await webhooks.countDisabled();
    await events.removeOld(clock.nowMs() - EVENTS_KEPT_MS, EVENTS_REMOVED_MAX);
  }

  async #leaseDueWebhooks(): Promise<void> {
    const { webhooks, owner, clock } = this.#ports;
    try {
      await this.#sweep();
      if (this.#isIdle()) return;
      this.#moving = new Set(this.#busy.keys());
      const leased = await webhooks.lease({ owner, leaseMs: RELAY_LEASE_MS }, RELAY_WEBHOOKS_MAX);
      this.#hasWebhooks = leased.length > 0;
      this.counters.retain(leased.map(({ id }) => id));
      const isOurs = new Set(leased.map(({ id }) => id));
      for (const id of this.#waiting.keys()) if (!isOurs.has(id)) this.#waiting.delete(id);
      for (const webhook of leased) {
        if (!this.#moving.has(webhook.id) && webhook.nextAtMs <= clock.nowMs())
          this.#waiting.set(webhook.id, webhook);
      }
      this.#deliverWaiting();
    } catch (fault) {
      // The next poll reads the store again.
      this.#hasWebhooks = false;
      this.#ports.onFault(fault);
    }
  }

  #deliverWaiting(): void {
    for (const [id, webhook] of this.#waiting) {
      if (this.#stopping || this.#busy.size >= RELAY_REQUESTS_MAX) return;
      this.#waiting.delete(id);
      this.#moving.add(id);
      const delivering = this.#delivery
        .deliver(webhook)
        .catch((fault: unknown) => this.#ports.onFault(fault))
        .finally(() => {
          this.#busy.delete(id);
          this.#deliverWaiting();
        });
      this.#busy.set(id, delivering);
    }
  }
}
