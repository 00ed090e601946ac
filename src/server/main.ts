/**
 * Builds the adapters, connects them with engine and front end, and runs until shutdown.
 *
 * Shutdown order: report not ready and serve on, stop listening, answer every request on the open connections, finish the
 * recorder's current claims, close the stores. Queued issuances then wait in Redis for the next recorder.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Config } from '../config/config.js';
import { Engine } from '../engine/download/engine.js';
import { RecorderCounters, registerRecorderMetrics } from '../http/metrics/recorder-metrics.js';
import { registerProcessMetrics } from '../http/metrics/process-metrics.js';
import { requireFreePort } from '../http/wire/listen.js';
import { startHttp } from '../http/server.js';
import { registerHoldMetrics } from '../http/metrics/hold-metrics.js';
import { registerFrontierMetrics, registerRelayMetrics } from '../http/metrics/relay-metrics.js';
import type { HttpPorts, HttpServer } from '../http/http-server.js';
import { presenceSettings, tokenSettings } from './token-settings.js';
import { serveMetricsToChildren, metricsOfAllProcesses } from './process-metrics.js';
import { isApiChild, startApiProcesses, reportServingToParent } from './processes.js';
import { startHoldSweeper } from './hold-sweeper-part.js';
import { startRelay } from './relay-part.js';
import type { MailSettings, PasswordMailer } from '../mail/password-mail.js';
import { checkForAdmin, storeProbes } from './admin-ports.js';
import { publicAddress } from '../config/own-address.js';
import { webhookAccess } from '../webhooks/webhook-access.js';
import { serveRecorder } from './recorder-process.js';
import { connectionsMax } from './open-files.js';
import {
  type Part,
  startLostMarks,
  startReconciler,
  startRecorder,
  startUnsettledChanges,
} from './recording-parts.js';
import { DatabaseWatch } from './database-watch.js';
import { openStores, type Stores } from './stores.js';
import { systemClock, systemScheduler } from './system-time.js';

/** In-flight requests get this long to be answered after SIGTERM. Orchestrators kill after 30 s by default. */
const GRACE_MS = 10_000;

export interface RunningServer {
  readonly port: number;
  /** Shuts down; safe to call twice. */
  stop(): Promise<void>;
}

/** The same reason is not logged again for this long: a connection is tried anew several times a second. */
const BREAK_LOG_COOLDOWN_MS = 5_000;
const BREAKS_REMEMBERED_MAX = 100;

/**
 * Without the stack, which is the same every time: an operator may read these lines beside the one about a failed
 * start.
 */
function logConnectionErrors(logger: Logger): (error: Error) => void {
  const quietUntilMs = new Map<string, number>();
  return ({ message }) => {
    const nowMs = performance.now();
    if (nowMs < (quietUntilMs.get(message) ?? 0)) return;
    if (quietUntilMs.size >= BREAKS_REMEMBERED_MAX) quietUntilMs.clear();
    quietUntilMs.set(message, nowMs + BREAK_LOG_COOLDOWN_MS);
    logger.warn({ reason: message }, 'Connection to Redis lost; reconnecting');
  };
}

/**
 * Starts everything this process is configured for; resolves when it serves.
 *
 * @throws errors with a stable `code`: `config_invalid`, `port_in_use`, `data_dir_in_use`, `data_dir_unwritable`, `store_unavailable`, `process_ended`.
 */
export async function startServer(config: Config, logger: Logger): Promise<RunningServer> {
  const stores = await openStores(config, {
    exclusive: true,
    onConnectionError: logConnectionErrors(logger),
    onSettings: (faults, durability) => {
      if (faults.length > 0) {
        logger.error(
          { faults, durability },
          'Redis settings were changed to values that this server refuses; no downloads are decided until the settings in `faults` are restored',
        );
      } else {
        logger.warn({ durability }, 'Redis settings changed; this durability level is in force now');
      }
    },
    onNews: (received) => {
      if (received)
        logger.info(
          'Updates from other processes are received again; sold-out downloads are answered from memory again',
        );
      else
        logger.warn(
          'No updates from other processes received over the channels of Redis; Redis decides every download until they resume; check the network, and the permission of the Redis user for the channels &seonchak:*',
        );
    },
    recoveryListener: {
      onRecovering: (couponId) =>
        logger.error({ couponId }, 'Redis lost data of this coupon; rebuilding the coupon'),
      onRecovered: (couponId, report) =>
        logger.warn({ couponId, ...report }, 'Coupon rebuilt; it is back in service'),
      onFault: (fault, couponId) =>
        logger.error(
          { err: fault, couponId },
          'Coupon could not be rebuilt; the next request for it starts another attempt',
        ),
    },
  });
  const parts: Part[] = [];
  const recorderCounters = new RecorderCounters();
  const stop = once(async () => {
    for (const part of parts.reverse()) await part.stop();
    await stores.close();
  });
  try {
    if (!isApiChild()) await migrate(stores, logger);
    await stores.establishBelonging();
    // A process that another one has started serves on beside its siblings; `/readyz` warns.
    if (!isApiChild()) stores.distributed?.belonging.requireWhole();
    logger.info({ backEnd: config.backEnd, durability: stores.durability() }, 'Stores opened');
    if (!isApiChild()) for (const warning of stores.startWarnings) logger.warn(warning);
    if (
      config.roles.includes('recorder') &&
      stores.distributed !== undefined &&
      config.backEnd === 'distributed'
    ) {
      parts.push(await startRecorder(config, stores.distributed, stores.warmer, logger, recorderCounters));
      parts.push(startReconciler(stores, stores.distributed, logger, recorderCounters));
      parts.push(startLostMarks(stores, stores.distributed, logger));
    }
    if (config.roles.includes('recorder') && !isApiChild()) parts.push(startUnsettledChanges(stores, logger));
    const holds =
      config.roles.includes('recorder') && !isApiChild() ? startHoldSweeper(stores, logger) : undefined;
    if (holds !== undefined) parts.push(holds);
    const relay = config.roles.includes('relay')
      ? startRelay(stores, config.webhookAllowPrivate, logger)
      : undefined;
    if (relay !== undefined) parts.push(relay);
    const records = stores.distributed !== undefined && config.roles.includes('recorder');
    const ownCounters = records ? recorderCounters : undefined;
    if (
      !config.roles.includes('api') &&
      config.backEnd === 'distributed' &&
      stores.distributed !== undefined
    ) {
      const address = await serveRecorder(
        config,
        stores,
        stores.distributed,
        ownCounters,
        relay?.metrics,
        holds?.counters,
        logger,
      );
      parts.push(address);
      return { port: address.port, stop };
    }
    if (config.backEnd === 'distributed' && config.processes > 1) {
      await requireFreePort(config.host, config.port);
      const own = new Registry();
      registerProcessMetrics(own, 'parent');
      if (ownCounters !== undefined) registerRecorderMetrics(own, ownCounters);
      if (relay !== undefined) {
        registerFrontierMetrics(own, stores.settledRows.waits);
        registerRelayMetrics(own, relay.metrics);
      }
      if (holds !== undefined) registerHoldMetrics(own, holds.counters);
      serveMetricsToChildren(own);
      parts.push(await startApiProcesses(config, logger));
      return { port: config.port, stop };
    }
    const api = await startApi(config, stores, logger, {
      recorderCounters: ownCounters,
      relay: relay?.metrics,
      holdCounters: holds?.counters,
    });
    parts.push(api);
    reportServingToParent();
    return { port: api.port, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

async function migrate(stores: Stores, logger: Logger): Promise<void> {
  const applied = await stores.migrate();
  // The names of a first start would fill a terminal; `seonchak migrate` prints them.
  if (applied.length > 0)
    logger.info({ migrations: applied.length, latest: applied.at(-1) }, 'Database tables migrated');
}

async function startApi(
  config: Config,
  stores: Stores,
  logger: Logger,
  counted: Pick<HttpPorts, 'recorderCounters' | 'relay' | 'holdCounters'>,
): Promise<Part & { readonly port: number }> {
  const engine = new Engine(
    {
      ...stores,
      bell: stores.distributed?.bell,
      clock: systemClock,
      scheduler: systemScheduler,
      onFault: (fault, couponId) =>
        logger.warn({ err: fault, couponId }, 'Store error while processing downloads'),
    },
    config,
  );
  await engine.start();
  const mailer = config.mail === undefined ? undefined : await openMailer(config.mail);
  const access = webhookAccess({ allowPrivate: config.webhookAllowPrivate });
  const databaseWatch =
    stores.distributed === undefined ? undefined : new DatabaseWatch(stores.distributed, systemScheduler);
  let shuttingDown = false;
  const http: HttpServer = await startHttp(
    {
      ...stores,
      backlogSources:
        stores.distributed === undefined
          ? undefined
          : { ...stores.distributed, monotonicMs: () => systemClock.monotonicMs() },
      ...counted,
      storeProbes: storeProbes(stores),
      checkCoupon: (couponId, options) => checkForAdmin(stores, couponId, options),
      webhookAccess: access,
      shareMetrics: isApiChild() ? metricsOfAllProcesses : undefined,
      engine,
      clock: systemClock,
      scheduler: systemScheduler,
      logger,
      readiness: () => {
        const reasons = [...(shuttingDown ? ['This process is stopping.'] : []), ...stores.notReadyReasons()];
        const warnings = [...stores.warnings(), ...(databaseWatch?.warnings() ?? [])];
        return Promise.resolve({ ready: reasons.length === 0, reasons, warnings });
      },
    },
    {
      host: config.host,
      port: config.port,
      healthPort: config.healthPort,
      idleMs: config.idleMs,
      exclusivePort: !isApiChild(),
      ...(config.tls === undefined ? {} : { tls: config.tls }),
      tokens: await tokenSettings(config, 'create'),
      presence: presenceSettings(config),
      passwordMail: mailer,
      publicUrl: publicAddress(config),
      sellerSignup: config.sellerSignup,
      memberSignup: config.memberSignup,
      corsOrigins: config.corsOrigins,
      limits: config.limits,
      pendingMax: config.pendingMax,
      connectionsMax: connectionsMax(),
    },
  );
  return {
    port: http.port,
    async stop() {
      shuttingDown = true;
      databaseWatch?.stop();
      // A balancer needs some probes to notice; until then this process serves as before.
      if (config.shutdownDelayMs > 0) await pause(config.shutdownDelayMs);
      // Without a balancer in front, requests on idle connections may be lost: no client relies on them.
      await http.shutDown({ graceMs: GRACE_MS, idleMs: config.shutdownDelayMs > 0 ? GRACE_MS : 0 });
      await engine.shutDown(GRACE_MS);
      await engine.stop();
      await access.close();
    },
  };
}

/** The library is loaded where mail is sent at all. */
async function openMailer(settings: MailSettings): Promise<PasswordMailer> {
  const { passwordMailer } = await import('../mail/password-mail.js');
  return passwordMailer(settings);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
