/**
 * `GET /metrics`: what Prometheus reads, put together when it asks.
 *
 * Nothing here is on the way of a download: counters are plain numbers of the engine and the front end, copied at the time of the
 * scrape. The one thing that costs, looking at the queues of all announced coupons, is done once for all who ask within a second.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { CouponId } from '../engine/coupon.js';
import type { EngineCounters } from '../engine/engine-counters.js';
import type { EngineLoad } from '../engine/engine.js';
import type { IssuanceQueue } from '../engine/issuance-queue.js';
import { SWEEP_BATCH_MAX, SWEEP_COUPONS_MAX } from '../engine/limits.js';
import type { Reply } from './exchange.js';
import type { OutcomeCounts } from './outcome-counts.js';
import { refuse } from './problems.js';
import { registerRecorderMetrics } from './recorder-metrics.js';
import type { RecorderCounters } from './recorder-metrics.js';
import type { HttpServices } from './services.js';
import { TallyHistogram } from './tally-histogram.js';

/** Two scrapes within this see the same queues. */
const QUEUES_FRESH_MS = 1_000;

export interface QueueSources {
  readonly queue: Pick<IssuanceQueue, 'depths'>;
  announced(limit: number): Promise<CouponId[]>;
}

export interface MetricsSources {
  readonly counters: EngineCounters;
  readonly outcomes: OutcomeCounts;
  readonly durability: string;
  /** `undefined` where the decision is its own record. */
  readonly queues: QueueSources | undefined;
  /** `undefined` where another process records. */
  readonly recorder: RecorderCounters | undefined;
  engineLoad(): EngineLoad;
  requestsInFlight(): number;
  /** Requests refused because their caller asked too often. */
  rateLimited(): number;
  liveWatchers(): number;
  monotonicMs(): number;
}

/** Answers `GET /metrics`; the text of all processes where several share the port. */
export class MetricsHandlers {
  readonly #contentType: string;
  readonly #read: () => Promise<string | undefined>;

  constructor(own: Registry, share: HttpServices['shareMetrics']) {
    this.#contentType = own.contentType;
    this.#read = share?.(own) ?? (() => own.metrics());
  }

  async show(): Promise<Reply> {
    const body = await this.#read();
    if (body === undefined) refuse('not_ready', 'Not all processes told their metrics in time.');
    return { status: 200, contentType: this.#contentType, body };
  }
}

/** @returns the metrics of one API process. */
export function createMetrics(sources: MetricsSources): Registry {
  const { counters, outcomes, durability, queues } = sources;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  new Counter({
    name: 'seonchak_downloads_total',
    help: 'Downloads by how they ended.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(outcomes)) this.inc({ outcome }, count);
    },
  });
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter('seonchak_sealed_answers_total', 'Downloads answered from memory.', () => counters.sealedAnswers);
  counter('seonchak_mailbox_full_total', 'Downloads that met a full mailbox.', () => counters.mailboxFull);
  counter('seonchak_rate_limited_total', 'Requests beyond the rate of their caller.', () =>
    sources.rateLimited(),
  );
  counter('seonchak_store_faults_total', 'Faults of stores that met downloads.', () => counters.storeFaults);

  new TallyHistogram(registry, 'seonchak_admit_batch_size', 'Members of a batch.', counters.batchSizes, 1);
  new TallyHistogram(
    registry,
    'seonchak_admit_seconds',
    'From sending a batch to its decisions.',
    counters.admitMs,
    1_000,
  );

  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('seonchak_mailbox_depth', 'Downloads waiting in mailboxes.', () => sources.engineLoad().waiting);
  gauge('seonchak_actors', 'Coupons with an actor.', () => sources.engineLoad().actors);
  gauge('seonchak_sealed_winners', 'Winners held in memory.', () => sources.engineLoad().winnersHeld);
  gauge('seonchak_requests_in_flight', 'Requests not yet answered.', () => sources.requestsInFlight());
  gauge('seonchak_live_watchers', 'Open streams of the live view.', () => sources.liveWatchers());

  const level = new Gauge({
    name: 'seonchak_durability_level',
    help: 'The durability level in force, as a label.',
    labelNames: ['level'],
    aggregator: 'max',
    registers: [registry],
  });
  level.set({ level: durability }, 1);
  if (queues !== undefined) queueMetrics(registry, queues, () => sources.monotonicMs());
  if (sources.recorder !== undefined) registerRecorderMetrics(registry, sources.recorder);
  return registry;
}

interface QueuesSeen {
  readonly queued: number;
  readonly claimed: number;
  readonly coupons: number;
  readonly readable: 0 | 1;
}

/** All processes see the same queues, so of several the largest look counts and not the sum. */
function queueMetrics(registry: Registry, sources: QueueSources, monotonicMs: () => number): void {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<QueuesSeen> | undefined;
  const seen = (): Promise<QueuesSeen> => {
    if (looking === undefined || monotonicMs() - lookedAtMs > QUEUES_FRESH_MS) {
      lookedAtMs = monotonicMs();
      looking = lookAtQueues(sources);
    }
    return looking;
  };
  const gauge = (name: string, help: string, part: keyof QueuesSeen): void => {
    new Gauge({
      name,
      help,
      aggregator: 'max',
      registers: [registry],
      async collect() {
        this.set((await seen())[part]);
      },
    });
  };
  gauge('seonchak_queue_depth', 'Issuances that wait to be recorded.', 'queued');
  gauge('seonchak_claimed', 'Issuances a recorder has taken and not yet acked.', 'claimed');
  gauge('seonchak_announced_coupons', 'Coupons that recorders look after.', 'coupons');
  gauge('seonchak_queues_readable', 'Whether the queues could be looked at.', 'readable');
}

async function lookAtQueues(sources: QueueSources): Promise<QueuesSeen> {
  let queued = 0;
  let claimed = 0;
  try {
    const couponIds = await sources.announced(SWEEP_COUPONS_MAX);
    for (let first = 0; first < couponIds.length; first += SWEEP_BATCH_MAX) {
      for (const depth of await sources.queue.depths(couponIds.slice(first, first + SWEEP_BATCH_MAX))) {
        queued += depth.queued;
        claimed += depth.claimed;
      }
    }
    return { queued, claimed, coupons: couponIds.length, readable: 1 };
  } catch {
    // The rest of the metrics is worth having most when a store is away.
    return { queued: Number.NaN, claimed: Number.NaN, coupons: Number.NaN, readable: 0 };
  }
}
