/** Starts the sweep of holds of a process: what it logs, and how it stops. */
import type { Logger } from 'pino';
import { HoldCounters } from '../engine/holds/hold-counters.js';
import { HoldSweeper } from '../engine/holds/hold-sweeper.js';
import type { Stores } from './stores.js';
import { systemClock, systemScheduler } from './system-time.js';

export interface HoldSweeperPart {
  readonly counters: HoldCounters;
  stop(): Promise<void>;
}

export function startHoldSweeper(stores: Stores, logger: Logger): HoldSweeperPart {
  const counters = new HoldCounters();
  const { takeBack, holdLedger: holds, settledRows } = stores;
  const sweeper = new HoldSweeper({
    ...{ takeBack, holds, settledRows, counters },
    ...{ clock: systemClock, scheduler: systemScheduler },
    onExpired: (couponId, count) =>
      logger.info({ couponId, count }, 'Holds ran out without a confirmation; their units return to stock'),
    onFault: (fault, couponId) =>
      logger.warn({ err: fault, couponId }, 'Store error while taking back holds; the next sweep retries'),
  });
  sweeper.start();
  return { counters, stop: () => sweeper.stop() };
}
