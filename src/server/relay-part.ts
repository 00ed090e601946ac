/** Starts the relay of a process: what it sends with, what it logs, and how it stops. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { Relay } from '../engine/feed/relay.js';
import type { RelayMetricsSource } from '../http/metrics/relay-metrics.js';
import { webhookAccess } from '../webhooks/webhook-access.js';
import type { Stores } from './stores.js';
import { systemClock, systemScheduler } from './system-time.js';

export interface RelayPart {
  readonly metrics: RelayMetricsSource;
  stop(): Promise<void>;
}

export function startRelay(stores: Stores, allowPrivate: boolean, logger: Logger): RelayPart {
  const access = webhookAccess({ allowPrivate });
  const relay = new Relay({
    ...stores,
    ...{ clock: systemClock, scheduler: systemScheduler, owner: randomUUID() },
    send: access.send,
    onDisabled: ({ id, sellerId }) =>
      logger.error(
        { webhookId: id, sellerId },
        'Webhook disabled after failing for too long; run `seonchak webhook enable <id>` when its receiver works again',
      ),
    onFault: (fault) =>
      logger.warn({ err: fault }, 'Store error while delivering webhooks; the relay retries'),
  });
  relay.start();
  return {
    metrics: { counters: relay.counters, clock: systemClock },
    async stop() {
      await relay.stop();
      await access.close();
    },
  };
}
