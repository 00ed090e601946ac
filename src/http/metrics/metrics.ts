/**
 * Serves `GET /metrics` for Prometheus.
 *
 * Nothing here runs during a download: engine and front end count in plain numbers, which are copied at a scrape. The
 * one expensive step, reading the queues of all pending coupons, is done at most once a second.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { EngineCounters } from '../../engine/domain/counters.js';
import type { MemberSets } from '../../accounts/member-sets.js';
import type { FrontierWaits } from '../../engine/feed/frontier-waits.js';
import type { EngineLoad } from '../../engine/download/engine.js';
import type { Reply } from '../wire/exchange.js';
import type { OutcomeCounts } from '../download/outcome-counts.js';
import { refuse } from '../wire/problems.js';
import { registerConfirmMetrics, registerHoldMetrics } from './hold-metrics.js';
import type { HoldCounters } from '../../engine/holds/hold-counters.js';
import { registerFrontierMetrics, registerRelayMetrics } from './relay-metrics.js';
import type { RelayMetricsSource } from './relay-metrics.js';
import { registerProcessMetrics } from './process-metrics.js';
import { registerQueueMetrics } from './queue-metrics.js';
import type { BacklogSources } from './queue-metrics.js';
import { registerRecorderMetrics } from './recorder-metrics.js';
import type { RecorderCounters } from './recorder-metrics.js';
import { TallyHistogram } from './tally-histogram.js';

/**
 * Given the metrics of this process, a way to those of all processes that share the port. `undefined` text: not all
 * of the processes answered.
 */
export type ShareMetrics = (own: Registry) => () => Promise<string | undefined>;

export interface MetricsSources {
  readonly counters: EngineCounters;
  readonly outcomes: OutcomeCounts;
  readonly durability: () => string;
  receivesNews(): boolean;
  readonly settingsFaults?: (() => readonly string[]) | undefined;
  /** `undefined` where the decision is its own record. */
  readonly backlogSources: BacklogSources | undefined;
  /** `undefined` where another process records. */
  readonly recorder: RecorderCounters | undefined;
  engineLoad(): EngineLoad;
  requestsInFlight(): number;
  /** Connections closed because there were too many. */
  connectionsRefused(): number;
  /** Requests refused because their caller asked too often. */
  rateLimited(): number;
  /** Downloads refused for lack of a valid presence ticket. */
  presenceRefused(): number;
  liveWatchers(): number;
  readonly audiences: Pick<MemberSets, 'size' | 'loadMs'>;
  audiencesTooLarge(): number;
  readonly frontierWaits: FrontierWaits;
  /** `undefined` where another process relays. */
  readonly relay: RelayMetricsSource | undefined;
  readonly redemptions: Readonly<Record<string, number>>;
  holdsConfirmed(): number;
  /** `undefined` where another process takes holds back. */
  readonly holds: HoldCounters | undefined;
  /** Tokens refused so far, by reason. */
  readonly tokensRefused: Readonly<Record<string, number>>;
  /** Providers whose keys are fetched. */
  readonly keys: readonly KeysSource[];
  /** Requests with server keys. */
  keyRequests(): readonly { readonly scope: string; readonly result: string; readonly count: number }[];
}

export interface KeysSource {
  readonly of: 'access' | 'presence';
  readonly faults: ReadonlyMap<string, number>;
  /** `undefined` where nothing is fetched. */
  state(): { readonly hasKeys: boolean } | undefined;
}

/** Answers `GET /metrics`; the text of all processes where several share the port. */
export class MetricsHandlers {
  readonly #contentType: string;
  readonly #read: () => Promise<string | undefined>;

  constructor(own: Registry, share: ShareMetrics | undefined) {
    this.#contentType = own.contentType;
    this.#read = share?.(own) ?? (() => own.metrics());
  }

  async show(): Promise<Reply> {
    const body = await this.#read();
    if (body === undefined)
      refuse('not_ready', 'Not all processes reported their metrics in time. Scrape again.');
    return { status: 200, contentType: this.#contentType, body };
  }
}

/** The longest that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

/** @returns the metrics of one API process. */
export function createMetrics(sources: MetricsSources): Registry {
  const { counters, outcomes, durability, backlogSources } = sources;
  const registry = new Registry();
  // Its sampler of the event loop never wakes: process-metrics.ts has one.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  // Gauges that are named like counters. Beside each is one by type, under its proper name.
  for (const what of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${what}_total`);

  new Counter({
    name: 'seonchak_downloads_total',
    help: 'Downloads by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(outcomes)) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'seonchak_redemptions_total',
    help: 'Redemptions and cancellations by result.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(sources.redemptions)) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'seonchak_tokens_refused_total',
    help: 'Access tokens refused, by reason.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(sources.tokensRefused)) this.inc({ reason }, count);
    },
  });
  registerKeysMetrics(registry, sources.keys);
  new Counter({
    name: 'seonchak_key_requests_total',
    help: 'Requests with server keys by scope and result.',
    labelNames: ['scope', 'result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { scope, result, count } of sources.keyRequests()) this.inc({ scope, result }, count);
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
  counter(
    'seonchak_mailbox_full_total',
    'Downloads refused because the mailbox was full.',
    () => counters.mailboxFull,
  );
  counter('seonchak_rate_limited_total', 'Requests refused because the caller exceeded its rate.', () =>
    sources.rateLimited(),
  );
  counter(
    'seonchak_connections_refused_total',
    'Connections closed on arrival because the process had reached its limit of open files.',
    () => sources.connectionsRefused(),
  );
  counter('seonchak_presence_refused_total', 'Downloads refused without a valid presence ticket.', () =>
    sources.presenceRefused(),
  );
  counter(
    'seonchak_store_faults_total',
    'Store errors while processing downloads.',
    () => counters.storeFaults,
  );

  new TallyHistogram(registry, 'seonchak_admit_batch_size', 'Members per batch.', counters.batchSizes, 1);
  new TallyHistogram(
    registry,
    'seonchak_admit_seconds',
    'Time from sending a batch to receiving its decisions.',
    counters.admitMs,
    1_000,
  );

  new TallyHistogram(
    registry,
    'seonchak_audience_load_seconds',
    'Time to read a whole list of members of a coupon into memory.',
    sources.audiences.loadMs,
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
  gauge(
    'seonchak_audience_members',
    'Members on the lists of coupons that are held in memory.',
    () => sources.audiences.size,
  );
  new Gauge({
    name: 'seonchak_audiences_too_large',
    help: 'Lists of members requested in the last minute that do not fit into memory.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(sources.audiencesTooLarge());
    },
  });
  gauge('seonchak_live_watchers', 'Open streams of the live view.', () => sources.liveWatchers());

  new Gauge({
    name: 'seonchak_news_heard',
    help: '0 while no updates from other processes arrive, and every download is decided by the store.',
    aggregator: 'min',
    registers: [registry],
    collect() {
      this.set(sources.receivesNews() ? 1 : 0);
    },
  });
  registerProcessMetrics(registry, 'api');
  registerDurability(registry, durability, sources.settingsFaults);
  if (backlogSources !== undefined) registerQueueMetrics(registry, backlogSources);
  if (sources.recorder !== undefined) registerRecorderMetrics(registry, sources.recorder);
  registerFrontierMetrics(registry, sources.frontierWaits);
  if (sources.relay !== undefined) registerRelayMetrics(registry, sources.relay);
  registerConfirmMetrics(registry, () => sources.holdsConfirmed());
  if (sources.holds !== undefined) registerHoldMetrics(registry, sources.holds);
  return registry;
}

function registerKeysMetrics(registry: Registry, sources: readonly KeysSource[]): void {
  new Counter({
    name: 'seonchak_jwks_faults_total',
    help: 'Fetches of a key set that failed.',
    labelNames: ['of', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { of, faults } of sources) {
        for (const [reason, count] of faults) this.inc({ of, reason }, count);
      }
    },
  });
  new Gauge({
    name: 'seonchak_jwks_usable',
    help: '1 while there are keys to check tokens with, where they are fetched from a provider.',
    labelNames: ['of'],
    aggregator: 'min',
    registers: [registry],
    collect() {
      for (const source of sources) {
        const state = source.state();
        if (state !== undefined) this.set({ of: source.of }, state.hasKeys ? 1 : 0);
      }
    },
  });
}

/** What the store's settings promise now, and whether start-up would refuse them. */
export function registerDurability(
  registry: Registry,
  durability: () => string,
  settingsFaults: () => readonly string[] = () => [],
): void {
  new Gauge({
    name: 'seonchak_store_settings_refused',
    help: 'Settings of Redis that start-up would refuse; while there are any, downloads are not decided.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(settingsFaults().length);
    },
  });
  new Gauge({
    name: 'seonchak_durability_level',
    help: 'Durability level in force, as a label.',
    labelNames: ['level'],
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.reset();
      this.set({ level: durability() }, 1);
    },
  });
}
