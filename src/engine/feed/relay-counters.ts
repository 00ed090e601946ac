/** Counts what a relay sends, for metrics. */
import { deliveryResults, type DeliveryResult } from '../ports/webhooks.js';

export class RelayCounters {
  readonly deliveries: Record<DeliveryResult, number>;
  /** Disabled webhooks of all sellers, as this relay last read them. */
  disabled = 0;
  /** Webhooks with events that have not arrived, by since when (monotonic). */
  readonly #behindSince = new Map<number, number>();

  constructor() {
    this.deliveries = Object.fromEntries(deliveryResults.map((result) => [result, 0])) as Record<
      DeliveryResult,
      number
    >;
  }

  behind(webhookId: number, nowMs: number): void {
    if (!this.#behindSince.has(webhookId)) this.#behindSince.set(webhookId, nowMs);
  }

  caughtUp(webhookId: number): void {
    this.#behindSince.delete(webhookId);
  }

  /** Drops webhooks that other relays have by now, or that are disabled. */
  retain(webhookIds: readonly number[]): void {
    const kept = new Set(webhookIds);
    for (const id of this.#behindSince.keys()) if (!kept.has(id)) this.#behindSince.delete(id);
  }

  /** How long the webhook that is behind the longest has not caught up, milliseconds. */
  lagMs(nowMs: number): number {
    return Math.max(0, ...[...this.#behindSince.values()].map((sinceMs) => nowMs - sinceMs));
  }
}
