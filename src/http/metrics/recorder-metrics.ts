/** Registers the metrics of the recorder of a process. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { DrainResult } from '../../engine/recording/flusher.js';
import { RecordingTimes } from '../../engine/recording/recording-times.js';
import { TallyHistogram } from './tally-histogram.js';

export class RecorderCounters {
  inserted = 0;
  replayed = 0;
  revoked = 0;
  deadLettered = 0;
  stale = 0;
  drains = 0;
  faults = 0;
  /** Issuances missing from both stores, as the reconciler of this process found them. */
  gap = 0;
  readonly times = new RecordingTimes();

  drained(result: DrainResult): void {
    this.drains++;
    this.inserted += result.inserted;
    this.replayed += result.replayed;
    this.revoked += result.revoked;
    this.deadLettered += result.deadLettered;
    this.stale += result.stale;
  }
}

export function registerRecorderMetrics(registry: Registry, counters: RecorderCounters): void {
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name: `seonchak_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter('recorded', 'Issuances written to the ledger.', () => counters.inserted);
  counter('replayed', 'Issuances that had already been recorded.', () => counters.replayed);
  counter('revoked_unrecorded', 'Issuances revoked before they could be recorded.', () => counters.revoked);
  counter('dead_lettered', 'Issuances moved to dead_letter with the reason.', () => counters.deadLettered);
  counter(
    'stale',
    'Issuances not recorded because they were claimed before a rebuild.',
    () => counters.stale,
  );
  counter('drains', 'Completed drains, one for each coupon in them.', () => counters.drains);
  new Gauge({
    name: 'seonchak_recording_gap',
    help: 'Issuances of idle coupons missing from both stores, plus rows beyond what Redis has issued.',
    registers: [registry],
    collect() {
      this.set(counters.gap);
    },
  });
  counter('drain_faults', 'Store errors while recording.', () => counters.faults);

  const { lagMs, batchMs, batchSizes } = counters.times;
  new TallyHistogram(
    registry,
    'seonchak_record_lag_seconds',
    'Time from decision to row, upper bound.',
    lagMs,
    1_000,
  );
  new TallyHistogram(
    registry,
    'seonchak_record_seconds',
    'Time to write one transaction, including its commit.',
    batchMs,
    1_000,
  );
  new TallyHistogram(registry, 'seonchak_record_batch_size', 'Rows per transaction.', batchSizes, 1);
}
