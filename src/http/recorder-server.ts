/** Serves probes and metrics of a process that only records. */
import { Registry } from 'prom-client';
import { uWS } from './wire/http-library.js';
import { HealthHandlers } from './api/health.js';
import { InFlight } from './wire/in-flight.js';
import { CallerLimits } from './limits/caller-limits.js';
import { ClientAddresses } from './limits/client-address.js';
import { listen } from './wire/listen.js';
import { MetricsHandlers, registerDurability } from './metrics/metrics.js';
import { registerProcessMetrics } from './metrics/process-metrics.js';
import { registerQueueMetrics } from './metrics/queue-metrics.js';
import type { BacklogSources } from './metrics/queue-metrics.js';
import { registerHoldMetrics } from './metrics/hold-metrics.js';
import type { HoldCounters } from '../engine/holds/hold-counters.js';
import { registerFrontierMetrics, registerRelayMetrics } from './metrics/relay-metrics.js';
import type { RelayMetricsSource } from './metrics/relay-metrics.js';
import type { SettledRows } from '../engine/feed/settled-rows.js';
import { registerRecorderMetrics } from './metrics/recorder-metrics.js';
import type { RecorderCounters } from './metrics/recorder-metrics.js';
import { logAnswer, logFault } from './wire/request-log.js';
import { RouteServer } from './route-server.js';
import { anyone } from './wire/route.js';
import type { HttpPorts, HttpServer, HttpSettings } from './http-server.js';

export interface RecorderHttpPorts extends Pick<
  HttpPorts,
  'clock' | 'durability' | 'settingsFaults' | 'logger' | 'readiness'
> {
  /** `undefined` in a process that only relays. */
  readonly counters: RecorderCounters | undefined;
  /** `undefined` in a process that only records. */
  readonly relay: RelayMetricsSource | undefined;
  /** `undefined` in a process that only relays. */
  readonly holds: HoldCounters | undefined;
  readonly settledRows: Pick<SettledRows, 'waits'>;
  readonly backlogSources: BacklogSources;
}

/** @throws PortInUseError, ListenFailedError */
export async function startRecorderHttp(
  ports: RecorderHttpPorts,
  settings: Pick<HttpSettings, 'host' | 'port' | 'limits'>,
): Promise<Pick<HttpServer, 'port' | 'shutDown'>> {
  const { counters, relay, holds, settledRows, backlogSources, durability, settingsFaults, logger } = ports;
  const registry = new Registry();
  registerProcessMetrics(registry, 'recorder');
  registerDurability(registry, durability, settingsFaults);
  registerQueueMetrics(registry, backlogSources);
  registerFrontierMetrics(registry, settledRows.waits);
  if (counters !== undefined) registerRecorderMetrics(registry, counters);
  if (relay !== undefined) registerRelayMetrics(registry, relay);
  if (holds !== undefined) registerHoldMetrics(registry, holds);

  const app = uWS.App();
  const inFlight = new InFlight();
  inFlight.countConnections(app);
  const clientAddresses = new ClientAddresses(settings.limits.trustedProxies);
  const routeServer = new RouteServer({
    // These routes need no token.
    authenticator: undefined,
    inFlight,
    limits: new CallerLimits(settings.limits, clientAddresses, ports.clock),
    clientAddresses,
    onFault: logFault(logger),
    onAnswered: logAnswer(logger),
  });
  const health = new HealthHandlers(ports);
  const metrics = new MetricsHandlers(registry, undefined);
  const routes = [
    anyone('GET /healthz', health, 'live'),
    anyone('GET /readyz', health, 'ready'),
    anyone('GET /metrics', metrics, 'show'),
  ];
  routeServer.register(app, routes, []);
  const listening = await listen(app, { ...settings, exclusivePort: true });
  return {
    port: listening.port,
    async shutDown(wait) {
      await listening.stop();
      await inFlight.shutDown(wait);
      app.close();
    },
  };
}
