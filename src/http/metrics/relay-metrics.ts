/** Registers what followers wait for, and what a relay sends. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Clock } from '../../engine/domain/clock.js';
import type { FrontierWaits } from '../../engine/feed/frontier-waits.js';
import type { RelayCounters } from '../../engine/feed/relay-counters.js';

/** Registers the metrics of a process that reads settled issuances: for requests, for webhooks, or both. */
export function registerFrontierMetrics(registry: Registry, waits: FrontierWaits): void {
  new Counter({
    name: 'seonchak_void_numbers_total',
    help: 'Numbers found to be void: they never become rows.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(waits.voidNumbers);
    },
  });
  new Gauge({
    name: 'seonchak_frontier_lag_seconds',
    help: 'Longest time that a reader of settled issuances has waited for a number.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(waits.longestMs() / 1_000);
    },
  });
}

/** What the relay of a process counts, and the clock it counts by. */
export interface RelayMetricsSource {
  readonly counters: RelayCounters;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export function registerRelayMetrics(registry: Registry, { counters, clock }: RelayMetricsSource): void {
  new Counter({
    name: 'seonchak_webhook_deliveries_total',
    help: 'Requests to webhooks by result.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(counters.deliveries)) this.inc({ result }, count);
    },
  });
  new Gauge({
    name: 'seonchak_webhook_lag_seconds',
    help: 'Longest time that a webhook has been behind its feed.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(counters.lagMs(clock.monotonicMs()) / 1_000);
    },
  });
  new Gauge({
    name: 'seonchak_webhooks_disabled',
    help: 'Webhooks disabled after failing for too long.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(counters.disabled);
    },
  });
}
