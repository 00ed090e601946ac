/**
 * Serves probes and metrics of a process that only records.
 *
 * The address settings are those of an API process.
 */
import type { Logger } from 'pino';
import type { DistributedConfig } from '../config/config.js';
import type { HoldCounters } from '../engine/holds/hold-counters.js';
import type { RelayMetricsSource } from '../http/metrics/relay-metrics.js';
import type { RecorderCounters } from '../http/metrics/recorder-metrics.js';
import { startRecorderHttp } from '../http/recorder-server.js';
import type { Readiness } from '../http/api/health.js';
import { databaseFault } from './database-watch.js';
import type { DistributedStores, Stores } from './stores.js';
import { systemClock } from './system-time.js';

/** A probe usually gives up after a second; it should get the reason before. */
const PING_TIMEOUT_MS = 800;
/** A scrape under way may end. */
const GRACE_MS = 1_000;

export interface RecorderAddress {
  readonly port: number;
  stop(): Promise<void>;
}

/** @throws errors with a stable `code`: `port_in_use`, `listen_failed`. */
export async function serveRecorder(
  config: DistributedConfig,
  stores: Stores,
  distributed: DistributedStores,
  counters: RecorderCounters | undefined,
  relay: RelayMetricsSource | undefined,
  holds: HoldCounters | undefined,
  logger: Logger,
): Promise<RecorderAddress> {
  let stopping = false;
  const http = await startRecorderHttp(
    {
      counters,
      relay,
      holds,
      settledRows: stores.settledRows,
      durability: stores.durability,
      settingsFaults: stores.settingsFaults,
      clock: systemClock,
      logger,
      backlogSources: { ...distributed, monotonicMs: () => systemClock.monotonicMs() },
      readiness: async () => {
        const reasons = [...(stopping ? ['This process is stopping.'] : []), ...stores.notReadyReasons()];
        // Unlike the API, which lets rows wait, a recorder has nothing to do without its database.
        const fault = await databaseFault(distributed, PING_TIMEOUT_MS);
        if (fault !== undefined) reasons.push(fault);
        return { ready: reasons.length === 0, reasons, warnings: stores.warnings() } satisfies Readiness;
      },
    },
    config,
  );
  return {
    port: http.port,
    async stop() {
      stopping = true;
      await http.shutDown({ graceMs: GRACE_MS, idleMs: 0 });
    },
  };
}
