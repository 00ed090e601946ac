/** HTTP of a process that only records: probes and metrics, nothing for members or sellers. */
import { Registry } from 'prom-client';
import uWS from 'uWebSockets.js';
import { HealthHandlers } from './health.js';
import { InFlight } from './in-flight.js';
import { CallerLimits } from './limits/caller-limits.js';
import { ClientAddresses } from './limits/client-address.js';
import { listen } from './listen.js';
import { MetricsHandlers, registerDurability } from './metrics.js';
import { registerProcessMetrics } from './process-metrics.js';
import { registerQueueMetrics } from './queue-metrics.js';
import type { QueueSources } from './queue-metrics.js';
import { registerRecorderMetrics } from './recorder-metrics.js';
import type { RecorderCounters } from './recorder-metrics.js';
import { logAnswer, logFault } from './request-log.js';
import { RouteServer } from './route-server.js';
import { anyone } from './route.js';
import type { HttpServer, HttpServices, HttpSettings } from './services.js';

export interface RecorderHttpServices extends Pick<
  HttpServices,
  'clock' | 'durability' | 'logger' | 'readiness'
> {
  readonly counters: RecorderCounters;
  readonly queues: QueueSources;
}

/** @throws PortInUseError, ListenFailedError */
export async function startRecorderHttp(
  services: RecorderHttpServices,
  settings: Pick<HttpSettings, 'host' | 'port' | 'limits'>,
): Promise<Pick<HttpServer, 'port' | 'drain'>> {
  const { counters, queues, durability, logger } = services;
  const registry = new Registry();
  registerProcessMetrics(registry, 'recorder');
  registerDurability(registry, durability);
  registerQueueMetrics(registry, queues);
  registerRecorderMetrics(registry, counters);

  const app = uWS.App();
  const inFlight = new InFlight();
  const clientAddresses = new ClientAddresses(settings.limits.trustedProxies);
  const routeServer = new RouteServer({
    // Nobody has to say who they are here.
    authenticator: undefined,
    inFlight,
    limits: new CallerLimits(settings.limits, clientAddresses, services.clock),
    clientAddresses,
    onFault: logFault(logger),
    onAnswered: logAnswer(logger),
  });
  const health = new HealthHandlers(services);
  const metrics = new MetricsHandlers(registry, undefined);
  const routes = [
    anyone('GET /healthz', () => health.live()),
    anyone('GET /readyz', () => health.ready()),
    anyone('GET /metrics', () => metrics.show()),
  ];
  routeServer.register(app, routes, []);
  const listening = await listen(app, { ...settings, exclusivePort: true });
  return {
    port: listening.port,
    async drain(graceMs) {
      listening.stop();
      await inFlight.drain(graceMs);
      app.close();
    },
  };
}
