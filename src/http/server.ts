/**
 * Starts the HTTP server: listens, registers the routes, shuts down.
 *
 * All routes but the download share one wrapper: abort guard, form of the request, caller, body, handler. The wrapper
 * turns every error into a problem without internal text.
 */
import { AccessLocks } from '../accounts/access-locks.js';
import { KeysFaults } from './auth/keys-faults.js';
import { Authenticator } from './auth/authenticator.js';
import { serveConsole } from './console/console.js';
import { CrossOrigin } from './cors/cross-origin.js';
import { DownloadHandler } from './download/download-handler.js';
import { InFlight } from './wire/in-flight.js';
import type { ShutdownWait } from './wire/in-flight.js';
import { CallerLimits } from './limits/caller-limits.js';
import { ClientAddresses } from './limits/client-address.js';
import { openApp } from './open-app.js';
import { LiveStreams } from './api/live.js';
import { createMetrics } from './metrics/metrics.js';
import { newOutcomeCounts } from './download/outcome-counts.js';
import { startDoor } from './door/door-parts.js';
import { PresenceTickets } from './presence/presence-tickets.js';
import { Pressure } from './wire/pressure.js';
import { logAnswer, logFault, logRefusedConnections, logRefusedToken } from './wire/request-log.js';
import { RouteServer } from './route-server.js';
import { RedemptionCounts } from './api/redemption-counts.js';
import { SessionEnds } from '../accounts/session-ends.js';
import { ServerKeys } from '../accounts/server-keys.js';
import { CouponPasses } from './till/coupon-pass.js';
import { ServerKeyCallers } from './auth/server-key-callers.js';
import { createRoutes, DOWNLOAD_ROUTE, LIVE_ROUTE, UNIT_DOWNLOAD_ROUTE } from './api/routes.js';
import { HealthHandlers } from './api/health.js';
import type { Readiness } from './api/health.js';
import { startHealthServer } from './health-server.js';
import type { HttpPorts, HttpServer, HttpSettings } from './http-server.js';

/**
 * Starts serving.
 *
 * @throws PortInUseError, ListenFailedError
 */
export async function startHttp(ports: HttpPorts, settings: HttpSettings): Promise<HttpServer> {
  const passes = new CouponPasses(await ports.signingKeys.passKey(), ports.clock);
  const inFlight = new InFlight(settings.pendingMax, settings.connectionsMax);
  const pressure = new Pressure(() => inFlight.share, ports.clock);
  const stopWatching = pressure.watch(ports.scheduler, ports.clock);
  const outcomes = newOutcomeCounts();
  const followed = { ...ports, ...ports.followed };
  const locks = new AccessLocks({
    ...followed,
    onFault: (fault) =>
      ports.logger.warn(
        { err: fault },
        'Account locks could not be refreshed; the locks read last stay in force; check the database',
      ),
  });
  const accessKeys = new KeysFaults('access tokens', ports.logger, ports.clock);
  const ticketKeys = new KeysFaults('presence tickets', ports.logger, ports.clock);
  const sessions = new SessionEnds({
    ...followed,
    onFault: (fault) =>
      ports.logger.warn(
        { err: fault },
        'Ended sessions could not be refreshed; the list that was read last stays in force; check the database',
      ),
  });
  const authenticator = new Authenticator(settings.tokens, ports.clock, locks, sessions, {
    onRefused: logRefusedToken(ports.logger),
    onFault: (reason, message) => accessKeys.onFault(reason, message),
  });
  await locks.start((subjects) => authenticator.forget(subjects));
  await sessions
    .start((subjects) => authenticator.forget(subjects))
    .catch((fault: unknown) => {
      locks.stop();
      throw fault;
    });
  const tickets = new PresenceTickets(settings.presence, ports.clock, ticketKeys);
  const doorParts = await startDoor(followed, tickets).catch((fault: unknown) => {
    locks.stop();
    sessions.stop();
    throw fault;
  });
  const { door } = doorParts;
  const serverKeys = new ServerKeys({
    ...followed,
    onFault: (fault) =>
      ports.logger.warn(
        { err: fault },
        'Server keys could not be refreshed; the keys read last stay in force; check the database',
      ),
  });
  await serverKeys.start().catch((fault: unknown) => {
    locks.stop();
    doorParts.stop();
    sessions.stop();
    throw fault;
  });
  const keyCallers = new ServerKeyCallers({ keys: serverKeys, locks, clock: ports.clock }, settings.limits);
  const guarded = [...doorParts.rules.entries()].filter(([, rule]) => rule.presence === true).length;
  if (settings.presence === undefined && guarded > 0) {
    ports.logger.warn(
      { coupons: guarded },
      'Coupons require a presence ticket, but no presence service is configured; all their downloads are refused until PRESENCE_SECRET or PRESENCE_JWKS_URL is set',
    );
  }
  // Fetches the keys of providers now, so that a wrong address is logged before the first member comes.
  authenticator.keysState();
  tickets.keysState();
  const clientAddresses = new ClientAddresses(settings.limits.trustedProxies);
  const limits = new CallerLimits(settings.limits, clientAddresses, ports.clock);
  const onFault = logFault(ports.logger);

  const opened = openApp(settings);
  const { app } = opened;
  inFlight.countConnections(app, logRefusedConnections(ports.logger, ports.clock));
  const { corsOrigins = [] } = settings;
  const registry = corsOrigins.length === 0 ? app : new CrossOrigin(corsOrigins).over(app);
  const download = new DownloadHandler({
    engine: ports.engine,
    ...{ authenticator, inFlight, limits, door, outcomes, onFault },
  });
  registry.post(DOWNLOAD_ROUTE.path, (response, request) => {
    download.handle(response, request);
  });
  registry.post(UNIT_DOWNLOAD_ROUTE.path, (response, request) => {
    download.handleUnit(response, request);
  });
  const live = new LiveStreams(ports, inFlight, settings.liveWatchersMax);
  registry.get(LIVE_ROUTE.path, live.handle);
  registry.head(LIVE_ROUTE.path, live.handleHead);
  const { engine, backlogSources } = ports;
  const redemptionCounts = new RedemptionCounts();
  const holdCounts = { confirmed: 0 };
  const metrics = createMetrics({
    counters: engine.counters,
    outcomes,
    durability: ports.durability,
    receivesNews: () => ports.clock.monotonicMs() < ports.versions.reception.untilMs,
    settingsFaults: ports.settingsFaults,
    recorder: ports.recorderCounters,
    relay: ports.relay,
    backlogSources,
    engineLoad: () => engine.load(),
    requestsInFlight: () => inFlight.count,
    connectionsRefused: () => inFlight.connectionsRefused,
    rateLimited: () => limits.refused,
    presenceRefused: () => tickets.refused + outcomes.presence_expired,
    tokensRefused: authenticator.refused,
    keys: [
      { of: 'access', faults: accessKeys.counts, state: () => authenticator.keysState() },
      { of: 'presence', faults: ticketKeys.counts, state: () => tickets.keysState() },
    ],
    liveWatchers: () => live.size,
    frontierWaits: ports.settledRows.waits,
    audiences: doorParts.audiences,
    audiencesTooLarge: () => doorParts.tooLarge(),
    redemptions: redemptionCounts.counts,
    holdsConfirmed: () => holdCounts.confirmed,
    holds: ports.holdCounters,
    keyRequests: () => keyCallers.counts,
  });
  const routeServer = new RouteServer({
    authenticator,
    serverKeys: keyCallers,
    inFlight,
    limits,
    clientAddresses,
    onFault,
    onAnswered: logAnswer(ports.logger),
  });
  const sellerDoor = {
    verifiesPresence: settings.presence !== undefined,
    memberClaims: settings.tokens.memberClaims ?? [],
    rules: doorParts.rules,
  };
  const routes = createRoutes({ ...ports, readiness }, settings, metrics, sellerDoor, {
    ...{
      locks,
      limits,
      inFlight,
      outcomes,
      door,
      redemptionCounts,
      holdCounts,
      serverKeys,
      sessions,
      passes,
    },
    onMailFault: (fault) =>
      ports.logger.error(
        { err: fault },
        'A link for a new password could not be mailed; check SMTP_URL, or run `seonchak account reset`',
      ),
  });
  routeServer.register(registry, routes, [DOWNLOAD_ROUTE, UNIT_DOWNLOAD_ROUTE, LIVE_ROUTE]);
  // Last: a route registered again replaces the previous one, and the console takes `/` over from the API.
  serveConsole(app, settings.consoleFolder);
  const stopPolls = (): void => {
    locks.stop();
    doorParts.stop();
    sessions.stop();
    serverKeys.stop();
  };
  const listening = await opened.listen(settings).catch((fault: unknown) => {
    stopPolls();
    throw fault;
  });

  const health =
    settings.healthPort === undefined
      ? undefined
      : await startHealthServer(new HealthHandlers({ readiness }), {
          host: settings.host,
          port: settings.healthPort,
        }).catch((fault: unknown) => {
          stopPolls();
          app.close();
          throw fault;
        });

  async function readiness(): Promise<Readiness> {
    const known = await ports.readiness();
    const access = authenticator.keysState();
    const ticketKeysState = tickets.keysState();
    const reasons = [...known.reasons, ...pressure.reasons()];
    if (access?.hasKeys === false) {
      reasons.push(`No access token can be checked: ${access.fault ?? 'the keys are being fetched'}.`);
    }
    const faults = [access?.hasKeys === true ? access.fault : undefined, ticketKeysState?.fault];
    const warnings = [...(known.warnings ?? []), ...faults.filter((fault) => fault !== undefined)];
    return { ready: reasons.length === 0, reasons, warnings };
  }

  let closing: Promise<void> | undefined;
  return {
    port: listening.port,
    get pendingCount() {
      return inFlight.count;
    },
    shutDown(wait) {
      closing ??= shutDownOnce(wait);
      return closing;
    },
  };

  async function shutDownOnce(wait: ShutdownWait): Promise<void> {
    await listening.stop();
    stopWatching();
    live.close();
    await inFlight.shutDown(wait);
    stopPolls();
    health?.stop();
    app.close();
  }
}
