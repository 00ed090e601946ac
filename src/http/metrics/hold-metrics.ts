/** Registers the metrics of holds: of the process that takes back what ran out, and of one that confirms. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { HoldCounters } from '../../engine/holds/hold-counters.js';

/** Several recorders count the same holds, so their figures are not added up. */
export function registerHoldMetrics(registry: Registry, counters: HoldCounters): void {
  new Gauge({
    name: 'seonchak_holds',
    help: 'Holds that are neither confirmed nor taken back, as counted every 10 seconds.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(counters.held);
    },
  });
  new Counter({
    name: 'seonchak_holds_expired_total',
    help: 'Holds taken back because they ran out.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(counters.expired);
    },
  });
  new Gauge({
    name: 'seonchak_hold_expiry_lag_seconds',
    help: 'How late the most overdue hold of the last sweep was, beyond its end and the grace.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(counters.lagMs / 1_000);
    },
  });
}

export function registerConfirmMetrics(registry: Registry, confirmed: () => number): void {
  new Counter({
    name: 'seonchak_holds_confirmed_total',
    help: 'Holds confirmed; repeats are not counted.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(confirmed());
    },
  });
}
